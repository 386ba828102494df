package io.sluice.ptcomm.writer;

import io.sluice.common.entry.Stat;
import io.sluice.common.item.Reason;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.NativeBuffer;
import io.sluice.common.posix.Posix;
import io.sluice.common.round.Content;
import io.sluice.common.round.OwedReason;
import io.sluice.ptcomm.codec.AttributeBlock;
import io.sluice.ptcomm.codec.DataSum;
import io.sluice.ptcomm.codec.EntryEncoder;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Reads one entry and sends it part by part, in constant memory: large files, files with holes,
 * later names of a file, and whatever did not fit into a slice. On the writing thread.
 *
 * <p>What is announced is completed: a file that shrinks meanwhile is filled up with zeros to its
 * announced size, one that grows is cut at it, a read error is filled over; each is marked {@code
 * TORN} and owed.
 */
final class EntryStreamer implements Closeable {
    static final String TORN_TEXT = "changed while it was read";

    /** Room for a head with two longest paths and for any trailing frames. */
    private static final int HEAD_BYTES = 64 * 1024;

    /** What is sent of a hole that was made just when data was found there. */
    private static final int LEAST_DATA_BYTES = 4096;

    /** Behind a bad spot there may be good data; but a dead device is not asked a million times. */
    private static final int MAX_READ_ERRORS = 16;

    private static final int ENXIO = 6;

    private final WriterOptions options;
    private final EntryReader reader;
    private final EntryEncoder encoder;
    private final DataSum sum = new DataSum();
    private final int frameBytes;
    private final NativeBuffer buffer;
    private final ByteBuffer out;

    /**
     * For the longest head so far that the usual buffer did not hold, else null; kept, since direct
     * memory is given back only by a garbage collection. Two paths of a frame each at most.
     */
    private ByteBuffer large;

    /**
     * @param frameBytes largest data frame
     */
    EntryStreamer(WriterOptions options, EntryReader reader, int frameBytes) {
        this.options = options;
        this.reader = reader;
        this.frameBytes = frameBytes;
        encoder = new EntryEncoder(options.prefix());
        buffer = new NativeBuffer(frameBytes + HEAD_BYTES);
        out = buffer.bytes();
    }

    /**
     * Whether what was read between the two looks is one state of the file. The change time counts
     * too: a writer may have put the modification time back.
     */
    static boolean isUndisturbed(Stat before, Stat after) {
        return mayBeSameData(before, after) && before.changed().equals(after.changed());
    }

    /** Whether at most the change time moved. */
    static boolean mayBeSameData(Stat before, Stat after) {
        return before.size() == after.size() && before.modified().equals(after.modified());
    }

    /**
     * Sends the entry.
     *
     * @param link the earlier name that carries this inode's data, or null to send the data
     */
    void send(Outcome outcome, byte[] link, EntrySink receiver) throws IOException {
        if (!encoder.fits(outcome.item.path())) {
            outcome.failed("name", Errno.ENAMETOOLONG);
            return;
        }
        Item item = outcome.item;
        if (item.isTombstone()) {
            ByteBuffer frames = room(encoder.maxDeletedBytes(item.path()));
            encoder.deleted(frames, item.path(), item.reason() == Reason.GONE_DIRECTORY);
            receiver.entries(frames.flip(), 1);
            outcome.written();
            return;
        }
        if (options.content() == Content.METADATA) {
            byte[] earlier = linkUnread(item, encoder);
            headOnly(outcome, item.stat(), item.target(), earlier, receiver);
            outcome.link = earlier != null;
            return;
        }
        try {
            Stat stat = reader.look(outcome);
            if (stat == null) {
                return;
            }
            if (link != null && encoder.fits(link) && isSameFile(stat, item.stat())) {
                headOnly(outcome, stat, null, link, receiver);
                outcome.link = true;
            } else if (stat.type() == FileType.REGULAR && stat.size() > 0) {
                data(outcome, stat, receiver);
            } else {
                byte[] target = stat.type() == FileType.SYMLINK ? reader.target(outcome) : null;
                if (outcome.state != Outcome.State.FAILED) {
                    headOnly(outcome, stat, target, null, receiver);
                }
            }
        } finally {
            reader.release();
        }
    }

    /**
     * In a round of metadata, where nothing but the length of its path can keep an entry out: the
     * name that the item is linked to, or null.
     */
    static byte[] linkUnread(Item item, EntryEncoder encoder) {
        byte[] link = item.link();
        return link == null || link.length == 0 || !encoder.fits(link) ? null : link;
    }

    /** The name was linked to by what the source saw of it; what it is now must be that. */
    private static boolean isSameFile(Stat now, Stat seen) {
        return now.inode() == seen.inode()
                && now.deviceMajor() == seen.deviceMajor()
                && now.deviceMinor() == seen.deviceMinor()
                && FileState.of(now).equals(FileState.of(seen));
    }

    private void headOnly(
            Outcome outcome, Stat stat, byte[] target, byte[] link, EntrySink receiver)
            throws IOException {
        ByteBuffer frames =
                room(
                        encoder.maxHeadBytes(outcome.item.path(), target, link)
                                + EntryEncoder.MAX_MARK_BYTES);
        encoder.head(frames, outcome.item.path(), stat, target, link);
        encoder.noData(frames);
        frames.flip();
        outcome.announced = stat;
        AttributeBlock block = link == null ? firstAttribute(outcome) : null;
        if (block == null) {
            receiver.entries(frames, 1);
        } else {
            receiver.beginEntry(0);
            receiver.entryPart(frames);
            blocks(outcome, block, receiver);
            receiver.endEntry();
        }
        stored(outcome);
    }

    private AttributeBlock firstAttribute(Outcome outcome) {
        if (options.content() == Content.METADATA) {
            reader.listAttributesByName(outcome);
        } else {
            reader.listAttributes(outcome);
        }
        return reader.nextAttribute(outcome);
    }

    /** Sends attributes one by one, from {@code first} on: a list may lead to half a gigabyte. */
    private void blocks(Outcome outcome, AttributeBlock first, EntrySink receiver)
            throws IOException {
        for (AttributeBlock block = first; block != null; block = reader.nextAttribute(outcome)) {
            byte[] content = block.content();
            ByteBuffer frames = room(EntryEncoder.maxBlockBytes(content.length));
            encoder.block(frames, block.kind(), content);
            receiver.entryPart(frames.flip());
        }
        reader.endAttributes(outcome);
    }

    private void data(Outcome outcome, Stat stat, EntrySink receiver) throws IOException {
        int opened = reader.openData();
        if (opened < 0) {
            outcome.failed("open", -opened);
            return;
        }
        sum.reset();
        outcome.announced = stat;
        ByteBuffer head =
                room(
                        encoder.maxHeadBytes(outcome.item.path(), null, null)
                                + EntryEncoder.MAX_MARK_BYTES);
        encoder.head(head, outcome.item.path(), stat, null, null);
        encoder.beginData(head);
        receiver.beginEntry(stat.size());
        receiver.entryPart(head.flip());
        boolean sparse = reader.mayHaveHoles();
        boolean whole = read(outcome, stat.size(), sparse, receiver, sum);
        Stat after = reader.lookAgain(outcome);
        whole &=
                after != null
                        && (isUndisturbed(stat, after)
                                || isReadAgainTheSame(outcome, stat, after, sparse));
        out.clear();
        encoder.endData(out);
        if (!whole) {
            encoder.torn(
                    out,
                    outcome.errno,
                    outcome.errno == 0 ? TORN_TEXT : Errno.describe(outcome.errno));
            outcome.torn();
        }
        receiver.entryPart(out.flip());
        for (int chunk = 0; sum.chunks() > 1 && chunk < sum.chunks(); ) {
            out.clear();
            chunk = encoder.chunks(out, sum, chunk);
            receiver.entryPart(out.flip());
        }
        out.clear();
        encoder.sumEnd(out, sum);
        receiver.entryPart(out.flip());
        reader.listAttributes(outcome);
        blocks(outcome, reader.nextAttribute(outcome), receiver);
        receiver.endEntry();
        outcome.dataBytes = sum.bytes();
        stored(outcome);
    }

    private boolean read(
            Outcome outcome, long size, boolean sparse, EntrySink receiver, DataSum into)
            throws IOException {
        return sparse
                ? extents(outcome, size, receiver, into)
                : run(outcome, 0, size, receiver, into);
    }

    /**
     * Whether a file of which only the change time moved (by a chmod, a new name, or by a writer
     * who put the modification time back) has the data that was sent: it is read once more.
     */
    private boolean isReadAgainTheSame(Outcome outcome, Stat before, Stat after, boolean sparse)
            throws IOException {
        if (!mayBeSameData(before, after)) {
            return false;
        }
        DataSum again = new DataSum();
        outcome.owed = OwedReason.CHANGED;
        return read(outcome, before.size(), sparse, NOWHERE, again)
                && again.bytes() == sum.bytes()
                && again.root() == sum.root();
    }

    /** Takes frames that nobody is to have. */
    private static final EntrySink NOWHERE =
            new EntrySink() {
                @Override
                public void entries(ByteBuffer frames, int count) {}

                @Override
                public void beginEntry(long size) {}

                @Override
                public void entryPart(ByteBuffer frames) {}

                @Override
                public void endEntry() {}
            };

    /**
     * Sends the runs of data and leaves the holes out. The file may change meanwhile; what is sent
     * stays within the size.
     */
    private boolean extents(Outcome outcome, long size, EntrySink receiver, DataSum into)
            throws IOException {
        boolean whole = true;
        long at = 0;
        while (at < size) {
            long data = reader.seek(at, Posix.SEEK_DATA);
            if (data == -ENXIO || data >= size) {
                break;
            }
            if (data < 0) {
                // The filesystem does not tell holes from data: everything is data.
                extent(at, size - at, receiver, into);
                return run(outcome, at, size - at, receiver, into) && whole;
            }
            long hole = reader.seek(data, Posix.SEEK_HOLE);
            long end = hole < 0 ? size : Math.min(hole, size);
            if (end <= data) {
                end = Math.min(data + LEAST_DATA_BYTES, size);
            }
            extent(data, end - data, receiver, into);
            whole &= run(outcome, data, end - data, receiver, into);
            at = end;
        }
        if (at == 0 && into.bytes() == 0) {
            extent(size, 0, receiver, into);
        }
        return whole;
    }

    private void extent(long offset, long length, EntrySink receiver, DataSum into)
            throws IOException {
        out.clear();
        encoder.extent(out, offset, length);
        into.extent(offset, length);
        receiver.entryPart(out.flip());
    }

    /**
     * Sends {@code length} bytes from {@code offset}; what cannot be read goes as zeros, and the
     * answer is then false.
     */
    private boolean run(Outcome outcome, long offset, long length, EntrySink receiver, DataSum into)
            throws IOException {
        boolean whole = true;
        int errors = 0;
        long done = 0;
        while (done < length) {
            int wanted = (int) Math.min(frameBytes, length - done);
            out.clear();
            encoder.dataHeader(out, wanted);
            int at = out.position();
            int got = 0;
            while (errors < MAX_READ_ERRORS && got < wanted) {
                int n = reader.read(buffer, at + got, wanted - got, offset + done + got);
                if (n > 0) {
                    got += n;
                    continue;
                }
                whole = false;
                if (n < 0) {
                    outcome.errno = -n;
                    outcome.operation = "read";
                    errors++;
                }
                break;
            }
            for (int i = at + got; i < at + wanted; i++) {
                out.put(i, (byte) 0);
            }
            out.limit(at + wanted).position(at);
            into.update(out);
            out.position(0);
            receiver.entryPart(out);
            reader.pause();
            done += wanted;
        }
        return whole;
    }

    /** A clear buffer of at least that size: the usual one, but for paths beyond all measure. */
    private ByteBuffer room(int bytes) {
        if (bytes <= buffer.capacity()) {
            return out.clear();
        }
        if (large == null || large.capacity() < bytes) {
            large = ByteBuffer.allocateDirect(bytes);
        }
        return large.clear();
    }

    private void stored(Outcome outcome) {
        outcome.written();
        if (outcome.owed == null && outcome.isRacy(options.startedMs())) {
            outcome.owed = OwedReason.RACY;
        }
    }

    @Override
    public void close() {
        reader.close();
    }
}
