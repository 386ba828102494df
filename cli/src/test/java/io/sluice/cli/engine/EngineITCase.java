package io.sluice.cli.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.posix.Posix;
import io.sluice.common.testing.Privileges;
import io.sluice.common.testing.Seeds;
import io.sluice.common.testing.TestTree;
import io.sluice.pipeline.launch.Level;
import io.sluice.pipeline.report.RoundReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
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
    private static final int MASS_ONE_IN = 3;
    private static final int SHOWN = 20;

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

    private final Map<String, Integer> actions = new ConcurrentSkipListMap<>();
    private final Map<String, Integer> levels = new ConcurrentSkipListMap<>();
    private final Map<String, Took> took = new ConcurrentSkipListMap<>();
    private final AtomicInteger apart = new AtomicInteger();
    private final AtomicInteger inodesAgain = new AtomicInteger();
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
                seeds.add(threads.submit(() -> new Seed(seed, root).run()));
            }
            for (Future<?> seed : seeds) {
                seed.get();
            }
        } finally {
            threads.shutdownNow();
            assertThat(threads.awaitTermination(END_S, TimeUnit.SECONDS)).isTrue();
        }
        print();
        if (root && SEEDS * ROUNDS >= ENOUGH_ROUNDS) {
            assertThat(actions).allSatisfy((what, n) -> assertThat(n).isGreaterThanOrEqualTo(EACH));
        }
    }

    private void print() {
        actions.forEach((action, count) -> System.out.printf("%6d %s%n", count, action));
        levels.forEach((level, count) -> System.out.printf("%6d %s%n", count, level));
        took.forEach((what, each) -> System.out.println(what + ": " + each));
        System.out.println("names of one file restored apart: " + apart);
        System.out.println("inodes made again with their number: " + inodesAgain);
    }

    /** All rounds of one seed. */
    private final class Seed {
        private final long seed;
        private final boolean heldByModes;
        private final Path place;
        private final Path workspace;
        private final Tree tree;
        private final Actions changes;
        private final Chance chance;
        private final Rounds rounds;
        private final Expectation expectation;

        Seed(long seed, boolean root) throws Exception {
            this.seed = seed;
            heldByModes = root && seed % HELD_ONE_IN == 2;
            // On disk, where inodes' numbers come again, and in memory, where it is quick.
            Path where = seed % 2 == 0 ? temporary.toRealPath() : memory;
            place = Files.createDirectory(where.resolve("tree-of-" + seed));
            workspace = Files.createDirectory(memory.resolve("archive-of-" + seed));
            Path source = this.place.resolve("tree");
            int gid = (Integer) Files.getAttribute(workspace, "unix:gid");
            tree = new Tree(Rounds.bytes(source), Posix.effectiveUser(), gid);
            chance = new Chance(Seeds.random(seed), tree.model);
            changes = new Actions(tree, chance, root, heldByModes, actions);
            rounds = new Rounds(source, workspace, heldByModes);
            expectation = new Expectation(heldByModes);
        }

        Void run() throws Exception {
            for (int round = 1; round <= ROUNDS; round++) {
                change(round);
                backup(round);
                timed("restore and compare", round, this::restore);
            }
            for (int round : new int[] {1, 1 + chance.below(ROUNDS)}) {
                timed("restore and compare", round, this::restore);
            }
            inodesAgain.addAndGet(tree.inodesAgain());
            TestTree.in(Rounds.bytes(place)).close();
            TestTree.in(Rounds.bytes(workspace)).close();
            return null;
        }

        private void change(int round) throws Exception {
            timed(
                    "change",
                    round,
                    r -> {
                        tree.begin(r);
                        if (r == 1) {
                            changes.grow(FIRST_ENTRIES);
                        }
                        for (int i = 1 + chance.below(MAX_ACTIONS); i > 0; i--) {
                            changes.any();
                        }
                        int more = tree.model.size() - MIN_ENTRIES;
                        if (more < MASS_ENTRIES) {
                            changes.grow(MASS_ENTRIES - more);
                        } else if (chance.oneIn(MASS_ONE_IN)) {
                            changes.massDeletion(MASS_ENTRIES);
                        }
                    });
        }

        private void backup(int round) throws Exception {
            Level level = level();
            boolean accept = chance.oneIn(2);
            Expectation.Round expected = expectation.next(round, level, tree.model, accept);
            if (!accept && expectation.isNearLimit(expected)) {
                accept = true;
                expected = expectation.next(round, level, tree.model, true);
            }
            RoundReport[] reports = new RoundReport[1];
            boolean accepted = accept;
            timed(
                    "backup",
                    round,
                    r -> reports[0] = rounds.backup(level, accepted, tree.model.excludes));
            try {
                check(round, expected, reports[0]);
            } catch (AssertionError e) {
                throw new AssertionError(
                        "seed "
                                + seed
                                + ", round "
                                + round
                                + ", "
                                + expected.level()
                                + " of "
                                + expected.base()
                                + ", replaced "
                                + expected.replaced()
                                + ", excludes "
                                + tree.model.excludes
                                + ", gone "
                                + some(expected.gone())
                                + ", deleted besides "
                                + some(deletedBesides(round, expected)),
                        e);
            }
            expectation.made(round, expected);
            levels.merge(level.text() + " round", 1, Integer::sum);
            if (expected.gone().size() > MASS_ENTRIES / 2) {
                count("mass deletion " + (expected.withheld() ? "withheld" : "accepted"));
            }
        }

        private List<String> deletedBesides(int round, Expectation.Round expected)
                throws Exception {
            Set<String> deleted = rounds.deleted(round);
            expected.gone().forEach(deleted::remove);
            return List.copyOf(deleted);
        }

        private static List<String> some(List<String> paths) {
            return paths.stream()
                    .filter(path -> !Model.isIn(path, LargeDirectory.PATH))
                    .limit(SHOWN)
                    .toList();
        }

        private Level level() {
            return switch (chance.below(10)) {
                case 0 -> Level.FULL;
                case 1, 2 -> expectation.isBegun() ? Level.DIFFERENTIAL : Level.AUTO;
                case 3, 4 -> Level.AUTO;
                default -> expectation.isBegun() ? Level.INCREMENTAL : Level.FULL;
            };
        }

        private void check(int round, Expectation.Round expected, RoundReport report) {
            assertThat(report.round()).as("number of the round").isEqualTo(round);
            assertThat(report.level()).isEqualTo(expected.level().text());
            assertThat(report.base() == null ? 0 : report.base()).isEqualTo(expected.base());
            if (heldByModes) {
                // What cannot be read is counted again and again, and known though not stored.
                return;
            }
            long gone = expected.gone().size();
            long withheld = expected.withheld() ? gone : 0;
            assertThat(report.withheld()).as("withheld").isEqualTo(withheld);
            assertThat(report.deleted())
                    .as("deleted")
                    .isEqualTo(expected.replaced() + gone - withheld);
            assertThat(report.fresh() + report.changed())
                    .as("new or changed")
                    .isEqualTo(expected.stored(round));
            assertThat(report.known()).as("known").isEqualTo(expected.entries().size());
        }

        private void restore(int round) throws Exception {
            byte[] target = Rounds.bytes(workspace.resolve("restored"));
            List<String> told = new ArrayList<>();
            timed("restore", round, r -> told.addAll(rounds.restore(r, target)));
            Comparison comparison = new Comparison(expectation.round(round).restored());
            List<Comparison.Difference> differences = new ArrayList<>();
            timed("compare", round, r -> differences.addAll(comparison.run(target)));
            apart.addAndGet(comparison.apart());
            if (!told.isEmpty() || !differences.isEmpty()) {
                throw new AssertionError(trail(round, told, differences));
            }
            timed("remove", round, r -> TestTree.in(target).close());
        }

        private String trail(
                int round, List<String> told, List<Comparison.Difference> differences) {
            StringBuilder text = new StringBuilder("seed " + seed + ", round " + round + "\n");
            told.stream().limit(SHOWN).forEach(line -> text.append(line).append('\n'));
            for (Comparison.Difference difference :
                    differences.subList(0, Math.min(SHOWN, differences.size()))) {
                Entry entry = expectation.round(round).entries().get(difference.path());
                text.append(
                        String.format(
                                "'%s': %s: model %s%s, restored %s; touched by %s%n",
                                difference.path(),
                                difference.aspect(),
                                difference.expected(),
                                entry == null ? "" : " (" + entry.history() + ")",
                                difference.found(),
                                tree.trail(difference.path())));
            }
            return text.toString();
        }

        private void count(String what) {
            actions.merge(what, 1, Integer::sum);
        }

        private void timed(String what, int round, Step step) throws Exception {
            long begun = System.nanoTime();
            step.run(round);
            took.computeIfAbsent(what, w -> new Took()).add(System.nanoTime() - begun);
        }
    }

    /** Part of a round. */
    private interface Step {
        void run(int round) throws Exception;
    }

    /** What a part took, of all rounds, in nanoseconds. */
    private static final class Took {
        private int times;
        private long nanos;

        synchronized void add(long more) {
            times++;
            nanos += more;
        }

        @Override
        public String toString() {
            return String.format(
                    "%d times, each %d ms", times, TimeUnit.NANOSECONDS.toMillis(nanos / times));
        }
    }
}
