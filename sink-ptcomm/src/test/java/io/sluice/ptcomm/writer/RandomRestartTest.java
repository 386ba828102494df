package io.sluice.ptcomm.writer;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.item.ItemBatch;
import io.sluice.common.item.ItemPacker;
import io.sluice.common.item.Reason;
import io.sluice.common.posix.RawTree;
import io.sluice.common.round.Content;
import io.sluice.common.testing.Seeds;
import io.sluice.ptcomm.archive.Compression;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.commons.io.FileUtils;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A round with all kinds of items, checkpointed, killed, rescaled and restored at random moments:
 * its archive and its books are those of a round that nothing disturbed. What the threads do
 * meanwhile is not of the seed. {@code -Dsluice.large-mib=64 -Dtest.heap=6g} has a file of that
 * size in each round, which is killed there too.
 */
@Timeout(300)
class RandomRestartTest {
    private static final int SEEDS = 100;

    /** Four kills a seed, of three streams each; of every second seed one after an end. */
    private static final int BRIDGE_SEEDS = 50;

    /** Of one file more in each round, where somebody wants that. */
    private static final int LARGE_MIB = Integer.getInteger("sluice.large-mib", 0);

    private static final int SHARDS = 3;
    private static final long SEGMENT_BYTES = 300_000;

    /** In memory where there is one: it is not the disk's syncs that are tested. */
    private Path temporary;

    @BeforeEach
    void makeDirectory() throws Exception {
        Path memory = Path.of("/dev/shm");
        temporary =
                Files.isWritable(memory)
                        ? Files.createTempDirectory(memory, "sluice-")
                        : Files.createTempDirectory("sluice-");
    }

    @AfterEach
    void removeDirectory() throws Exception {
        FileUtils.deleteDirectory(temporary.toFile());
    }

    private int archives;

    private static WriterOptions options(RawTree tree, Content content) {
        return new WriterOptions(
                tree.root(),
                new byte[0],
                SHARDS,
                WriterRig.ROUND,
                "run",
                content,
                false,
                2,
                null,
                System.currentTimeMillis());
    }

    private RestartRig archive(
            RawTree tree, Content content, Compression compression, List<ItemBatch> input) {
        WriterOptions options = options(tree, content);
        Path directory = temporary.resolve("archive-" + archives++);
        return rig(
                options, new ArchiveStore(options, directory, compression, SEGMENT_BYTES), input);
    }

    private static RestartRig rig(WriterOptions options, RoundStore store, List<ItemBatch> input) {
        return new RestartRig(
                options, new QueueSizes(6_000, 30_000), store, new HashMapStateBackend(), input);
    }

    /** Files, links, holes, a large one and names that are gone, in small batches. */
    private static List<ItemBatch> input(RawTree tree, Random random) throws Exception {
        Path root = Path.of(new String(tree.root(), StandardCharsets.UTF_8));
        List<List<String>> names = new ArrayList<>();
        for (int shard = 0; shard < SHARDS; shard++) {
            names.add(new ArrayList<>());
        }
        for (int i = 0; i < 120; i++) {
            // All names of an inode are in one shard.
            int shard = random.nextInt(SHARDS);
            List<String> own = names.get(shard);
            String name = "s" + shard + "-" + i;
            Path path = root.resolve(name);
            int kind = random.nextInt(40);
            if (kind < 8 && !own.isEmpty()) {
                Path first = root.resolve(own.get(random.nextInt(own.size())));
                if (Files.isDirectory(first)) {
                    continue;
                }
                Files.createLink(path, first);
            } else if (kind < 10) {
                tree.directory(name);
            } else if (kind < 12) {
                tree.symlink(name, "to/" + i);
            } else if (kind < 14) {
                try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
                    file.setLength(random.nextInt(4 << 20));
                    file.write(new byte[] {1, 2, 3});
                }
            } else if (kind < 18) {
                byte[] data = new byte[900_000 + random.nextInt(1_000_000)];
                random.nextBytes(data);
                Files.write(path, data);
            } else {
                byte[] data = new byte[random.nextInt(4) == 0 ? random.nextInt(20_000) : 30];
                random.nextBytes(data);
                Files.write(path, data);
            }
            own.add(name);
        }
        if (LARGE_MIB > 0) {
            byte[] data = new byte[LARGE_MIB << 20];
            random.nextBytes(data);
            Files.write(root.resolve(BridgeStore.LARGE), data);
            names.get(0).add(names.get(0).size() / 2, BridgeStore.LARGE);
        }
        List<ItemBatch> batches = new ArrayList<>();
        for (int shard = 0; shard < SHARDS; shard++) {
            List<String> own = names.get(shard);
            for (int i = 0; i < own.size(); ) {
                ItemPacker packer = new ItemPacker();
                for (int n = 1 + random.nextInt(20); n > 0 && i < own.size(); n--) {
                    int kind = random.nextInt(12);
                    if (kind == 0) {
                        Reason gone = random.nextBoolean() ? Reason.GONE : Reason.GONE_DIRECTORY;
                        TombstoneTest.addGone(packer, gone, bytes("gone-" + shard + "-" + i), i);
                    } else if (kind == 1) {
                        byte[] vanished = bytes("vanished-" + shard + "-" + i);
                        WriterRig.add(packer, vanished, WriterRig.stat(tree.root(), ""), null);
                    } else if (kind == 2) {
                        byte[] tooLong = bytes("n".repeat(300) + shard + "-" + i);
                        WriterRig.add(packer, tooLong, WriterRig.stat(tree.root(), ""), null);
                    }
                    String name = own.get(i++);
                    WriterRig.add(
                            packer,
                            bytes(name),
                            WriterRig.stat(tree.root(), name),
                            Files.isSymbolicLink(root.resolve(name))
                                    ? bytes(Files.readSymbolicLink(root.resolve(name)).toString())
                                    : null);
                }
                batches.add(packer.take(new byte[0], shard));
            }
        }
        // Each shard's in their order, the shards mixed.
        List<ItemBatch> mixed = new ArrayList<>();
        while (!batches.isEmpty()) {
            int shard = batches.get(random.nextInt(batches.size())).shard();
            int first = 0;
            while (batches.get(first).shard() != shard) {
                first++;
            }
            mixed.add(batches.remove(first));
        }
        return mixed;
    }

    /** Looks at what a rig is doing when it is about to be killed. */
    private Kill killed = rig -> {};

    private interface Kill {
        void now(RestartRig rig) throws Exception;
    }

    /**
     * @param lastAfterTheEnd whether the last kill waits until a subtask has ended its round, which
     *     few kills at any moment meet
     */
    private void disturb(RestartRig rig, Random random, boolean lastAfterTheEnd) throws Exception {
        int restarts = 0;
        while (restarts < 4) {
            switch (random.nextInt(10)) {
                case 0, 1, 2, 3 -> {
                    for (int n = random.nextInt(12); n > 0 && rig.hasInput(); n--) {
                        rig.feed();
                    }
                }
                case 4, 5 -> rig.mails(1 + random.nextInt(5));
                case 6 -> {
                    rig.checkpoint();
                    if (random.nextBoolean()) {
                        rig.completed();
                    }
                }
                case 7 -> {
                    if (random.nextBoolean()) {
                        rig.snapshot();
                    } else {
                        LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(random.nextInt(3000)));
                    }
                }
                case 8 -> {
                    if (!rig.hasInput()) {
                        rig.end();
                    }
                }
                default -> {
                    if (restarts == 3 && lastAfterTheEnd) {
                        rig.feedAll();
                        rig.end();
                        rig.untilOneHasPassed();
                    }
                    killed.now(rig);
                    // A number may come again, as after a restart from a savepoint.
                    int former = rig.attempt;
                    rig.restart(1 + random.nextInt(SHARDS));
                    if (random.nextInt(3) == 0) {
                        rig.attempt = former;
                    }
                    restarts++;
                }
            }
        }
    }

    /** What of a seed is to be disturbed. */
    private interface Disturbed {
        RestartRig rig(RawTree tree, Content content, List<ItemBatch> input, Random random)
                throws Exception;
    }

    private void compare(int most, Disturbed disturbed) throws Exception {
        long first = Long.getLong("sluice.seed", System.nanoTime());
        int seeds = Long.getLong("sluice.seed") == null ? most : 1;
        System.out.println("seeds " + first + " to " + (first + seeds - 1));
        for (long seed = first; seed < first + seeds; seed++) {
            Random random = Seeds.random(seed);
            Content content = random.nextInt(4) == 0 ? Content.METADATA : Content.FULL;
            try (RawTree tree = new RawTree()) {
                List<ItemBatch> input = input(tree, random);
                RestartRig.Result expected;
                try (RestartRig undisturbed = archive(tree, content, Compression.NONE, input)) {
                    expected = undisturbed.start(1).finish();
                }
                try (RestartRig rig = disturbed.rig(tree, content, input, random)) {
                    rig.disturbance = shard -> sometimesWait();
                    rig.start(1 + random.nextInt(SHARDS));
                    disturb(rig, random, seed % 2 == 0);
                    RestartRig.Result result = rig.finish();
                    String as = "seed " + seed;
                    assertThat(result.counts()).as(as).isEqualTo(expected.counts());
                    assertThat(result.notes()).as(as).isEqualTo(expected.notes());
                    for (int shard = 0; shard < SHARDS; shard++) {
                        assertThat(
                                        result.entries()
                                                .get(shard)
                                                .equals(expected.entries().get(shard)))
                                .as(as + ": entries of shard " + shard)
                                .isTrue();
                    }
                }
            }
            for (; archives > 0; archives--) {
                FileUtils.deleteDirectory(temporary.resolve("archive-" + (archives - 1)).toFile());
            }
        }
    }

    private static void sometimesWait() {
        if (ThreadLocalRandom.current().nextInt(8) == 0) {
            LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(300));
        }
    }

    @Test
    void aRoundThatIsKilledAtRandomIsTheSameAsAnUndisturbedOne() throws Exception {
        compare(
                SEEDS,
                (tree, content, input, random) ->
                        archive(tree, content, Compression.values()[random.nextInt(2)], input));
    }

    /** Nothing that was sent comes back, and yet no entry is there twice, and none is missing. */
    @Test
    void aRoundIntoBridgesThatIsKilledAtRandomIsTheSameAsAnUndisturbedOne() throws Exception {
        SortedMap<String, Integer> moments = new TreeMap<>();
        BridgeStore[] store = new BridgeStore[1];
        killed =
                rig -> {
                    for (String moment : store[0].moments()) {
                        moments.merge(moment, 1, Integer::sum);
                    }
                    moments.merge(rig.checkpointing(), 1, Integer::sum);
                    if (store[0].isOneUntold()) {
                        moments.merge("checkpoint completed, not told", 1, Integer::sum);
                    }
                };
        compare(
                BRIDGE_SEEDS,
                (tree, content, input, random) -> {
                    WriterOptions options = options(tree, content);
                    store[0] = new BridgeStore(options, temporary);
                    BridgeStore bridges = store[0];
                    bridges.consuming =
                            shard -> {
                                // So that large entries are killed often enough.
                                if (bridges.bridge(shard).isInEntry()) {
                                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(15));
                                }
                                sometimesWait();
                            };
                    return rig(options, store[0], input);
                });
        System.out.println("kills: " + moments);
        if (Long.getLong("sluice.seed") == null) {
            assertThat(moments.keySet())
                    .contains(
                            "between entries",
                            "in a large entry",
                            "during replay",
                            "after the end",
                            "checkpoint taken, not completed",
                            "checkpoint completed");
            assertThat(moments.values()).allMatch(times -> times >= 20);
        }
    }
}
