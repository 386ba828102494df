package io.sluice.cli.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.testing.Privileges;
import io.sluice.common.testing.TestTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Rounds of a tree that changes by chance between them, each restored and compared with a model of
 * the tree as it was. {@code -Dsluice.seed=N} repeats a failure; {@code -Dsluice.engine.seeds} and
 * {@code -Dsluice.engine.rounds} (of each seed) make it longer or shorter.
 */
class EngineITCase {
    private static final int SEEDS = Integer.getInteger("sluice.engine.seeds", 10);
    private static final int ROUNDS = Integer.getInteger("sluice.engine.rounds", 30);

    /** One seed in so many runs as an owner whom modes hold back. */
    private static final int HELD_ONE_IN = 3;

    private static final int MIN_ENTRIES = 5_000;
    private static final int FIRST_ENTRIES = 5_600;
    private static final int MAX_ACTIONS = 60;
    private static final int MASS_ENTRIES = 1_800;

    /** In so many rounds everything happens so often. */
    private static final int ENOUGH_ROUNDS = 300;

    private static final int EACH = 30;

    /** Each seed has one archive there at a time, and one restore. */
    private static final Path MEMORY = Path.of("/dev/shm");

    private static final long MEMORY_BYTES = 2L << 30;

    /** Seeds side by side: half of a round waits, for one thread or for the disk. */
    private static final int AT_ONCE = 2;

    private static final int END_S = 60;

    @TempDir Path temporary;

    private final EngineCounts counts = new EngineCounts();
    private Path memory;

    @BeforeEach
    void findMemory() throws IOException {
        memory = Files.createDirectory(temporary.toRealPath().resolve("memory"));
        if (Files.isWritable(MEMORY)
                && Files.getFileStore(MEMORY).getUsableSpace() > MEMORY_BYTES) {
            Path probe = Files.createTempDirectory(MEMORY, "sluice-engine");
            try (TestTree tree = TestTree.in(probe)) {
                tree.file("probe", "");
                if (tree.xattr(TestTree.bytes("probe"), "user.probe", new byte[1])) {
                    memory = Files.createTempDirectory(MEMORY, "sluice-engine");
                }
            }
        }
        System.out.println("archives and restores in " + memory);
    }

    @AfterEach
    void leaveMemory() throws IOException {
        TestTree.in(memory).close();
    }

    @Test
    void everyRoundIsRestoredAsTheTreeWas() throws Exception {
        long first = Long.getLong("sluice.seed", System.nanoTime());
        System.out.println("EngineITCase, seeds " + first + " and " + (SEEDS - 1) + " more");
        boolean root = Privileges.isRoot();
        ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE);
        try {
            List<Future<?>> seeds = new ArrayList<>();
            for (int i = 0; i < SEEDS; i++) {
                long seed = first + i;
                seeds.add(threads.submit(() -> run(seed, root)));
            }
            for (Future<?> seed : seeds) {
                seed.get();
            }
        } finally {
            threads.shutdownNow();
            assertThat(threads.awaitTermination(END_S, TimeUnit.SECONDS)).isTrue();
        }
        counts.print();
        if (root && SEEDS * ROUNDS >= ENOUGH_ROUNDS) {
            assertThat(counts.actions())
                    .allSatisfy((what, n) -> assertThat(n).isGreaterThanOrEqualTo(EACH));
        }
    }

    private Void run(long seed, boolean root) throws Exception {
        boolean heldByModes = root && seed % HELD_ONE_IN == 2;
        Engine.Settings settings =
                new Engine.Settings(
                        FIRST_ENTRIES,
                        MIN_ENTRIES,
                        MASS_ENTRIES,
                        MAX_ACTIONS,
                        root && !heldByModes,
                        heldByModes,
                        true,
                        true,
                        true,
                        request -> request);
        // On disk, where inodes' numbers come again, and in memory, where it is quick.
        Path where = seed % 2 == 0 ? temporary.toRealPath() : memory;
        Engine engine = new Engine(seed, where, memory, settings, counts);
        for (int round = 1; round <= ROUNDS; round++) {
            engine.change(round);
            engine.backup(round);
            restore(engine, round);
        }
        restore(engine, 1);
        restore(engine, 1 + engine.chance(ROUNDS));
        engine.remove();
        return null;
    }

    private static void restore(Engine engine, int round) throws Exception {
        engine.restore(round);
        engine.removeRestored();
    }
}
