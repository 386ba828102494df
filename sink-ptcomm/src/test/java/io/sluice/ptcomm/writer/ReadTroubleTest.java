package io.sluice.ptcomm.writer;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.posix.Errno;
import io.sluice.common.posix.NativeBuffer;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.RawTree;
import io.sluice.common.round.Content;
import io.sluice.common.round.OwedReason;
import io.sluice.ptcomm.codec.EntryHandler.DataState;
import io.sluice.ptcomm.codec.SampleEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What happens to a file just while it is read, small in a slice and large part by part. */
class ReadTroubleTest {
    private static final int SMALL = 10_000;
    private static final int LARGE = 3_000_000;

    /** Runs between two reads; may answer a read with an errno. */
    private interface Trouble {
        int beforeRead(int read) throws IOException;
    }

    /** A reader with a seam before each read of data. */
    private static final class TroubledReader extends EntryReader {
        private final Trouble trouble;
        private int reads;

        TroubledReader(WriterOptions options, Trouble trouble) {
            super(options, 1);
            this.trouble = trouble;
        }

        @Override
        int read(NativeBuffer into, int at, int length, long offset) {
            try {
                int errno = trouble.beforeRead(reads++);
                // Two pieces, so that there is a moment in the middle of a small file too.
                return errno != 0
                        ? -errno
                        : super.read(into, at, Math.min(length, SMALL / 2), offset);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }

    /** Bytes of a large file's data frames. */
    private static final int FRAME = 512 * 1024;

    private static final BufferSizes SIZES = new BufferSizes(1, 1, FRAME, 1, 1);

    private RawTree tree;
    private Path file;
    private final MemoryReceivers receivers = new MemoryReceivers();
    private final ShardReceiver receiver = receivers.open(0, 0, null);

    @BeforeEach
    void makeTree() throws IOException {
        tree = new RawTree();
        file = Path.of(new String(tree.root(), StandardCharsets.UTF_8), "f");
    }

    @AfterEach
    void removeTree() throws IOException {
        tree.close();
    }

    private byte[] write(int size) throws IOException {
        byte[] data = new byte[size];
        new Random(size).nextBytes(data);
        Files.write(file, data);
        // The file's clock ticks in milliseconds: what changes later must change the time.
        Files.setLastModifiedTime(file, FileTime.fromMillis(1_600_000_000_000L));
        return data;
    }

    private Outcome outcome() throws IOException {
        return WriterRig.outcome(tree.root(), "f");
    }

    private WriterOptions options() {
        return WriterRig.options(tree.root(), 1, Content.FULL);
    }

    private Outcome prepare(Trouble trouble) throws IOException {
        Slice slice = new Slice(new NativeBuffer(BufferSizes.of(1, 1).sliceBytes()));
        slice.outcomes.add(outcome());
        try (SlicePreparer preparer =
                new SlicePreparer(options(), new TroubledReader(options(), trouble), null)) {
            preparer.prepare(slice);
        }
        Outcome outcome = slice.outcomes.get(0);
        ByteBuffer frames = slice.buffer.bytes();
        if (outcome.state == Outcome.State.PREPARED) {
            receiver.entries(frames.clear().limit(outcome.end), 1);
        } else {
            assertThat(outcome.end).isZero();
        }
        receiver.finish();
        return outcome;
    }

    private Outcome stream(Trouble trouble) throws IOException, InterruptedException {
        Outcome outcome = outcome();
        try (EntryStreamer streamer =
                new EntryStreamer(options(), new TroubledReader(options(), trouble), null, SIZES)) {
            PointedReceiver output = new PointedReceiver(receiver);
            output.whole(() -> streamer.send(outcome, null, output));
        }
        receiver.finish();
        return outcome;
    }

    private SampleEntry entry() throws IOException {
        List<SampleEntry> entries = receivers.entries(0);
        assertThat(entries).hasSize(1);
        assertThat(entries.get(0).state()).isEqualTo(DataState.INTACT);
        return entries.get(0);
    }

    private void append() throws IOException {
        Files.write(file, new byte[] {9}, StandardOpenOption.APPEND);
    }

    private void truncate(int size) throws IOException {
        try (var channel = Files.newByteChannel(file, StandardOpenOption.WRITE)) {
            channel.truncate(size);
        }
    }

    @Test
    void aSmallFileThatShrinksIsReadAgain() throws Exception {
        byte[] data = write(SMALL);
        Outcome outcome =
                prepare(
                        read -> {
                            if (read == 1) {
                                truncate(7000);
                            }
                            return 0;
                        });
        assertThat(outcome.torn).isFalse();
        assertThat(outcome.owed).isEqualTo(OwedReason.CHANGED);
        assertThat(outcome.dataBytes).isEqualTo(7000);
        assertThat(SampleEntry.bytes(entry().data())).isEqualTo(Arrays.copyOf(data, 7000));
        assertThat(entry().torn()).isNull();
    }

    @Test
    void aSmallFileThatNeverRestsIsTorn() throws Exception {
        byte[] data = write(SMALL);
        int[] size = {SMALL};
        Outcome outcome =
                prepare(
                        read -> {
                            truncate(size[0] -= 10);
                            return 0;
                        });
        assertThat(outcome.torn).isTrue();
        assertThat(outcome.owed).isEqualTo(OwedReason.TORN);
        SampleEntry entry = entry();
        assertThat(entry.torn()).isEqualTo("0 " + EntryStreamer.TORN_TEXT);
        assertThat(entry.data().length()).isEqualTo((int) entry.stat().size());
        // The last read, which found the end, cut ten bytes that had been read before.
        int read = size[0] + 10;
        byte[] expected = Arrays.copyOf(Arrays.copyOf(data, read), entry.data().length());
        assertThat(SampleEntry.bytes(entry.data())).isEqualTo(expected);
    }

    @Test
    void aSmallFileThatGrowsAgainAndAgainIsCutAndTorn() throws Exception {
        byte[] data = write(SMALL);
        Outcome outcome =
                prepare(
                        read -> {
                            append();
                            return 0;
                        });
        assertThat(outcome.owed).isEqualTo(OwedReason.TORN);
        assertThat(entry().torn()).isNotNull();
        byte[] stored = SampleEntry.bytes(entry().data());
        assertThat((long) stored.length).isEqualTo(outcome.announced.size());
        assertThat(stored)
                .startsWith(data)
                .isEqualTo(Arrays.copyOf(Files.readAllBytes(file), stored.length));
    }

    @Test
    void aSmallFileThatGrowsOnceIsStoredAsItIsThen() throws Exception {
        write(SMALL);
        Outcome outcome =
                prepare(
                        read -> {
                            if (read == 0) {
                                append();
                            }
                            return 0;
                        });
        assertThat(outcome.torn).isFalse();
        assertThat(outcome.owed).isEqualTo(OwedReason.CHANGED);
        assertThat(SampleEntry.bytes(entry().data())).isEqualTo(Files.readAllBytes(file));
    }

    @Test
    void aSmallFileThatCannotBeReadIsNeverAnnounced() throws Exception {
        write(SMALL);
        Outcome outcome = prepare(read -> read == 1 ? Errno.EIO : 0);
        assertThat(outcome.state).isEqualTo(Outcome.State.FAILED);
        assertThat(outcome.operation).isEqualTo("read");
        assertThat(outcome.errno).isEqualTo(Errno.EIO);
        assertThat(outcome.owed).isEqualTo(OwedReason.FAILED);
        assertThat(receivers.entries(0)).isEmpty();
    }

    /** It is read again, and then holds still. */
    @Test
    void aFileWhoseModeChangesIsOwedAndNotTorn() throws Exception {
        write(SMALL);
        Outcome outcome =
                prepare(
                        read -> {
                            if (read == 0) {
                                tree.chmod("f", 0600);
                            }
                            return 0;
                        });
        assertThat(outcome.torn).isFalse();
        assertThat(outcome.owed).isEqualTo(OwedReason.CHANGED);
        assertThat(entry().torn()).isNull();
    }

    @Test
    void aLargeFileThatShrinksIsFilledUpAndTorn() throws Exception {
        byte[] data = write(LARGE);
        Outcome outcome =
                stream(
                        read -> {
                            if (read == 1) {
                                truncate(1_000_000);
                            }
                            return 0;
                        });
        assertThat(outcome.state).isEqualTo(Outcome.State.STORED);
        assertThat(outcome.owed).isEqualTo(OwedReason.TORN);
        assertThat(outcome.operation).isEqualTo("read");
        assertThat(outcome.errno).isZero();
        SampleEntry entry = entry();
        assertThat(entry.torn()).isEqualTo("0 " + EntryStreamer.TORN_TEXT);
        byte[] expected = Arrays.copyOf(Arrays.copyOf(data, 1_000_000), LARGE);
        assertThat(SampleEntry.bytes(entry.data())).isEqualTo(expected);
        assertThat(entry.stat().size()).isEqualTo(LARGE);
    }

    @Test
    void aLargeFileThatGrowsIsCutAndTorn() throws Exception {
        byte[] data = write(LARGE);
        Outcome outcome =
                stream(
                        read -> {
                            append();
                            return 0;
                        });
        assertThat(outcome.owed).isEqualTo(OwedReason.TORN);
        assertThat(entry().torn()).isNotNull();
        assertThat(SampleEntry.bytes(entry().data())).isEqualTo(data);
    }

    @Test
    void aDeadDeviceIsNotAskedForEver() throws Exception {
        write(70 * FRAME);
        int[] reads = new int[1];
        Outcome outcome =
                stream(
                        read -> {
                            reads[0]++;
                            return Errno.EIO;
                        });
        assertThat(outcome.torn).isTrue();
        // In parts of the usual size these are 16 MiB.
        assertThat(reads[0]).isEqualTo(64);
        assertThat(SampleEntry.bytes(entry().data())).isEqualTo(new byte[70 * FRAME]);
    }

    @Test
    void aLargeFileThatBreaksIsTornNamesTheErrnoAndIsReadBehindTheBadSpot() throws Exception {
        byte[] data = write(LARGE);
        Outcome outcome = stream(read -> read == 3 ? Errno.EIO : 0);
        assertThat(outcome.state).isEqualTo(Outcome.State.STORED);
        assertThat(outcome.torn).isTrue();
        assertThat(outcome.owed).isEqualTo(OwedReason.TORN);
        assertThat(outcome.operation).isEqualTo("read");
        assertThat(outcome.errno).isEqualTo(Errno.EIO);
        SampleEntry entry = entry();
        assertThat(entry.torn()).isEqualTo("5 input/output error (EIO)");
        Arrays.fill(data, 3 * SMALL / 2, FRAME, (byte) 0);
        assertThat(SampleEntry.bytes(entry.data())).isEqualTo(data);
        ShardCounts counts = new ShardCounts();
        counts.count(outcome);
        assertThat(counts.toMap())
                .containsEntry("stored.f", 1L)
                .containsEntry("torn", 1L)
                .containsEntry("read_errors.EIO", 1L)
                .containsEntry("owed.torn", 1L);
    }

    /**
     * Reading brings preallocated space into the page cache, and XFS and ext4 then call it data.
     */
    @Test
    void extentsDoNotTouchThoughReadingMakesDataOfAHole() throws Exception {
        int block = 4096;
        byte[] data = new byte[10 * block];
        new Random(1).nextBytes(data);
        Arrays.fill(data, 2 * block, 10 * block, (byte) 0);
        data[8 * block] = 7;
        try (var channel =
                Files.newByteChannel(
                        file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(data, 0, 2 * block));
            channel.position(8L * block);
            channel.write(ByteBuffer.wrap(data, 8 * block, 2 * block));
        }
        Outcome outcome = outcome();
        EntryReader reader =
                new EntryReader(options(), 1) {
                    /** To here the page cache holds what was a hole. */
                    private long cached;

                    @Override
                    int read(NativeBuffer into, int at, int length, long offset) {
                        int n = super.read(into, at, length, offset);
                        cached = Math.max(cached, offset + n + 2L * block);
                        return n;
                    }

                    @Override
                    long seek(long offset, int whence) {
                        long wanted = offset < cached ? cached : offset;
                        return switch (whence) {
                            case Posix.SEEK_DATA ->
                                    offset < cached ? offset : super.seek(offset, whence);
                            default -> {
                                // What was read, and what was preallocated, touch each other.
                                long hole = super.seek(wanted, whence);
                                yield offset < block ? block : hole;
                            }
                        };
                    }
                };
        try (EntryStreamer streamer = new EntryStreamer(options(), reader, null, SIZES)) {
            PointedReceiver output = new PointedReceiver(receiver);
            output.whole(() -> streamer.send(outcome, null, output));
        }
        receiver.finish();
        SampleEntry entry = entry();
        List<Long> extents = entry.extents();
        assertThat(extents).containsExactly(0L, 2L * block, 8L * block, 2L * block);
        assertThat(outcome.torn).isFalse();
        assertThat(SampleEntry.bytes(entry.data()))
                .startsWith(Arrays.copyOf(data, 2 * block))
                .endsWith(Arrays.copyOfRange(data, 8 * block, 10 * block));
    }

    @Test
    void theNextEntryAfterATroubledOneIsWhole() throws Exception {
        byte[] data = write(SMALL);
        Slice slice = new Slice(new NativeBuffer(BufferSizes.of(1, 1).sliceBytes()));
        slice.outcomes.add(outcome());
        slice.outcomes.add(outcome());
        try (SlicePreparer preparer =
                new SlicePreparer(
                        options(),
                        new TroubledReader(options(), read -> read == 1 ? Errno.ESTALE : 0),
                        null)) {
            preparer.prepare(slice);
        }
        assertThat(slice.outcomes.get(0).state).isEqualTo(Outcome.State.FAILED);
        assertThat(slice.outcomes.get(1).state).isEqualTo(Outcome.State.PREPARED);
        receiver.entries(slice.buffer.bytes().clear().limit(slice.outcomes.get(1).end), 1);
        receiver.finish();
        assertThat(SampleEntry.bytes(entry().data())).isEqualTo(data);
    }
}
