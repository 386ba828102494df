package io.sluice.ptcomm.archive;

import io.sluice.common.SluiceException;
import io.sluice.common.round.Receipt;
import io.sluice.ptcomm.codec.EntryEncoder;
import io.sluice.ptcomm.codec.Frame;
import io.sluice.ptcomm.writer.ReceiverPoint;
import io.sluice.ptcomm.writer.ShardReceiver;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Keeps one shard's stream as segments in the round's directory. A full disk is a {@link
 * io.sluice.common.SluiceException} with one line. Used by one thread at a time, but for {@link
 * #sync}.
 *
 * <p>No file is ever written by two of these, not even when an attempt goes on where an earlier one
 * was: each creates its own, and only one that is not there. Of the segment that was open, the part
 * up to the point is copied, and checked; the segments that were finished are nobody's to change.
 * So an attempt that is believed dead and writes on, on a host that the others cannot reach, does
 * no harm: the manifest does not name what it writes, and the commit deletes it.
 */
public final class SegmentWriter implements ShardReceiver {
    /**
     * Stored bytes after which a segment ends at the next whole entry. Damage costs the rest of a
     * segment, and a check reads a whole one; against that stand a file and two syncs for each. At
     * 256 MiB a terabyte is 4,096 files, and a disk of 200 MB/s syncs less than once a second.
     */
    static final long SEGMENT_BYTES = 256L * 1024 * 1024;

    /** Input after which a zstd frame ends at the next whole entry; well beyond zstd's window. */
    static final long FRAME_BYTES = 4L * 1024 * 1024;

    /** Beyond this size an entry has zstd frames of its own, each of about so much input. */
    static final long LARGE_ENTRY_BYTES = 64L * 1024 * 1024;

    private final SegmentConfig config;
    private final int shard;
    private int attempt;
    private final long segmentBytes;
    private final ArchiveDirectory directory;
    private final Path round;
    private final ZstdFrames zstd;
    private final List<Receipt.Segment> segments = new ArrayList<>();

    private SegmentFile file;
    private boolean inEntry;
    private boolean largeEntry;
    private boolean finished;

    /** Whether a file has been made whose name may not be durable. Only between entries. */
    private boolean newName;

    private long entries;
    private long bytes;

    SegmentWriter(SegmentConfig config, int shard, int attempt) {
        this(config, shard, attempt, SEGMENT_BYTES);
    }

    /** For tests: with smaller segments. */
    SegmentWriter(SegmentConfig config, int shard, int attempt, long segmentBytes) {
        this.config = config;
        this.shard = shard;
        this.attempt = attempt;
        this.segmentBytes = segmentBytes;
        this.directory = ArchiveDirectory.open(config.archive());
        this.round = directory.resolve("rounds").resolve(Integer.toString(config.round()));
        this.zstd = config.compression() == Compression.ZSTD ? new ZstdFrames() : null;
    }

    /** Begins behind a point of an earlier attempt. */
    void goOn(ReceiverPoint from) throws IOException {
        writing(
                () -> {
                    entries = from.entries();
                    bytes = from.bytes();
                    segments.addAll(from.segments());
                    if (from.open() != null) {
                        createFile();
                        if (!file.copy(round, from.open())) {
                            throw new SluiceException(
                                    "archive "
                                            + directory.quoted()
                                            + ": segment "
                                            + from.open().name()
                                            + " has not what the checkpoint says any more; the round is given up, run again");
                        }
                    }
                });
    }

    @Override
    public ReceiverPoint point() throws IOException {
        require(!inEntry);
        writing(
                () -> {
                    if (file != null) {
                        endFrame();
                    }
                });
        Receipt.Segment open = file == null || file.length() == 0 ? null : file.soFar();
        return new ReceiverPoint(entries, bytes, segments, open);
    }

    @Override
    public void sync() throws IOException {
        writing(
                () -> {
                    if (file != null) {
                        file.sync();
                    }
                    if (newName) {
                        newName = false;
                        ArchiveDirectory.sync(round);
                    }
                });
    }

    @Override
    public void entries(ByteBuffer frames, int count) throws IOException {
        require(!inEntry);
        writing(
                () -> {
                    beginWholeEntries(frames.remaining());
                    write(frames);
                    endWholeEntries(count);
                });
    }

    @Override
    public void beginEntry(long size) throws IOException {
        require(!inEntry);
        inEntry = true;
        largeEntry = size > LARGE_ENTRY_BYTES;
        writing(
                () -> {
                    beginWholeEntries(largeEntry ? size : 0);
                    endLargeFrame(1);
                });
    }

    @Override
    public void entryPart(ByteBuffer frames) throws IOException {
        require(inEntry);
        writing(
                () -> {
                    write(frames);
                    endLargeFrame(LARGE_ENTRY_BYTES);
                });
    }

    @Override
    public void endEntry() throws IOException {
        require(inEntry);
        inEntry = false;
        writing(
                () -> {
                    endLargeFrame(1);
                    endWholeEntries(1);
                });
    }

    /** Beside and within a large entry: ends a frame of that much input. */
    private void endLargeFrame(long least) throws IOException {
        if (largeEntry && zstd != null && zstd.input() >= least) {
            zstd.endFrame(file);
        }
    }

    /** A part of the work that may find the disk full. */
    private interface Step {
        void run() throws IOException;
    }

    private void writing(Step step) throws IOException {
        try {
            step.run();
        } catch (ClosedByInterruptException e) {
            // The job is being cancelled; the archive is well.
            throw e;
        } catch (IOException e) {
            throw directory.failed(e);
        }
    }

    private void require(boolean holds) {
        if (!holds || finished) {
            throw new IllegalStateException(
                    finished
                            ? "the stream is finished"
                            : "an entry is " + (inEntry ? "" : "not ") + "open");
        }
    }

    /** Makes sure of a segment; a new one if {@code coming} bytes would go far beyond its end. */
    private void beginWholeEntries(long coming) throws IOException {
        if (file != null && stored() > 0 && stored() + coming > segmentBytes) {
            endSegment();
        }
        if (file == null) {
            createFile();
        }
    }

    /**
     * Creates the next segment. A number of an attempt that has been used before, as after a
     * restart from a savepoint, is passed over.
     */
    private void createFile() throws IOException {
        while (file == null) {
            String name =
                    "shard-"
                            + shard
                            + "."
                            + config.run()
                            + "."
                            + attempt
                            + "."
                            + segments.size()
                            + config.compression().suffix();
            if (!Manifest.isSegmentName(name)) {
                throw new IllegalArgumentException("a run's name that no file can have: " + name);
            }
            try {
                file = new SegmentFile(round, name);
            } catch (FileAlreadyExistsException e) {
                attempt++;
            }
        }
        newName = true;
    }

    private void endWholeEntries(int count) throws IOException {
        entries += count;
        file.countEntries(count);
        if (zstd != null && zstd.input() >= FRAME_BYTES) {
            zstd.endFrame(file);
        }
        if (stored() >= segmentBytes) {
            endSegment();
        }
    }

    private long stored() {
        return file.length() + (zstd == null ? 0 : zstd.pending());
    }

    private void write(ByteBuffer frames) throws IOException {
        bytes += frames.remaining();
        if (zstd == null) {
            file.write(frames);
        } else {
            zstd.write(frames, file);
        }
    }

    private void endFrame() throws IOException {
        if (zstd != null) {
            zstd.endFrame(file);
            zstd.drain(file);
        }
    }

    private void endSegment() throws IOException {
        endFrame();
        segments.add(file.finish());
        file = null;
    }

    @Override
    public Receipt finish() throws IOException {
        require(!inEntry);
        writing(
                () -> {
                    beginWholeEntries(0);
                    ByteBuffer end = ByteBuffer.allocateDirect(Frame.HEADER_BYTES);
                    new EntryEncoder(new byte[0]).endOfStream(end);
                    write(end.flip());
                    endSegment();
                    ArchiveDirectory.sync(round);
                });
        finished = true;
        return new Receipt(shard, entries, bytes, segments);
    }

    /** Deletes nothing: what is not in a manifest is removed by the next backup. */
    @Override
    public void close() throws IOException {
        finished = true;
        try (directory) {
            if (zstd != null) {
                zstd.close();
            }
            if (file != null) {
                file.close();
                file = null;
            }
        }
    }
}
