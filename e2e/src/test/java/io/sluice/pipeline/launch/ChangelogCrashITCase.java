package io.sluice.pipeline.launch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.e2e.FakeLustre;
import io.sluice.e2e.LustreRounds;
import io.sluice.pipeline.report.RoundReport;
import io.sluice.ptcomm.archive.Archive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A crash at each point of a round from changelogs: what was not committed is read again, and no
 * log is acknowledged further than a committed round covers. In this package for the sake of the
 * steps of a commit.
 */
@Timeout(600)
class ChangelogCrashITCase {
    private static final int MDTS = 2;
    private static final int POLL_MS = 5;

    /** Longer than the test takes: an MDT is away until it is said to be back. */
    private static final int OUTAGE_MS = 600_000;

    private static final int EIO = 5;

    /** Where a round may end, in order. */
    private enum Point {
        /** The logs are acknowledged up to the base's positions; nothing is read. */
        ACKNOWLEDGED,
        /** The job has begun; it hangs in a log, if it reads them. */
        READING,
        /** All is read and stored, and a checkpoint holds it. */
        CHECKPOINT,
        /** The job has ended with its savepoint. */
        SAVEPOINT,
        SAVEPOINT_SYNCED,
        ENTRY_PENDING,
        MANIFEST,
        ENTRY_COMMITTED,
        OLD_SAVEPOINTS_REMOVED;

        boolean isCommitted() {
            return compareTo(MANIFEST) >= 0;
        }
    }

    /**
     * What else the next round may find: its own crash between the acknowledgements of two logs.
     */
    private static final String HALF_ACKNOWLEDGED = "one log acknowledged, the other not";

    @TempDir Path temporary;

    private final EnumMap<Point, Path> crashed = new EnumMap<>(Point.class);
    private Path base;
    private FakeLustre lustre;
    private LustreRounds rounds;
    private Path tree;
    private int changes;

    @BeforeAll
    static void findLibrary() throws Exception {
        LustreRounds.assumePossible();
    }

    @Test
    void nothingIsLostAndNothingAcknowledgedEarlyWhereverARoundEnds() throws Exception {
        expectToGoOnFromAnyPoint(Level.AUTO);
    }

    /** It notes where the logs stand before it walks, and they hold what its base's round left. */
    @Test
    void nothingIsLostAndNothingAcknowledgedEarlyWhereverAFullRoundEnds() throws Exception {
        expectToGoOnFromAnyPoint(Level.FULL);
    }

    private void expectToGoOnFromAnyPoint(Level level) throws Exception {
        base = temporary.toRealPath();
        try (FakeLustre mounted = FakeLustre.in(base)) {
            lustre = mounted;
            rounds = new LustreRounds(mounted, base, MDTS);
            tree = rounds.tree();
            Path archive = base.resolve("archive");
            change();
            backUp(archive);
            change();
            // The first round from the logs, so that the base of the next has been acknowledged.
            backUp(archive);
            change();
            Map<String, Long> covered = positions(archive);
            RoundReport crashing = crashAtEachPoint(archive, level, covered);
            assertThat(crashing.doubt()).isEmpty();
            assertThat(crashing.base() == null).isEqualTo(level == Level.FULL);
            assertThat(crashed.keySet()).containsExactly(Point.values());
            for (Map.Entry<Point, Path> crash : crashed.entrySet()) {
                goOn(crash.getValue(), crash.getKey().toString(), crash.getKey().isCommitted());
            }
            halfAcknowledged(archive);
        }
    }

    /** A round that goes well, and leaves a copy of the archive at each point. */
    private RoundReport crashAtEachPoint(Path archive, Level level, Map<String, Long> covered)
            throws Exception {
        List<Point> steps =
                List.of(Point.values())
                        .subList(Point.SAVEPOINT_SYNCED.ordinal(), Point.values().length);
        int[] done = {0};
        Crashes crashes =
                new Crashes(
                        level == Level.AUTO,
                        point -> {
                            copy(archive, point);
                            assertThat(acknowledged()).as("%s", point).isEqualTo(covered);
                        });
        BackupRequest request = rounds.request(archive).withLevel(level).build();
        return new Launcher(request, crashes, () -> crashes.at(steps.get(done[0]++))).run();
    }

    /** The next round reads on from the last committed one, and acknowledges no more than that. */
    private void goOn(Path archive, String what, boolean committed) throws Exception {
        Map<String, Long> before = positions(archive);
        assertThat(numbers(archive))
                .as(what)
                .isEqualTo(committed ? List.of(1, 2, 3) : List.of(1, 2));
        change();
        RoundReport report = backUp(archive);
        assertThat(report.doubt()).as(what).isEmpty();
        assertThat(report.records()).as(what).isPositive();
        assertThat(report.base()).as(what).isEqualTo(committed ? 3 : 2);
        assertThat(acknowledged()).as(what).isEqualTo(before);
        expectTheLiveTree(archive, what);
    }

    private void halfAcknowledged(Path archive) throws Exception {
        Path copy = base.resolve("half");
        copy(archive, copy);
        // Another round, of which a crash is simulated between its two acknowledgements.
        change();
        backUp(copy);
        String first = FakeLustre.device(0);
        long covered = positions(copy).get(first);
        lustre.ctl("clear", first, rounds.users().get(first), covered);
        goOnFrom(copy);
    }

    private void goOnFrom(Path archive) throws Exception {
        Map<String, Long> covered = positions(archive);
        change();
        RoundReport report = backUp(archive);
        assertThat(report.doubt()).as(HALF_ACKNOWLEDGED).isEmpty();
        assertThat(acknowledged()).as(HALF_ACKNOWLEDGED).isEqualTo(covered);
        expectTheLiveTree(archive, HALF_ACKNOWLEDGED);
    }

    /** Something of each kind, in directories of both MDTs. */
    private void change() throws IOException {
        int n = ++changes;
        for (int mdt = 0; mdt < MDTS; mdt++) {
            lustre.ctl("next-mdt", mdt);
            Path directory = Files.createDirectory(tree.resolve("d" + n + "-" + mdt));
            for (int i = 0; i < 20; i++) {
                Files.writeString(directory.resolve("f" + i), n + " of " + i);
            }
            Path former = tree.resolve("d" + (n - 1) + "-" + mdt);
            if (Files.exists(former)) {
                Files.writeString(former.resolve("f1"), "changed by " + n);
                Files.delete(former.resolve("f2"));
                Files.createLink(former.resolve("link"), former.resolve("f3"));
                Path moved = tree.resolve("m" + n + "-" + mdt);
                Files.move(former, moved);
                Files.move(moved.resolve("f4"), directory.resolve("from-" + n));
            }
        }
    }

    private RoundReport backUp(Path archive) throws Exception {
        return new Launcher(rounds.request(archive).build(), new Crashes(false, null), () -> {})
                .run();
    }

    private static byte[] bytes(Path path) {
        return path.toString().getBytes(UTF_8);
    }

    /** Where the user of each log stands. */
    private Map<String, Long> acknowledged() {
        Map<String, Long> acknowledged = new TreeMap<>();
        for (Map.Entry<String, String> user : rounds.users().entrySet()) {
            try {
                for (String line : lustre.ctl("users", user.getKey()).lines().toList()) {
                    String[] words = line.trim().split(" +", -1);
                    if (words[0].equals(user.getValue())) {
                        acknowledged.put(user.getKey(), Long.valueOf(words[1]));
                    }
                }
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
        return acknowledged;
    }

    /** The last record of each log that the youngest committed round covers. */
    private static Map<String, Long> positions(Path archive) throws IOException {
        try (Archive opened = Archive.openForReading(bytes(archive))) {
            Map<String, Long> positions = new TreeMap<>();
            Chain.Round youngest = null;
            for (Chain.Round round : Chain.read(opened).rounds()) {
                boolean committed = opened.roundNumbers().contains(Math.toIntExact(round.round()));
                if (committed && (youngest == null || round.round() > youngest.round())) {
                    youngest = round;
                }
            }
            youngest.cursors().forEach((mdt, at) -> positions.put(mdt, at.next() - 1));
            return positions;
        }
    }

    private static List<Integer> numbers(Path archive) {
        try (Archive opened = Archive.openForReading(bytes(archive))) {
            return opened.roundNumbers();
        }
    }

    private void expectTheLiveTree(Path archive, String what) throws Exception {
        assertThat(rounds.differences(archive)).as(what).isEmpty();
    }

    private void copy(Path archive, Point point) {
        Path copy = base.resolve("crashed-at-" + point);
        copy(archive, copy);
        crashed.put(point, copy);
    }

    private static void copy(Path from, Path to) {
        try {
            // What goes meanwhile is of checkpoints that a newer one follows.
            Process cp = new ProcessBuilder("cp", "-a", from.toString(), to.toString()).start();
            cp.getErrorStream().transferTo(java.io.OutputStream.nullOutputStream());
            cp.waitFor();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Hears of a point of a round. */
    private interface Hears {
        void reached(Point point) throws Exception;
    }

    /** An embedded cluster that takes checkpoints all the time, and tells what it has come to. */
    private final class Crashes implements JobCluster.Factory {
        private final JobCluster.Factory embedded = new EmbeddedCluster.Factory();
        private final boolean readsLogs;
        private final Hears hears;

        /**
         * @param readsLogs whether one of the logs is to hold the job up
         * @param hears null for a round without a crash
         */
        Crashes(boolean readsLogs, Hears hears) {
            this.readsLogs = readsLogs;
            this.hears = hears;
        }

        void at(Point point) {
            try {
                if (hears != null) {
                    hears.reached(point);
                }
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public int scanParallelism() {
            return embedded.scanParallelism();
        }

        @Override
        public int parallelism() {
            return embedded.parallelism();
        }

        @Override
        public boolean worksInArchive() {
            return embedded.worksInArchive();
        }

        @Override
        public Configuration settings(Configuration job) {
            Configuration settings = new Configuration(job);
            settings.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(50));
            return settings;
        }

        @Override
        public JobCluster make(Configuration settings, Path work, int slots) {
            at(Point.ACKNOWLEDGED);
            JobCluster made = embedded.make(settings, work, slots);
            return hears == null ? made : new Told(made, work);
        }

        /** The cluster of one round. */
        private final class Told implements JobCluster {
            private final JobCluster cluster;
            private final Path work;

            Told(JobCluster cluster, Path work) {
                this.cluster = cluster;
                this.work = work;
            }

            @Override
            public void start() throws Exception {
                cluster.start();
            }

            @Override
            public RunningJob submit(StreamGraph graph) throws Exception {
                String away = FakeLustre.device(MDTS - 1);
                if (readsLogs) {
                    lustre.ctl("outage", away, OUTAGE_MS, EIO);
                }
                RunningJob job = cluster.submit(graph);
                awaitCheckpoints(1);
                at(Point.READING);
                if (readsLogs) {
                    lustre.ctl("outage", away, 0, EIO);
                }
                return new RunningJob() {
                    @Override
                    public CompletableFuture<Throwable> ended() {
                        return job.ended();
                    }

                    @Override
                    public CompletableFuture<Throwable> restartedAfter() {
                        return job.restartedAfter();
                    }

                    @Override
                    public CompletableFuture<String> stopWithSavepoint(Path directory) {
                        awaitCheckpoints(last() + 1);
                        at(Point.CHECKPOINT);
                        return job.stopWithSavepoint(directory)
                                .thenApply(
                                        savepoint -> {
                                            at(Point.SAVEPOINT);
                                            return savepoint;
                                        });
                    }

                    @Override
                    public CompletableFuture<?> cancel() {
                        return job.cancel();
                    }
                };
            }

            private void awaitCheckpoints(int number) {
                try {
                    while (last() < number) {
                        Thread.sleep(POLL_MS);
                    }
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }

            /** The number of the last checkpoint that has its metadata. */
            private int last() {
                try (Stream<Path> files = Files.walk(work.resolve("checkpoints"))) {
                    return files.filter(file -> file.endsWith("_metadata"))
                            .map(file -> file.getParent().getFileName().toString())
                            .mapToInt(name -> Integer.parseInt(name.substring("chk-".length())))
                            .max()
                            .orElse(0);
                } catch (IOException | java.io.UncheckedIOException e) {
                    // Not yet there, or going: a newer one comes.
                    return 0;
                }
            }

            @Override
            public void close() throws Exception {
                cluster.close();
            }
        }
    }
}
