package io.sluice.lustre.api;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import io.sluice.lustre.changelog.ChangelogDecoder;
import io.sluice.lustre.changelog.ChangelogRecord;
import java.nio.charset.StandardCharsets;

/**
 * Reads through {@code llapi_changelog_*}. Asked for are the plain records: what a job was called
 * and who ran it says nothing of what changed, and each such field makes the record longer.
 */
final class LibraryChangelogReader implements ChangelogReader {
    /**
     * No {@code CHANGELOG_FLAG_FOLLOW}: a reader that follows hangs in the kernel where no
     * interrupt of Java's reaches it.
     */
    private static final int PLAIN = 0;

    private static final int END_OF_LOG = 1;
    private static final int ENOMEM = 12;

    /** {@code cr_flags} in {@code struct changelog_rec}. */
    private static final int FLAGS = 2;

    private final Llapi llapi;
    private final String mdt;
    private final Memory handle = Llapi.pointer();
    private final Memory slot = Llapi.pointer();
    private boolean open;

    private LibraryChangelogReader(Llapi llapi, String mdt) {
        this.llapi = llapi;
        this.mdt = mdt;
    }

    static LibraryChangelogReader start(Llapi llapi, String mdt, long startIndex)
            throws LustreException {
        LibraryChangelogReader reader = new LibraryChangelogReader(llapi, mdt);
        int result;
        try (Memory name = Llapi.string(mdt.getBytes(StandardCharsets.UTF_8))) {
            result = llapi.call("llapi_changelog_start", reader.handle, PLAIN, name, startIndex);
        }
        if (result < 0) {
            reader.close();
            throw new LustreException("llapi_changelog_start", mdt, -result);
        }
        reader.open = true;
        return reader;
    }

    @Override
    public ChangelogRecord next() throws LustreException {
        if (!open) {
            throw new IllegalStateException("the reader of " + mdt + " is closed");
        }
        slot.setPointer(0, Pointer.NULL);
        int result = llapi.call("llapi_changelog_recv", handle.getPointer(0), slot);
        if (result == END_OF_LOG) {
            return null;
        }
        if (result < 0) {
            throw new LustreException("llapi_changelog_recv", mdt, -result);
        }
        Pointer record = slot.getPointer(0);
        if (record == null) {
            // The library says so by no other means.
            throw new LustreException("llapi_changelog_recv", mdt, ENOMEM);
        }
        try {
            return ChangelogDecoder.decode(copy(record));
        } finally {
            llapi.call("llapi_changelog_free", slot);
        }
    }

    /** The record says itself how long it is, so no more is read than there is. */
    private static byte[] copy(Pointer record) {
        int flags = Short.toUnsignedInt(record.getShort(FLAGS));
        int known = ChangelogDecoder.lengthKnownFrom(flags);
        byte[] beginning = record.getByteArray(0, known);
        int length = ChangelogDecoder.length(beginning, 0, known);
        return length == known ? beginning : record.getByteArray(0, length);
    }

    @Override
    public void close() {
        if (open) {
            open = false;
            llapi.call("llapi_changelog_fini", handle);
        }
        handle.close();
        slot.close();
    }
}
