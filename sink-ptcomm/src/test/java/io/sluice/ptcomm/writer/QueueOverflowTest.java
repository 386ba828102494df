package io.sluice.ptcomm.writer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.common.item.ItemBatch;
import io.sluice.common.posix.RawTree;
import io.sluice.ptcomm.codec.SampleEntry;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The shard writer's queue beyond the heap, before a receiver that takes nothing for a while. */
@Timeout(120)
class QueueOverflowTest {
    private static final int FILES = 3000;
    private static final int BATCH = 10;

    /** Little on the heap, and room in state for all that a test has. */
    private static final QueueSizes ROOMY = new QueueSizes(8 << 10, 64 << 20);

    private RawTree tree;
    private final CountDownLatch release = new CountDownLatch(1);
    private final MemoryReceivers held = new MemoryReceivers(shard -> await(release));

    @BeforeEach
    void makeTree() throws IOException {
        tree = new RawTree();
    }

    @AfterEach
    void removeTree() throws IOException {
        release.countDown();
        tree.close();
        assertThat(
                        Thread.getAllStackTraces().keySet().stream()
                                .map(Thread::getName)
                                .filter(name -> name.matches("sluice-(shard|reader)-.*")))
                .as("threads that are left")
                .isEmpty();
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
    }

    private Path path(String name) {
        return Path.of(new String(tree.root(), StandardCharsets.UTF_8), name);
    }

    /** Makes the files f0 to f{count-1} and gives their names. */
    private List<String> files(int count) throws IOException {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            names.add("f" + i);
            Files.write(path("f" + i), new byte[i % 50]);
        }
        return names;
    }

    private static void send(WriterRig rig, List<String> names) throws Exception {
        for (int i = 0; i < names.size(); i += BATCH) {
            int end = Math.min(i + BATCH, names.size());
            rig.send(0, names.subList(i, end).toArray(String[]::new));
        }
    }

    private static List<String> paths(MemoryReceivers receivers) throws IOException {
        return receivers.entries(0).stream().map(SampleEntry::path).toList();
    }

    /** The receiver is held within the first file, which is a large one. */
    @Test
    void aCheckpointBeforeAHeldReceiverCompletesAndHoldsAllItems() throws Exception {
        List<String> names = files(FILES);
        Files.write(path("f0"), new byte[3 << 20]);
        OperatorSubtaskState snapshot;
        try (WriterRig rig = WriterRig.withQueues(tree.root(), 2, ROOMY, held)) {
            send(rig, names);
            snapshot = rig.snapshot();
            assertThat(rig.hasMail()).isFalse();
            rig.end();
            assertThat(rig.hasPassedTheWatermark()).isFalse();
            release.countDown();
            while (!rig.hasPassedTheWatermark()) {
                rig.mail();
            }
            assertThat(rig.counts()).containsEntry("items", (long) FILES);
            assertThat(rig.receipts()).hasSize(2);
            assertThat(OverflowProbe.batches(rig.snapshot(), 0, 2)).isEmpty();
        }
        assertThat(paths(held)).isEqualTo(names);
        // All of them: those in slices and on the heap too.
        assertThat(OverflowProbe.batches(snapshot, 0, 2))
                .hasSize(FILES / BATCH)
                .containsOnly(BATCH);
        assertThat(OverflowProbe.batches(snapshot, 1, 2)).isEmpty();
    }

    @Test
    void whatAnotherRunLeftInStateIsGone() throws Exception {
        OperatorSubtaskState snapshot;
        try (WriterRig rig = WriterRig.withQueues(tree.root(), 1, ROOMY, held)) {
            List<String> names = files(FILES);
            Files.write(path("f0"), new byte[3 << 20]);
            send(rig, names);
            snapshot = rig.snapshot();
        }
        MemoryReceivers receivers = new MemoryReceivers();
        try (WriterRig rig = WriterRig.restored(tree.root(), 1, receivers, snapshot)) {
            rig.finish();
            assertThat(rig.counts()).containsEntry("items", 0L);
            assertThat(OverflowProbe.batches(rig.snapshot(), 0, 1)).isEmpty();
        }
        assertThat(receivers.entries(0)).isEmpty();
    }

    /** With files of several names, some of which are gone when their turn comes. */
    @Test
    void orderAndLinksAreTheSameAsWithoutOverflow() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            String name = "f" + i;
            if (i > 0 && random.nextInt(2) == 0) {
                Files.createLink(path(name), path(names.get(random.nextInt(names.size()))));
            } else {
                Files.write(path(name), new byte[random.nextInt(3000)]);
            }
            names.add(name);
        }
        MemoryReceivers plain = new MemoryReceivers();
        try (WriterRig one = WriterRig.withQueues(tree.root(), 1, QueueSizes.SUBTASK, plain);
                WriterRig other =
                        WriterRig.withQueues(
                                tree.root(), 1, new QueueSizes(500, 2000), new Releasing())) {
            List<ItemBatch> batches = new ArrayList<>();
            for (int i = 0; i < names.size(); ) {
                int end = Math.min(names.size(), i + 1 + random.nextInt(100));
                batches.add(one.look(0, names.subList(i, end).toArray(String[]::new)));
                i = end;
            }
            for (String name : names) {
                if (random.nextInt(10) == 0) {
                    tree.remove(name);
                }
            }
            for (ItemBatch batch : batches) {
                one.send(batch);
            }
            for (ItemBatch batch : batches) {
                other.send(batch);
            }
            one.finish();
            other.finish();
            assertThat(other.counts()).isEqualTo(one.counts());
            assertThat(one.counts().get("links")).isPositive();
            assertThat(one.counts().get("skipped.vanished")).isPositive();
        }
        assertThat(lines(held)).isEqualTo(lines(plain));
    }

    /** Holds the stream until the operator waits for room. */
    private final class Releasing implements ShardReceiverFactory {
        private static final long serialVersionUID = 1L;

        @Override
        public ShardReceiver open(int shard, int attempt, ReceiverPoint from) {
            Thread mailbox = Thread.currentThread();
            Thread releaser =
                    new Thread(
                            () -> {
                                WriterRig.awaitYield(mailbox);
                                release.countDown();
                            });
            releaser.setDaemon(true);
            releaser.start();
            return held.open(shard, attempt, from);
        }
    }

    private static List<String> lines(MemoryReceivers receivers) throws IOException {
        return receivers.entries(0).stream()
                .map(entry -> entry.path() + " " + entry.data().length() + " = " + entry.linkTo())
                .toList();
    }

    @Test
    void aTaskThatIsClosedWhileItsQueueOverflowsLeavesNoThread() throws Exception {
        WriterRig rig = WriterRig.withQueues(tree.root(), 1, ROOMY, held);
        send(rig, files(FILES));
        rig.close();
        assertThat(held.allClosed()).isTrue();
        assertThat(release.getCount()).isOne();
    }

    @Test
    void aReceiverThatFailsWhileTheTaskWaitsForRoomFailsItWithItsWords() throws Exception {
        MemoryReceivers failing =
                new MemoryReceivers(
                        shard -> {
                            await(release);
                            throw new IOException("the tape is torn");
                        });
        List<String> names = files(FILES);
        Thread mailbox = Thread.currentThread();
        Thread releaser =
                new Thread(
                        () -> {
                            WriterRig.awaitYield(mailbox);
                            release.countDown();
                        });
        try (WriterRig rig =
                WriterRig.withQueues(tree.root(), 1, new QueueSizes(2000, 2000), failing)) {
            releaser.start();
            assertThatThrownBy(() -> send(rig, names))
                    .isInstanceOf(IOException.class)
                    .hasMessage("the tape is torn");
            releaser.join();
        }
        assertThat(failing.allClosed()).isTrue();
    }
}
