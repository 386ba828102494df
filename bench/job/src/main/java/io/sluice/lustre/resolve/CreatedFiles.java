package io.sluice.lustre.resolve;

import io.sluice.lustre.Fid;
import io.sluice.lustre.changelog.ChangelogDecoder;
import io.sluice.lustre.changelog.RecordType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Batches of changelog records, a CREAT and a CLOSE for each of so many new files, with job, user
 * and client as a server stores them: decoded and brought down to what is to be asked about, as the
 * product does. Not thread-safe.
 */
public final class CreatedFiles {
    /** Of a batch. */
    public static final int FILES = 2048;

    private static final int VERSION_JOB_EXTRA = 0xd000;
    private static final long USER_AND_CLIENT = 3;
    private static final int EXTENSION_BYTES = 32 + 8 + 16 + 24;
    private static final long DIRECTORIES = 0x200000400L;
    private static final long OBJECTS = 0x200000401L;
    private static final int NAME = ChangelogDecoder.HEADER_BYTES + EXTENSION_BYTES;

    private final long directories;

    /**
     * @param directories of them; files come to each in turn
     */
    public CreatedFiles(long directories) {
        this.directories = directories;
    }

    /**
     * A name that is to be asked about.
     *
     * @param directory number of its directory
     */
    public record Found(long directory, byte[] name) {}

    private static byte[] record(long index, RecordType type, int file, int parent, byte[] name) {
        ByteBuffer bytes = ByteBuffer.allocate(NAME + name.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putShort((short) name.length).putShort((short) VERSION_JOB_EXTRA);
        bytes.putInt(type.number()).putLong(index).putLong(0).putLong(1_700_000_000L << 30);
        bytes.putLong(OBJECTS).putInt(file).putInt(0);
        bytes.putLong(DIRECTORIES).putInt(parent).putInt(0);
        bytes.position(ChangelogDecoder.HEADER_BYTES + 32).putLong(USER_AND_CLIENT);
        bytes.position(NAME).put(name);
        return bytes.array();
    }

    /** The names that the records of {@link #FILES} files from {@code first} on lead to. */
    public List<Found> from(long first) {
        Hints hints = new Hints();
        for (long file = first; file < first + FILES; file++) {
            byte[] name = ("new-" + file).getBytes(StandardCharsets.US_ASCII);
            int number = (int) file;
            int parent = (int) (file % directories);
            long index = 2 * file + 1;
            hints.add(
                    ChangelogDecoder.decode(
                            record(index, RecordType.CREATE, number, parent, name)));
            hints.add(
                    ChangelogDecoder.decode(
                            record(index + 1, RecordType.CLOSE, number, 0, new byte[0])));
        }
        if (hints.objects().size() != FILES) {
            throw new IllegalStateException(hints.objects().size() + " of " + FILES + " objects");
        }
        List<Found> found = new ArrayList<>(FILES);
        for (Hints.Name name : hints.names().keySet()) {
            Fid parent = name.parent();
            found.add(new Found(Integer.toUnsignedLong(parent.objectId()), name.name()));
        }
        return found;
    }
}
