package io.sluice.ptcomm.writer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.esotericsoftware.kryo.io.Output;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.NativeBuffer;
import io.sluice.common.posix.RawTree;
import io.sluice.common.round.Content;
import io.sluice.common.testing.Seeds;
import io.sluice.ptcomm.codec.DataSum;
import io.sluice.ptcomm.codec.EntryHandler;
import io.sluice.ptcomm.codec.SampleEntry;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Large files that several threads read at a time. */
@Timeout(120)
class ReadAheadTest {
    private static final int FRAME = 64 * 1024;
    private static final BufferSizes SIZES = new BufferSizes(1, 1, FRAME, 5, 1);

    private RawTree tree;
    private Path file;
    private ReaderPool readers;

    /** What happens before a part is read: on any thread. */
    private interface Trouble {
        /** 0, or the errno that the read fails with. */
        int before(long offset);
    }

    private Trouble trouble = offset -> 0;

    private final class Reader extends EntryReader {
        Reader() {
            super(options(), 1);
        }

        @Override
        int readAnywhere(NativeBuffer into, int at, int length, long offset) {
            int errno = trouble.before(offset);
            // In pieces, as some filesystems answer.
            return errno != 0
                    ? -errno
                    : super.readAnywhere(into, at, Math.min(length, 50_000), offset);
        }
    }

    @BeforeEach
    void makeTree() throws IOException {
        tree = new RawTree();
        file = Path.of(new String(tree.root(), StandardCharsets.UTF_8), "f");
        readers = new ReaderPool(4, options());
    }

    @AfterEach
    void removeTree() throws IOException {
        readers.close();
        tree.close();
    }

    private WriterOptions options() {
        return options(null);
    }

    private WriterOptions options(byte[] throttle) {
        return WriterRig.options(tree.root(), 1, Content.FULL, throttle);
    }

    private Outcome outcome() throws IOException {
        return WriterRig.outcome(tree.root(), "f");
    }

    private SampleEntry stream(Outcome outcome) throws Exception {
        return stream(outcome, 0);
    }

    /**
     * @param parkNanos how long the receiver takes for each part
     */
    private SampleEntry stream(Outcome outcome, long parkNanos) throws Exception {
        MemoryReceivers receivers = new MemoryReceivers();
        ShardReceiver receiver = receivers.open(0, 0, null);
        ShardReceiver slow =
                (ShardReceiver)
                        Proxy.newProxyInstance(
                                getClass().getClassLoader(),
                                new Class<?>[] {ShardReceiver.class},
                                (proxy, method, arguments) -> {
                                    if (method.getName().equals("entryPart")) {
                                        LockSupport.parkNanos(parkNanos);
                                    }
                                    return method.invoke(receiver, arguments);
                                });
        PointedReceiver output = new PointedReceiver(slow);
        try (EntryStreamer streamer = new EntryStreamer(options(), new Reader(), readers, SIZES)) {
            output.whole(() -> streamer.send(outcome, null, output));
        }
        output.finish();
        return receivers.entries(0).get(0);
    }

    private static byte[] data(SampleEntry entry) {
        assertThat(entry.state()).as("the checksum").isEqualTo(EntryHandler.DataState.INTACT);
        return SampleEntry.bytes(entry.data());
    }

    @Test
    void partsComeInOrderWhateverTheThreadsDo() throws Exception {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        System.out.println("ReadAheadTest, -Dsluice.seed=" + seed);
        Random random = Seeds.random(seed);
        trouble =
                offset -> {
                    if (offset / FRAME % 3 == 0) {
                        LockSupport.parkNanos(300_000);
                    }
                    return 0;
                };
        for (int round = 0; round < 60; round++) {
            int frames = random.nextInt(12);
            byte[] content = new byte[frames * FRAME + random.nextInt(3) * (FRAME / 2) + 1];
            random.nextBytes(content);
            Files.write(file, content);
            SampleEntry entry = stream(outcome());
            assertThat(entry.torn()).isNull();
            assertThat(Arrays.equals(data(entry), content)).as("round " + round).isTrue();
        }
    }

    @Test
    void severalPartsAreReadAtATime() throws Exception {
        Files.write(file, new byte[20 * FRAME]);
        CountDownLatch together = new CountDownLatch(4);
        trouble =
                offset -> {
                    together.countDown();
                    try {
                        // Four threads, or none gets any further.
                        if (!together.await(20, TimeUnit.SECONDS)) {
                            return Errno.EIO;
                        }
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    return 0;
                };
        SampleEntry entry = stream(outcome());
        assertThat(entry.torn()).isNull();
        assertThat(data(entry)).hasSize(20 * FRAME);
    }

    /** The cap is one of reads, however they come about. */
    @Test
    void aCapOfThreadsHoldsForPartsToo() throws Exception {
        Path caps = Files.writeString(file.resolveSibling("throttle.toml"), "threads = 2\n");
        readers.close();
        readers = new ReaderPool(4, options(caps.toString().getBytes(StandardCharsets.UTF_8)));
        byte[] content = new byte[40 * FRAME];
        new Random(2).nextBytes(content);
        Files.write(file, content);
        AtomicInteger reading = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        trouble =
                offset -> {
                    most.accumulateAndGet(reading.incrementAndGet(), Math::max);
                    LockSupport.parkNanos(500_000);
                    reading.decrementAndGet();
                    return 0;
                };
        SampleEntry entry = stream(outcome());
        assertThat(Arrays.equals(data(entry), content)).isTrue();
        assertThat(most.get()).isEqualTo(2);
    }

    @Test
    void aBadSpotIsFilledAndWhatLiesBehindItRead() throws Exception {
        byte[] content = new byte[10 * FRAME];
        new Random(1).nextBytes(content);
        Files.write(file, content);
        trouble = offset -> offset == 4 * FRAME ? Errno.EIO : 0;
        Outcome outcome = outcome();
        SampleEntry entry = stream(outcome);
        Arrays.fill(content, 4 * FRAME, 5 * FRAME, (byte) 0);
        assertThat(Arrays.equals(data(entry), content)).isTrue();
        assertThat(entry.torn()).isNotNull();
        assertThat(outcome.errno).isEqualTo(Errno.EIO);
    }

    @Test
    void aDeadDeviceIsNotAskedForEver() throws Exception {
        Files.write(file, new byte[200 * FRAME]);
        AtomicInteger asked = new AtomicInteger();
        trouble =
                offset -> {
                    asked.incrementAndGet();
                    return Errno.EIO;
                };
        SampleEntry entry = stream(outcome());
        assertThat(data(entry)).hasSize(200 * FRAME);
        assertThat(entry.torn()).isNotNull();
        // So many errors, and what is read ahead of them.
        assertThat(asked.get()).isBetween(64, 69);
    }

    /** What was read ahead, and added, is given up; zeros come instead of it. */
    @Test
    void theChecksumGoesBackToWhatWasSentBeforeADeviceDied() throws Exception {
        byte[] content = new byte[100 * FRAME];
        new Random(4).nextBytes(content);
        Files.write(file, content);
        // The parts behind the last error that is borne could be read.
        trouble = offset -> offset < 64 * FRAME ? Errno.EIO : 0;
        SampleEntry entry = stream(outcome(), 2_000_000);
        assertThat(Arrays.equals(data(entry), new byte[content.length])).isTrue();
        assertThat(entry.torn()).isNotNull();
    }

    @Test
    void aFileThatShrinksIsFilledUpAndTorn() throws Exception {
        byte[] content = new byte[40 * FRAME];
        new Random(2).nextBytes(content);
        Files.write(file, content);
        AtomicInteger cut = new AtomicInteger();
        trouble =
                offset -> {
                    if (offset >= 10 * FRAME && cut.getAndIncrement() == 0) {
                        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
                            open.setLength(5 * FRAME);
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    }
                    return 0;
                };
        SampleEntry entry = stream(outcome());
        assertThat(data(entry)).hasSize(40 * FRAME);
        assertThat(entry.torn()).isEqualTo("0 " + EntryStreamer.TORN_TEXT);
    }

    @Test
    void anErrorInAReadingThreadIsToldAsItIs() throws Exception {
        Files.write(file, new byte[20 * FRAME]);
        for (int i = 0; i < 6; i++) {
            // More often than there are threads: none of them may die of it.
            trouble =
                    offset -> {
                        if (offset >= 3 * FRAME) {
                            throw new OutOfMemoryError("as the test wants it");
                        }
                        return 0;
                    };
            assertThatThrownBy(() -> stream(outcome()))
                    .hasMessage("reading ahead failed")
                    .hasRootCauseMessage("as the test wants it");
        }
        trouble = offset -> 0;
        assertThat(stream(outcome()).torn()).isNull();
    }

    /** As a task is cancelled; with a second thread that still reads when the first is told. */
    @Test
    void anInterruptedWriterWaitsForWhoeverReads() throws Exception {
        Files.write(file, new byte[20 * FRAME]);
        CountDownLatch go = new CountDownLatch(1);
        AtomicInteger reading = new AtomicInteger();
        Thread writer = Thread.currentThread();
        trouble =
                offset -> {
                    if (reading.incrementAndGet() == 4) {
                        writer.interrupt();
                        new Thread(
                                        () -> {
                                            LockSupport.parkNanos(
                                                    TimeUnit.MILLISECONDS.toNanos(100));
                                            go.countDown();
                                        })
                                .start();
                    }
                    try {
                        assertThat(go.await(20, TimeUnit.SECONDS)).isTrue();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    reading.decrementAndGet();
                    return 0;
                };
        assertThatThrownBy(() -> stream(outcome()))
                .hasMessage("interrupted while a part was read ahead");
        assertThat(Thread.interrupted()).isTrue();
        assertThat(reading.get()).isZero();
    }

    /** Else what is opened next could be read into a part of the file before. */
    @Test
    void nobodyReadsFromAFileThatIsGivenUp() throws Exception {
        Files.write(file, new byte[20 * FRAME]);
        CountDownLatch under = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        AtomicInteger reading = new AtomicInteger();
        trouble =
                offset -> {
                    if (offset >= 2 * FRAME) {
                        reading.incrementAndGet();
                        under.countDown();
                        try {
                            assertThat(go.await(20, TimeUnit.SECONDS)).isTrue();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                        reading.decrementAndGet();
                    }
                    return 0;
                };
        Outcome outcome = outcome();
        List<Integer> stillReading = new ArrayList<>();
        EntrySink failing =
                new EntrySink() {
                    @Override
                    public void entries(ByteBuffer frames, List<Outcome> outcomes) {}

                    @Override
                    public void beginEntry(Outcome begun, long size) {}

                    @Override
                    public void entryPart(ByteBuffer frames, Outcome begun, EntryProgress progress)
                            throws IOException {
                        if (progress.position > 0) {
                            try {
                                under.await();
                            } catch (InterruptedException e) {
                                throw new IOException(e);
                            }
                            new Thread(
                                            () -> {
                                                LockSupport.parkNanos(
                                                        TimeUnit.MILLISECONDS.toNanos(100));
                                                go.countDown();
                                            })
                                    .start();
                            throw new IOException("the receiver has failed");
                        }
                    }

                    @Override
                    public void endEntry(Outcome begun) {}
                };
        try (EntryStreamer streamer = new EntryStreamer(options(), new Reader(), readers, SIZES)) {
            assertThatThrownBy(() -> streamer.send(outcome, null, failing))
                    .hasMessage("the receiver has failed");
            stillReading.add(reading.get());
        }
        assertThat(stillReading).containsExactly(0);
    }

    /** Beyond two whole chunks of the checksum, which runs ahead of what is sent. */
    @Test
    void whatIsNotedWithEachPartIsTheSumUpToThere() throws Exception {
        byte[] content = new byte[2 * DataSum.CHUNK_BYTES + 9 * FRAME + 1];
        new Random(3).nextBytes(content);
        Files.write(file, content);
        Outcome outcome = outcome();
        List<Long> noted = new ArrayList<>();
        Output chunks = new Output(64, -1);
        DataSum sum = new DataSum();
        EntrySink bridge =
                new EntrySink() {
                    @Override
                    public void entries(ByteBuffer frames, List<Outcome> outcomes) {}

                    @Override
                    public void beginEntry(Outcome begun, long size) {}

                    @Override
                    public void entryPart(ByteBuffer frames, Outcome begun, EntryProgress progress)
                            throws IOException {
                        progress.writeNewChunks(chunks);
                        Output latest = new Output(64, -1);
                        progress.write(begun, latest);
                        if (progress.stage == EntryProgress.Stage.DATA) {
                            // The sum has time to get further than this.
                            LockSupport.parkNanos(noted.size() % 7 == 0 ? 1_000_000 : 0);
                            EntryProgress resumed = new EntryProgress();
                            resumed.resume(
                                    chunks.toBytes(), latest.toBytes(), new Outcome(begun.item));
                            int to = (int) progress.position;
                            sum.update(content, (int) sum.bytes(), to - (int) sum.bytes());
                            assertThat(resumed.position).isEqualTo(progress.position);
                            assertThat(resumed.sum.bytes()).isEqualTo(progress.position);
                            assertThat(resumed.sum.root()).isEqualTo(sum.root());
                            noted.add(progress.position);
                        }
                    }

                    @Override
                    public void endEntry(Outcome begun) {}
                };
        try (EntryStreamer streamer = new EntryStreamer(options(), new Reader(), readers, SIZES)) {
            streamer.send(outcome, null, bridge);
        }
        // With the head, and with each part of the data.
        assertThat(noted).hasSize(2 + content.length / FRAME);
    }
}
