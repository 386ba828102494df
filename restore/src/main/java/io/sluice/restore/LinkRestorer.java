package io.sluice.restore;

import io.sluice.common.entry.Stat;
import io.sluice.common.posix.FileType;
import io.sluice.ptcomm.codec.EntryHandler;
import io.sluice.ptcomm.codec.StreamEntry;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * Reads a stream once more for links whose file this restore has not written (not selected, kept,
 * or failed): the data goes to one link of each file, the holder, as a file of its own. The file's
 * other links are made from the holder afterwards.
 *
 * <p>One object serves one reading, with as many holders as a given memory has room for; there are
 * as many readings as it takes. One thread.
 */
final class LinkRestorer implements EntryHandler, Closeable {
    /** What a holder takes beside its two paths: map entry, key, record, time, array headers. */
    private static final int HOLDER_BYTES = 256;

    private final FileRestorer files;
    private final SpecialRestorer specials;
    private final LinkJournal rest;
    private final RestoreEnd end;
    private final RestoreTally tally;
    private final Map<ByteBuffer, LinkJournal.Link> holders = new HashMap<>();
    private final int holderBytes;
    private long bytes;
    private LinkJournal.Link current;
    private boolean special;
    private boolean suspect;

    /**
     * @param rest takes what became of each file
     * @param holderBytes memory for holders; the last one may go beyond it
     */
    LinkRestorer(
            FileRestorer files,
            SpecialRestorer specials,
            LinkJournal rest,
            RestoreEnd end,
            RestoreTally tally,
            int holderBytes) {
        this.files = files;
        this.specials = specials;
        this.rest = rest;
        this.end = end;
        this.tally = tally;
        this.holderBytes = holderBytes;
    }

    void add(LinkJournal.Link holder) {
        holders.put(ByteBuffer.wrap(holder.dataName()), holder);
        bytes += HOLDER_BYTES + holder.path().length + holder.dataName().length;
    }

    boolean isEmpty() {
        return holders.isEmpty();
    }

    boolean isFull() {
        return bytes >= holderBytes;
    }

    @Override
    public boolean entry(StreamEntry entry) throws IOException {
        end.checkStopped();
        breakOff();
        if (entry.isLink()) {
            return false;
        }
        LinkJournal.Link holder = holders.remove(ByteBuffer.wrap(entry.path()));
        if (holder == null) {
            return false;
        }
        Stat stat = suspect ? Suspicion.lessened(entry.stat()) : entry.stat();
        special = stat.type() != FileType.REGULAR;
        boolean begun =
                special
                        ? specials.begin(
                                new StreamEntry(holder.path(), stat, entry.target(), null),
                                holder.dataName())
                        : files.begin(holder.path(), holder.dataName(), stat);
        if (!begun) {
            return false;
        }
        current = holder;
        return true;
    }

    @Override
    public void extent(long offset, long length) throws IOException {
        files.extent(offset);
    }

    @Override
    public void data(ByteBuffer bytes) throws IOException {
        end.checkStopped();
        files.data(bytes);
    }

    @Override
    public void torn(int errno, String text) {
        files.torn(errno, text);
    }

    @Override
    public void block(String kind, byte[] content) throws IOException {
        if (special) {
            specials.block(kind, content);
        } else {
            files.block(kind, content);
        }
    }

    @Override
    public void end(DataState state) throws IOException {
        if (current == null) {
            return;
        }
        if (special) {
            if (specials.end()) {
                tally.linkedWithData(0);
                rest.written(current.dataName(), specials.written());
            }
            current = null;
            return;
        }
        FileRestorer.Outcome outcome = files.end(state);
        if (outcome == FileRestorer.Outcome.WRITTEN) {
            tally.linkedWithData(files.bytes());
            rest.written(current.dataName(), files.written());
        } else if (outcome == FileRestorer.Outcome.WITHOUT_DATA) {
            rest.withoutData(current.dataName());
        }
        current = null;
    }

    /** Whether the entries to come are of a segment that is damaged. */
    void suspect(boolean yes) {
        suspect = yes;
        files.suspect(yes);
        specials.suspect(yes);
    }

    @Override
    public void deleted(byte[] path, boolean directory) {
        breakOff();
    }

    private void breakOff() {
        if (current != null) {
            if (special) {
                specials.breakOff();
            } else {
                files.breakOff();
            }
            current = null;
        }
    }

    /** Counts the holders that no entry of the stream has answered. */
    void countMissing() {
        breakOff();
        for (LinkJournal.Link holder : holders.values()) {
            FileRestorer.missing(holder.path(), tally);
        }
        holders.clear();
    }

    @Override
    public void close() {
        files.close();
        specials.close();
    }
}
