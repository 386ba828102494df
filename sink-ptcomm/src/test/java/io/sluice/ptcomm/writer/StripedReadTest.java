package io.sluice.ptcomm.writer;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.filesystem.StripeMap;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.NativeBuffer;
import io.sluice.common.posix.RawTree;
import io.sluice.common.posix.ScatterList;
import io.sluice.common.round.Content;
import io.sluice.common.testing.Seeds;
import io.sluice.ptcomm.codec.EntryHandler;
import io.sluice.ptcomm.codec.SampleEntry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Large files whose stripes lie on several devices. */
@Timeout(120)
class StripedReadTest {
    private static final int FRAME = 64 * 1024;
    private static final BufferSizes SIZES = new BufferSizes(1, 1, FRAME, 16, 1);

    private RawTree tree;
    private Path file;
    private ReaderPool readers;
    private StripeMap map;
    private final Map<Integer, AtomicInteger> underWay = new ConcurrentHashMap<>();
    private final List<String> faults = new ArrayList<>();

    /** What happens while a device is read from. */
    private Runnable reading = () -> {};

    /** How many calls read several parts. */
    private final AtomicInteger together = new AtomicInteger();

    /** How much such a call tells of what it read. */
    private IntUnaryOperator answered = bytes -> bytes;

    /** Nobody can read the byte that lies there. */
    private long badSpot = Long.MAX_VALUE;

    /** Knows where the file's bytes lie, and counts the reads of each device. */
    private final class Reader extends EntryReader {
        Reader() {
            super(options(), 1);
        }

        @Override
        StripeMap stripes() {
            return map;
        }

        @Override
        int readAnywhere(NativeBuffer into, int at, int length, long offset) {
            return alone(offset, length, () -> super.readAnywhere(into, at, length, offset));
        }

        @Override
        int readAnywhere(ScatterList into, long offset) {
            together.incrementAndGet();
            return alone(
                    offset,
                    into.bytes(),
                    () -> answered.applyAsInt(super.readAnywhere(into, offset)));
        }

        private int alone(long offset, int length, IntSupplier read) {
            StripeMap.Stripe stripe = map.at(offset);
            AtomicInteger reads =
                    underWay.computeIfAbsent(stripe.device(), device -> new AtomicInteger());
            if (reads.incrementAndGet() > 1) {
                fault("device " + stripe.device() + " has two reads at a time, at " + offset);
            }
            if (offset + length > stripe.end()) {
                fault("a read from " + offset + " crosses the border at " + stripe.end());
            }
            try {
                reading.run();
                return isBad(offset, length) ? -Errno.EIO : read.getAsInt();
            } finally {
                reads.decrementAndGet();
            }
        }

        private boolean isBad(long offset, int length) {
            return offset <= badSpot && badSpot < offset + length;
        }
    }

    private void fault(String text) {
        synchronized (faults) {
            faults.add(text);
        }
    }

    @BeforeEach
    void makeTree() throws Exception {
        tree = new RawTree();
        file = Path.of(new String(tree.root(), StandardCharsets.UTF_8), "f");
        readers = new ReaderPool(6, options());
    }

    @AfterEach
    void removeTree() throws Exception {
        readers.close();
        tree.close();
    }

    private WriterOptions options() {
        return WriterRig.options(tree.root(), 1, Content.FULL);
    }

    private byte[] write(int size) throws Exception {
        byte[] data = new byte[size];
        new Random(size).nextBytes(data);
        Files.write(file, data);
        return data;
    }

    /** What the stream has of the file's data. */
    private byte[] send() throws Exception {
        SampleEntry entry = send(WriterRig.options(tree.root(), 1, Content.FULL));
        assertThat(entry.torn()).isNull();
        return SampleEntry.bytes(entry.data());
    }

    private SampleEntry send(WriterOptions options) throws Exception {
        MemoryReceivers receivers = new MemoryReceivers();
        ShardReceiver receiver = receivers.open(0, 0, null);
        Outcome outcome = WriterRig.outcome(tree.root(), "f");
        try (EntryStreamer streamer = new EntryStreamer(options, new Reader(), readers, SIZES)) {
            PointedReceiver output = new PointedReceiver(receiver);
            output.whole(() -> streamer.send(outcome, null, output));
        }
        receiver.finish();
        SampleEntry entry = receivers.entries(0).get(0);
        assertThat(entry.state()).as("the checksum").isEqualTo(EntryHandler.DataState.INTACT);
        return entry;
    }

    private static StripeMap raid0(int devices, int stripeBytes) {
        return offset ->
                new StripeMap.Stripe(
                        (int) (offset / stripeBytes % devices),
                        (offset / stripeBytes + 1) * stripeBytes);
    }

    @Test
    void bytesComeInOrderWhateverTheStripesAre() throws Exception {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        System.out.println("StripedReadTest, -Dsluice.seed=" + seed);
        Random random = Seeds.random(seed);
        for (int round = 0; round < 20; round++) {
            int devices = 1 + random.nextInt(6);
            int stripe = 1 + random.nextInt(4 * FRAME);
            map = raid0(devices, Math.max(stripe, 4000));
            reading = () -> LockSupport.parkNanos(random.nextInt(200_000));
            answered = random.nextBoolean() ? bytes -> bytes : bytes -> bytes / 2;
            byte[] data = write(2 * FRAME + random.nextInt(3_000_000));
            assertThat(send()).as(devices + " devices, stripes of " + stripe).isEqualTo(data);
            assertThat(faults).isEmpty();
        }
    }

    @Test
    void allDevicesAreReadAtOnce() throws Exception {
        int devices = 4;
        map = raid0(devices, 4 * FRAME);
        CountDownLatch all = new CountDownLatch(devices);
        AtomicInteger late = new AtomicInteger();
        reading =
                () -> {
                    all.countDown();
                    try {
                        if (!all.await(30, TimeUnit.SECONDS)) {
                            late.incrementAndGet();
                        }
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                };
        byte[] data = write(64 * FRAME + 5);
        assertThat(send()).isEqualTo(data);
        assertThat(late.get()).as("reads that waited in vain for the other devices").isZero();
        assertThat(faults).isEmpty();
    }

    @Test
    void whatHasNoDeviceIsReadToo() throws Exception {
        map = offset -> new StripeMap.Stripe(StripeMap.UNKNOWN, Long.MAX_VALUE);
        byte[] data = write(40 * FRAME);
        assertThat(send()).isEqualTo(data);
        assertThat(faults).isEmpty();
    }

    /** Of 30 stripes of four parts, two parts by one call, as the 16 buffers allow. */
    @Test
    void partsOfOneStripeAreReadByOneCall() throws Exception {
        map = raid0(3, 4 * FRAME);
        byte[] data = write(120 * FRAME);
        assertThat(send()).isEqualTo(data);
        assertThat(together.get()).isEqualTo(60);
        assertThat(faults).isEmpty();
    }

    @Test
    void aBadSpotTakesNoMoreThanItsPart() throws Exception {
        map = raid0(3, 4 * FRAME);
        badSpot = 7 * FRAME + 5;
        byte[] data = write(40 * FRAME);
        Arrays.fill(data, 7 * FRAME, 8 * FRAME, (byte) 0);
        SampleEntry entry = send(options());
        assertThat(SampleEntry.bytes(entry.data())).isEqualTo(data);
        assertThat(entry.torn()).isNotNull();
        assertThat(faults).isEmpty();
    }
}
