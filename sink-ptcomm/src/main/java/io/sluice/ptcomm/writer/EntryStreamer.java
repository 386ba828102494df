package io.sluice.ptcomm.writer;

import io.sluice.common.entry.Signature;
import io.sluice.common.entry.Stat;
import io.sluice.common.item.Reason;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.Posix;
import io.sluice.common.round.Content;
import io.sluice.common.round.OwedReason;
import io.sluice.ptcomm.codec.AttributeBlock;
import io.sluice.ptcomm.codec.DataSum;
import io.sluice.ptcomm.codec.EntryEncoder;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

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

    /**
     * Behind a bad spot there may be good data; but a dead device is not asked a million times. In
     * parts of the largest size this is 16 MiB.
     */
    private static final int MAX_READ_ERRORS = 64;

    /** Of a large file's data, between two pauses of the throttle's. */
    private static final int PAUSE_BYTES = 1_000_000;

    private static final int ENXIO = 6;

    /** How often a file is fetched back that goes to tape again before it is read. */
    private static final int MAX_RECALLS = 4;

    private final WriterOptions options;
    private final EntryReader reader;
    private final Recalls recalls;
    private final EntryEncoder encoder;
    private final EntryProgress progress = new EntryProgress();
    private final int frameBytes;
    private final ReadAhead ahead;
    private final ByteBuffer out = ByteBuffer.allocateDirect(HEAD_BYTES);

    /**
     * For the longest head so far that the usual buffer did not hold, else null; kept, since direct
     * memory is given back only by a garbage collection. Two paths of a frame each at most.
     */
    private ByteBuffer large;

    private int sincePause;

    /** Of a file with holes: where the run of data behind the current one begins. */
    private long nextData;

    /**
     * @param readers for reading ahead, and for what is on tape; null for none of it
     */
    EntryStreamer(
            WriterOptions options, EntryReader reader, ReaderPool readers, BufferSizes sizes) {
        this.options = options;
        this.reader = reader;
        recalls = readers == null ? null : readers.recalls();
        frameBytes = sizes.frameBytes();
        ahead = new ReadAhead(reader, readers, frameBytes, sizes.frames());
        encoder = new EntryEncoder(options.prefix());
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
            outcome.written();
            receiver.entries(frames.flip(), List.of(outcome));
            return;
        }
        if (options.content() == Content.METADATA) {
            byte[] earlier = linkUnread(item, encoder);
            outcome.link = earlier != null;
            headOnly(outcome, item.stat(), item.target(), earlier, receiver);
            return;
        }
        try {
            Stat stat = reader.look(outcome);
            if (stat == null) {
                return;
            }
            if (link != null && encoder.fits(link) && isSameFile(stat, item.stat())) {
                outcome.link = true;
                headOnly(outcome, stat, null, link, receiver);
            } else if (stat.type() == FileType.REGULAR && stat.size() > 0) {
                if (reader.tape() == null && TapeRule.isTakenForStub(options.hsm(), outcome.item)) {
                    outcome.kept();
                    return;
                }
                onDisk(outcome, stat, receiver);
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

    /** Bytes that {@link #block} needs at most. */
    static int maxBlockBytes(byte[] content) {
        return content == null ? 0 : EntryEncoder.maxBlockBytes(content.length);
    }

    /** A block, if there is one. */
    static void block(EntryEncoder encoder, ByteBuffer out, String kind, byte[] content) {
        if (content != null) {
            encoder.block(out, kind, content);
        }
    }

    private void headOnly(
            Outcome outcome, Stat stat, byte[] target, byte[] link, EntrySink receiver)
            throws IOException {
        byte[] layout = link == null ? reader.layout() : null;
        byte[] hsm = outcome.isStub() ? reader.tape().block() : null;
        ByteBuffer frames =
                room(
                        encoder.maxHeadBytes(outcome.item.path(), target, link)
                                + EntryEncoder.MAX_MARK_BYTES
                                + maxBlockBytes(layout)
                                + maxBlockBytes(hsm));
        encoder.head(frames, outcome.item.path(), stat, target, link);
        block(encoder, frames, "LAYOUT", layout);
        encoder.noData(frames);
        block(encoder, frames, "HSM", hsm);
        frames.flip();
        outcome.announced = stat;
        AttributeBlock block = link == null ? firstAttribute(outcome) : null;
        if (block == null) {
            stored(outcome);
            receiver.entries(frames, List.of(outcome));
            return;
        }
        progress.begin(EntryProgress.Stage.BLOCKS, false);
        receiver.beginEntry(outcome, 0);
        receiver.entryPart(frames, outcome, progress);
        blocks(outcome, block, receiver);
        end(outcome, receiver);
    }

    private void end(Outcome outcome, EntrySink receiver) throws IOException {
        stored(outcome);
        receiver.endEntry(outcome);
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
            progress.blocks++;
            receiver.entryPart(frames.flip(), outcome, progress);
        }
        reader.endAttributes(outcome);
    }

    /** Sends the data if it is on disk, or can be brought there. */
    private void onDisk(Outcome outcome, Stat first, EntrySink receiver) throws IOException {
        Stat stat = first;
        for (int look = 1; ; look++) {
            int opened = reader.tape() == null ? reader.openData() : -Errno.ENODATA;
            if (opened == 0) {
                if (outcome.recall != null) {
                    // Perhaps it was back before its turn came.
                    outcome.tape = Outcome.Tape.RECALLED;
                }
                data(outcome, stat, receiver);
                if (outcome.recall != null) {
                    recalls.read(outcome);
                }
                return;
            }
            if (reader.tape() == null) {
                outcome.failed("open", -opened);
                return;
            }
            TapeRule rule = TapeRule.of(options.hsm(), outcome.item, reader.tape());
            if (rule == TapeRule.STUB) {
                TapeRule.stub(options.hsm(), outcome, reader.tape());
                headOnly(outcome, stat, null, null, receiver);
                return;
            }
            if (rule == TapeRule.KEEP) {
                outcome.kept();
                return;
            }
            if (look == MAX_RECALLS) {
                // It goes to tape as soon as it is back, or never comes.
                outcome.failed("recall", Errno.ETIMEDOUT);
                return;
            }
            if (look > 1) {
                // It came back, and went again before its turn.
                outcome.recall = null;
            }
            stat = recalled(outcome);
            if (stat == null) {
                return;
            }
        }
    }

    /** Waits for the data to come back from tape; null, with the outcome failed, if it does not. */
    private Stat recalled(Outcome outcome) {
        if (outcome.recall == null) {
            byte[] identity = reader.identity(outcome);
            if (identity == null) {
                return null;
            }
            outcome.recall = recalls.ask(reader.tape().archive(), identity);
        }
        reader.release();
        int result = recalls.await(outcome.recall);
        if (result < 0) {
            outcome.recall = null;
            outcome.failed("recall", -result);
            return null;
        }
        Stat stat = reader.look(outcome);
        if (stat != null && (stat.type() != FileType.REGULAR || stat.size() == 0)) {
            outcome.vanished();
            return null;
        }
        return stat;
    }

    private void data(Outcome outcome, Stat stat, EntrySink receiver) throws IOException {
        outcome.announced = stat;
        byte[] layout = reader.layout();
        ByteBuffer head =
                room(
                        encoder.maxHeadBytes(outcome.item.path(), null, null)
                                + EntryEncoder.MAX_MARK_BYTES
                                + maxBlockBytes(layout));
        encoder.head(head, outcome.item.path(), stat, null, null);
        block(encoder, head, "LAYOUT", layout);
        encoder.beginData(head);
        boolean sparse = reader.mayHaveHoles();
        progress.begin(EntryProgress.Stage.DATA, sparse);
        progress.runEnd = sparse ? 0 : stat.size();
        receiver.beginEntry(outcome, stat.size());
        receiver.entryPart(head.flip(), outcome, progress);
        boolean whole = read(outcome, stat.size(), sparse, receiver, progress.sum);
        endData(outcome, whole && isStill(outcome, sparse), receiver);
        reader.listAttributes(outcome);
        blocks(outcome, reader.nextAttribute(outcome), receiver);
        end(outcome, receiver);
    }

    /** Whether the data that was sent is the one state of the file that was announced. */
    private boolean isStill(Outcome outcome, boolean sparse) throws IOException {
        Stat after = reader.lookAgain(outcome);
        return after != null
                && (isUndisturbed(outcome.announced, after)
                        || isReadAgainTheSame(outcome, outcome.announced, after, sparse));
    }

    private void endData(Outcome outcome, boolean whole, EntrySink receiver) throws IOException {
        out.clear();
        encoder.endData(out);
        if (!whole) {
            encoder.torn(
                    out,
                    outcome.errno,
                    outcome.errno == 0 ? TORN_TEXT : Errno.describe(outcome.errno));
            outcome.torn();
        }
        progress.stage = EntryProgress.Stage.SUMS;
        receiver.entryPart(out.flip(), outcome, progress);
        sums(outcome, receiver);
    }

    private void sums(Outcome outcome, EntrySink receiver) throws IOException {
        DataSum sum = progress.sum;
        while (sum.chunks() > 1 && progress.chunk < sum.chunks()) {
            out.clear();
            progress.chunk = encoder.chunks(out, sum, progress.chunk);
            receiver.entryPart(out.flip(), outcome, progress);
        }
        out.clear();
        encoder.sumEnd(out, sum);
        outcome.dataBytes = sum.bytes();
        progress.stage = EntryProgress.Stage.BLOCKS;
        receiver.entryPart(out.flip(), outcome, progress);
    }

    /**
     * Finishes the entry that an earlier attempt began: goes on where that one stopped, if the file
     * is still what was announced; else the data is filled up, and the entry marked.
     */
    Outcome finish(BridgeLink.Begun begun, EntrySink receiver) throws IOException {
        Outcome outcome = EntryProgress.readEntry(begun.entry());
        Stat announced = outcome.announced;
        try {
            Stat now = reader.look(outcome);
            outcome.deferred();
            outcome.announced = announced;
            progress.resume(begun.chunks(), begun.latest(), outcome);
            boolean same = now != null && Signature.of(now) == outcome.item.signature();
            if (progress.stage == EntryProgress.Stage.DATA) {
                endData(outcome, restOfData(outcome, same, receiver), receiver);
            } else if (progress.stage == EntryProgress.Stage.SUMS) {
                sums(outcome, receiver);
            }
            if (!same) {
                // What is not there any more can not be read; the next round will see.
                outcome.owed = outcome.owed == null ? OwedReason.CHANGED : outcome.owed;
            } else {
                AttributeBlock block = firstAttribute(outcome);
                for (int passed = 0; passed < progress.blocks && block != null; passed++) {
                    block = reader.nextAttribute(outcome);
                }
                blocks(outcome, block, receiver);
            }
            end(outcome, receiver);
            return outcome;
        } finally {
            reader.release();
        }
    }

    /** Whether the data is whole, and one state of the file. */
    private boolean restOfData(Outcome outcome, boolean same, EntrySink receiver)
            throws IOException {
        long size = outcome.announced.size();
        boolean whole = progress.whole;
        int opened = same ? reader.openData() : 0;
        if (!same || opened < 0) {
            outcome.errno = -opened;
            zeros(outcome, progress.runEnd - progress.position, receiver);
            if (progress.sparse && progress.sum.bytes() == 0 && progress.runEnd == 0) {
                extent(outcome, size, 0, receiver, progress.sum);
            }
            return false;
        }
        whole &=
                run(
                        outcome,
                        progress.position,
                        progress.runEnd - progress.position,
                        receiver,
                        progress.sum);
        if (progress.sparse) {
            whole &=
                    extents(
                            outcome,
                            progress.runEnd,
                            progress.nextData,
                            size,
                            receiver,
                            progress.sum);
        }
        return whole && isStill(outcome, progress.sparse);
    }

    private void zeros(Outcome outcome, long length, EntrySink receiver) throws IOException {
        for (long left = length; left > 0; ) {
            ReadAhead.Part part = ahead.zeros((int) Math.min(frameBytes, left), progress.sum);
            frame(outcome, part, receiver, progress.sum);
            left -= part.length;
        }
    }

    private boolean read(
            Outcome outcome, long size, boolean sparse, EntrySink receiver, DataSum into)
            throws IOException {
        return sparse
                ? extents(outcome, 0, 0, size, receiver, into)
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
                && again.bytes() == progress.sum.bytes()
                && again.root() == progress.sum.root();
    }

    /** Takes frames that nobody is to have. */
    private static final EntrySink NOWHERE =
            new EntrySink() {
                @Override
                public void entries(ByteBuffer frames, List<Outcome> outcomes) {}

                @Override
                public void beginEntry(Outcome outcome, long size) {}

                @Override
                public void entryPart(ByteBuffer frames, Outcome outcome, EntryProgress progress) {}

                @Override
                public void endEntry(Outcome outcome) {}
            };

    /**
     * Sends the runs of data from {@code from} on and leaves the holes out. The file may change
     * meanwhile; what is sent stays within the size.
     *
     * <p>Between two extents there is a hole always: whoever puts runs together that touch each
     * other then finds the extents that the checksum is over. So each extent reaches to where the
     * next data is known to be behind a hole before a byte of it is read. Reading itself can make
     * data of a hole: XFS and ext4 tell preallocated space that is in the page cache as data, and
     * reading ahead brings it there.
     *
     * @param known where the next data is, from an earlier attempt; 0 where that is not known
     */
    private boolean extents(
            Outcome outcome, long from, long known, long size, EntrySink receiver, DataSum into)
            throws IOException {
        boolean whole = true;
        boolean none = from == 0;
        nextData = known > 0 ? known : dataFrom(from, size);
        while (nextData < size) {
            long data = nextData;
            long end = endOfRun(data, size);
            extent(outcome, data, end - data, receiver, into);
            whole &= run(outcome, data, end - data, receiver, into);
            none = false;
        }
        if (none) {
            extent(outcome, size, 0, receiver, into);
        }
        return whole;
    }

    /** Where data begins, at {@code from} or behind; the size where there is none. */
    private long dataFrom(long from, long size) {
        long data = from < size ? reader.seek(from, Posix.SEEK_DATA) : size;
        if (data < 0 && data != -ENXIO) {
            // The filesystem does not tell holes from data: everything is data.
            return from;
        }
        return data < 0 ? size : Math.min(data, size);
    }

    /** Where the run ends that begins at {@code data}; sets where the next one begins. */
    private long endOfRun(long data, long size) {
        for (long at = data; ; ) {
            long hole = reader.seek(at, Posix.SEEK_HOLE);
            long end = hole < 0 ? size : Math.min(hole, size);
            if (end <= at) {
                end = Math.min(at + LEAST_DATA_BYTES, size);
            }
            long next = end < size ? reader.seek(end, Posix.SEEK_DATA) : -ENXIO;
            if (next < 0 && next != -ENXIO) {
                nextData = size;
                return size;
            }
            if (next != end) {
                nextData = next < 0 ? size : Math.min(next, size);
                return end;
            }
            at = end;
        }
    }

    private void extent(Outcome outcome, long offset, long length, EntrySink receiver, DataSum into)
            throws IOException {
        out.clear();
        encoder.extent(out, offset, length);
        into.extent(offset, length);
        if (into == progress.sum) {
            progress.position = offset;
            progress.runEnd = offset + length;
            progress.nextData = nextData;
        }
        receiver.entryPart(out.flip(), outcome, progress);
    }

    /**
     * Sends {@code length} bytes from {@code offset}; what cannot be read goes as zeros, and the
     * answer is then false.
     */
    private boolean run(Outcome outcome, long offset, long length, EntrySink receiver, DataSum into)
            throws IOException {
        boolean whole = true;
        int errors = 0;
        try {
            ahead.begin(offset, length, reader.stripes(), into);
            for (long done = 0; done < length; ) {
                ReadAhead.Part part = ahead.next(errors < MAX_READ_ERRORS);
                if (part.got < part.length) {
                    whole = false;
                }
                if (part.errno != 0) {
                    outcome.errno = part.errno;
                    outcome.operation = "read";
                    errors++;
                }
                if (into == progress.sum) {
                    progress.whole &= whole;
                }
                frame(outcome, part, receiver, into);
                pause(part.length);
                done += part.length;
            }
        } finally {
            ahead.end();
            if (into == progress.sum) {
                progress.runEnds();
            }
        }
        return whole;
    }

    private void pause(int bytes) {
        sincePause += bytes;
        if (sincePause >= PAUSE_BYTES) {
            sincePause = 0;
            reader.pause();
        }
    }

    /** Sends a data frame, which is in the sum already. */
    private void frame(Outcome outcome, ReadAhead.Part part, EntrySink receiver, DataSum into)
            throws IOException {
        ByteBuffer frame = part.frame().clear();
        encoder.dataHeader(frame, part.length);
        frame.limit(frame.position() + part.length).position(0);
        if (into == progress.sum) {
            progress.part(part, ahead.isAhead());
        }
        receiver.entryPart(frame, outcome, progress);
    }

    /** A clear buffer of at least that size: the usual one, but for paths beyond all measure. */
    private ByteBuffer room(int bytes) {
        if (bytes <= out.capacity()) {
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
