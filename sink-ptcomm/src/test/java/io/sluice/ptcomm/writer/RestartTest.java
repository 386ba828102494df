package io.sluice.ptcomm.writer;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.common.SluiceException;
import io.sluice.common.item.ItemBatch;
import io.sluice.common.item.ItemPacker;
import io.sluice.common.item.Reason;
import io.sluice.common.posix.RawTree;
import io.sluice.common.round.Content;
import io.sluice.ptcomm.archive.Compression;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A shard writer's task fails at a moment that the test chooses, and goes on. */
@Timeout(120)
class RestartTest {
    private static final int SHARDS = 2;

    /** Of the heap, room for a few batches only. */
    private static final QueueSizes SMALL = new QueueSizes(1_000, 10 << 20);

    @TempDir Path temporary;

    private RawTree tree;
    private List<ItemBatch> input;
    private RestartRig.Result expected;
    private final Semaphore permits = new Semaphore(0);

    /** 200 files, a large one in the middle, second names, and some that are gone; two shards. */
    @BeforeEach
    void makeTree() throws Exception {
        tree = new RawTree();
        Path root = Path.of(new String(tree.root(), StandardCharsets.UTF_8));
        input = new ArrayList<>();
        ItemPacker packer = new ItemPacker();
        for (int i = 0; i < 200; i++) {
            String name = "f" + i;
            if (i % 20 == 19) {
                Files.createLink(root.resolve(name), root.resolve("f" + (i - 5)));
            } else {
                Files.write(root.resolve(name), new byte[i == 100 ? 3 << 20 : i]);
            }
        }
        for (int i = 0; i < 200; i++) {
            String name = "f" + i;
            WriterRig.add(packer, bytes(name), WriterRig.stat(tree.root(), name), null);
            if (i % 50 == 49) {
                TombstoneTest.addGone(packer, Reason.GONE, bytes("gone" + i), i);
            }
            if (i % 5 == 4) {
                input.add(packer.take(new byte[0], i < 180 ? 0 : 1));
            }
        }
        try (RestartRig rig = rig("undisturbed", Compression.ZSTD)) {
            expected = rig.start(1).finish();
        }
        assertThat(expected.counts()).containsEntry("links", 10L).containsEntry("deleted", 4L);
    }

    @AfterEach
    void removeTree() throws Exception {
        permits.release(1_000_000);
        tree.close();
        assertThat(
                        Thread.getAllStackTraces().keySet().stream()
                                .map(Thread::getName)
                                .filter(name -> name.matches("sluice-(shard|reader)-.*")))
                .as("threads that are left")
                .isEmpty();
    }

    /** Of the last rig. */
    private ArchiveStore store;

    private RestartRig rig(String name, Compression compression) throws Exception {
        WriterOptions options =
                new WriterOptions(
                        tree.root(),
                        new byte[0],
                        SHARDS,
                        WriterRig.ROUND,
                        "run",
                        Content.FULL,
                        false,
                        2,
                        null,
                        System.currentTimeMillis());
        store = new ArchiveStore(options, temporary.resolve(name), compression, 1 << 20);
        return new RestartRig(options, SMALL, store, new EmbeddedRocksDBStateBackend(false), input);
    }

    private RestartRig rig() throws Exception {
        return rig("archive", Compression.ZSTD);
    }

    private static void await(Semaphore permits) throws IOException {
        try {
            permits.acquire();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
    }

    private void checkFinish(RestartRig rig) throws Exception {
        RestartRig.Result result = rig.finish();
        assertThat(result.counts()).isEqualTo(expected.counts());
        assertThat(result.notes()).isEqualTo(expected.notes());
        assertThat(result.entries().equals(expected.entries())).as("the same entries").isTrue();
    }

    @Test
    void beforeTheFirstItem() throws Exception {
        try (RestartRig rig = rig().start(1)) {
            rig.checkpoint();
            rig.feed();
            rig.restart(1);
            checkFinish(rig);
        }
    }

    @Test
    void beforeTheFirstCheckpoint() throws Exception {
        try (RestartRig rig = rig().start(1)) {
            rig.feedAll();
            rig.mails(2);
            rig.restart(1);
            checkFinish(rig);
        }
    }

    /**
     * The receiver is held in the large file: all behind it is in slices, on the heap, or in state.
     */
    @ParameterizedTest
    @EnumSource
    void inALargeFileWithItemsInFlightAndInOverflow(Compression compression) throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        try (RestartRig rig = rig("archive", compression).start(1)) {
            rig.disturbance =
                    shard -> {
                        if (isPart()) {
                            inside.countDown();
                            await(permits);
                        }
                    };
            rig.feedAll();
            while (inside.getCount() > 0) {
                rig.mails(1);
                Thread.onSpinWait();
            }
            rig.checkpoint();
            permits.release(1);
            rig.checkpoint();
            rig.disturbance = shard -> {};
            rig.restart(1);
            checkFinish(rig);
        }
    }

    /** Whether what is to be taken is a part of an entry. */
    private static boolean isPart() {
        for (StackTraceElement frame : Thread.currentThread().getStackTrace()) {
            if (frame.getMethodName().equals("entryPart")) {
                return true;
            }
        }
        return false;
    }

    @Test
    void afterTheReceiptAndAfterTheWatermark() throws Exception {
        try (RestartRig rig = rig().start(1)) {
            rig.feedAll();
            rig.end();
            while (!rig.hasPassed()) {
                rig.mails(1);
            }
            rig.checkpoint();
            List<String> files = store.segmentFiles();
            rig.restart(1);
            rig.end();
            assertThat(rig.hasPassed()).isTrue();
            assertThat(store.segmentFiles()).isEqualTo(files);
            rig.restart(2);
            checkFinish(rig);
        }
    }

    /** Shard 1 has its receipt, and shard 0 is held. */
    @Test
    void betweenTwoReceipts() throws Exception {
        try (RestartRig rig = rig().start(2)) {
            rig.disturbance =
                    shard -> {
                        if (shard == 0 && isPart()) {
                            await(permits);
                        }
                    };
            rig.feedAll();
            rig.end();
            List<String> before = List.of();
            while (before.stream().noneMatch(name -> name.startsWith("shard-1."))) {
                rig.mails(1);
                before = store.segmentFiles();
            }
            rig.checkpoint();
            rig.disturbance = shard -> {};
            rig.restart(1);
            checkFinish(rig);
        }
    }

    @Test
    void rescaledFromOneToTwoToOne() throws Exception {
        try (RestartRig rig = rig().start(1)) {
            for (int i = 0; i < 10; i++) {
                rig.feed();
            }
            rig.mails(1);
            rig.checkpoint();
            rig.restart(2);
            for (int i = 0; i < 15; i++) {
                rig.feed();
            }
            rig.checkpoint();
            rig.restart(1);
            checkFinish(rig);
        }
    }

    /** Each of them has written beyond the point; their numbers may be used twice. */
    @Test
    void anAttemptBeyondSeveralFailedOnesHasFilesOfItsOwn() throws Exception {
        try (RestartRig rig = rig().start(1)) {
            for (int i = 0; i < 10; i++) {
                rig.feed();
            }
            rig.checkpoint();
            for (int i = 0; i < 4; i++) {
                rig.feedAll();
                rig.end();
                while (!rig.hasPassed()) {
                    rig.mails(1);
                }
                rig.attempt = i / 2;
                rig.restart(1);
            }
            int leftovers = store.segmentFiles().size();
            checkFinish(rig);
            assertThat(store.segmentFiles()).hasSizeLessThan(leftovers);
        }
    }

    /** It is not quite dead: it writes to the segment that the point is in, and goes on. */
    @Test
    void whatAnAttemptThatIsBelievedDeadWritesDoesNoHarm() throws Exception {
        try (RestartRig rig = rig().start(1)) {
            for (int i = 0; i < 15; i++) {
                rig.feed();
            }
            rig.mails(3);
            rig.checkpoint();
            List<String> segments = store.segmentFiles();
            rig.restart(1);
            for (String name : segments) {
                Files.write(
                        store.roundDirectory().resolve(name),
                        new byte[100_000],
                        StandardOpenOption.APPEND);
            }
            checkFinish(rig);
            assertThat(store.segmentFiles()).doesNotContainAnyElementsOf(segments);
        }
    }

    @Test
    void aSegmentThatHasLostWhatTheCheckpointSaysFailsTheRoundForGood() throws Exception {
        try (RestartRig rig = rig().start(1)) {
            for (int i = 0; i < 15; i++) {
                rig.feed();
            }
            // Their outcomes have come: they are in the stream.
            for (int n = 0; n < 2; ) {
                int before = store.segmentFiles().size();
                rig.mails(1);
                n += before > 0 ? 1 : 0;
            }
            rig.checkpoint();
            String name = store.segmentFiles().get(0);
            Path file = store.roundDirectory().resolve(name);
            byte[] stored = Files.readAllBytes(file);
            stored[stored.length / 2] ^= 1;
            Files.write(file, stored);
            assertThatThrownBy(() -> rig.restart(1))
                    .isInstanceOf(SluiceException.class)
                    .hasMessageContaining("segment " + name)
                    .hasMessageContaining("the round is given up, run again");
        }
    }
}
