package io.sluice.lustre.resolve;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.change.Change;
import io.sluice.common.pattern.Excludes;
import io.sluice.common.testing.Seeds;
import io.sluice.common.text.Text;
import io.sluice.lustre.changelog.ChangelogRecord;
import io.sluice.lustre.source.NameModel;
import io.sluice.lustre.source.PlayedLustre;
import io.sluice.scan.ScanOptions;
import io.sluice.scan.reader.LocalScan;
import io.sluice.scan.reader.NameQuery;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Histories over three names in two directories, read late: in one batch and in two, with the
 * cut-off of each MDT's log anywhere and the filesystem ahead of it. What comes out is what a scan
 * finds. All histories of up to {@code -Dsluice.interleaving.steps} steps, and longer ones by
 * chance.
 */
class InterleavingTest {
    private static final String[] NAMES = {"a", "b", "c"};
    private static final int MDTS = 2;
    private static final String LOG = "fs-MDT0000";

    /** Of all histories up to so many steps; five take hours. */
    private static final int STEPS = Integer.getInteger("sluice.interleaving.steps", 3);

    private static final int DEFAULT_STEPS = 3;

    /** How many histories there are of up to three steps, and ways to read them. */
    private static final int HISTORIES = 1482;

    private static final long READINGS = 66_928;

    /** Bits for the records of one log: a step has two at most. */
    private static final int HALF = 16;

    private final ExecutorService threads = Executors.newFixedThreadPool(2);

    @TempDir private Path temporary;
    private int trees;

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    /** One thing that happens. */
    private record Step(String operation, String path, String other) {
        boolean isPossible(PlayedLustre fs) throws Exception {
            boolean there = fs.exists(path);
            return switch (operation) {
                case "write" -> fs.isDirectory(above(path)) && !fs.isDirectory(path);
                case "mkdir" -> fs.isDirectory(above(path)) && !there;
                case "remove" -> there && isEmpty(fs, path);
                case "rename" ->
                        there
                                && !other.startsWith(path + "/")
                                && isFree(fs)
                                && !fs.isSame(path, other)
                                && fs.isDirectory(above(other));
                default ->
                        there
                                && !fs.isDirectory(path)
                                && !fs.exists(other)
                                && fs.isDirectory(above(other));
            };
        }

        /** One file may take another's name. */
        private boolean isFree(PlayedLustre fs) {
            return !fs.exists(other) || (!fs.isDirectory(other) && !fs.isDirectory(path));
        }

        void run(PlayedLustre fs, int mdt) throws Exception {
            switch (operation) {
                case "write" -> fs.write(mdt, path);
                case "mkdir" -> fs.mkdir(mdt, path);
                case "remove" -> fs.remove(mdt, path);
                case "rename" -> fs.rename(mdt, path, other);
                default -> fs.link(mdt, path, other);
            }
        }

        private static String above(String path) {
            int slash = path.lastIndexOf('/');
            return slash < 0 ? "" : path.substring(0, slash);
        }

        private static boolean isEmpty(PlayedLustre fs, String path) throws Exception {
            if (!fs.isDirectory(path)) {
                return true;
            }
            try (Stream<Path> children = Files.list(fs.root().resolve(path))) {
                return children.findAny().isEmpty();
            }
        }
    }

    private static List<Step> steps() {
        List<String> paths = new ArrayList<>(List.of(NAMES));
        paths.add("a/x");
        paths.add("b/x");
        List<Step> steps = new ArrayList<>();
        for (String path : paths) {
            steps.add(new Step("write", path, null));
            steps.add(new Step("mkdir", path, null));
            steps.add(new Step("remove", path, null));
            for (String other : paths) {
                if (!other.equals(path)) {
                    steps.add(new Step("rename", path, other));
                }
            }
        }
        steps.add(new Step("link", "c", "a/x"));
        steps.add(new Step("link", "a/x", "c"));
        return steps;
    }

    private PlayedLustre fresh() throws Exception {
        PlayedLustre fs =
                new PlayedLustre(Files.createDirectory(temporary.resolve("t" + trees++)), MDTS);
        fs.mkdir(0, "a");
        fs.write(0, "a/x");
        fs.write(0, "c");
        return fs;
    }

    private void remove(PlayedLustre fs) throws Exception {
        try (Stream<Path> all = Files.walk(fs.root())) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    /**
     * Plays a history; after {@code ahead} of its steps the first batch is read, up to the cuts.
     *
     * @param mdts which log each step is recorded in
     * @param cuts how many records of each log the first batch leaves
     */
    private void play(List<Step> history, int[] mdts, int ahead, int[] cuts) throws Exception {
        PlayedLustre fs = fresh();
        try {
            ScanOptions options =
                    ScanOptions.of(fs.root().toString().getBytes(StandardCharsets.UTF_8), 1, 1);
            NameModel known = NameModel.of(options);
            long[] from = {fs.last("fs-MDT0000") + 1, fs.last("fs-MDT0001") + 1};
            try (NameQuery tree = NameQuery.open(options)) {
                Resolver resolver = new Resolver(fs, tree, new byte[0], Excludes.NOTHING, threads);
                for (int i = 0; i < history.size(); i++) {
                    if (i == ahead) {
                        for (int mdt = 0; mdt < MDTS; mdt++) {
                            long to = fs.last("fs-MDT000" + mdt) - cuts[mdt];
                            to = Math.max(from[mdt] - 1, to);
                            resolve(fs, resolver, options, known, mdt, from[mdt], to);
                            from[mdt] = to + 1;
                        }
                    }
                    history.get(i).run(fs, mdts[i]);
                }
                for (int mdt = 0; mdt < MDTS; mdt++) {
                    resolve(fs, resolver, options, known, mdt, from[mdt], Long.MAX_VALUE);
                }
            }
            assertThat(known.known())
                    .as(
                            () ->
                                    history
                                            + " read after "
                                            + ahead
                                            + ", short by "
                                            + cuts[0]
                                            + " and "
                                            + cuts[1])
                    .isEqualTo(NameModel.of(options).known());
        } finally {
            remove(fs);
        }
    }

    private static void resolve(
            PlayedLustre fs,
            Resolver resolver,
            ScanOptions options,
            NameModel known,
            int mdt,
            long from,
            long to)
            throws Exception {
        Resolved resolved = resolver.resolve(fs.records(mdt, from, to));
        assertThat(resolved.doubt()).isNull();
        resolved.answers().forEach(known::add);
        if (!resolved.subtrees().isEmpty()) {
            LocalScan.run(options, resolved.subtrees(), Path.of("/tmp"), known::add);
        }
    }

    /**
     * Every history of up to {@link #STEPS} steps; of each, every way to record its steps in two
     * logs (but for which of them is the first), to read a part of them after any step, and the
     * rest at the end.
     */
    @Test
    void everyShortHistoryEndsAsAScanFindsIt() throws Exception {
        long begun = System.nanoTime();
        AllReadings all = new AllReadings();
        all.from(List.of());
        System.out.printf(
                "InterleavingTest: up to %d steps, %d histories, %d readings, %d s%n",
                STEPS,
                all.histories,
                all.readings,
                TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begun));
        if (STEPS == DEFAULT_STEPS) {
            assertThat(all.histories).isEqualTo(HISTORIES);
            assertThat(all.readings).isEqualTo(READINGS);
        }
    }

    /** Goes through histories, each from the beginning. */
    private final class AllReadings {
        private final List<Step> steps = steps();
        private int histories;
        private long readings;

        /** All that go on from one. */
        void from(List<Step> history) throws Exception {
            for (Step next : follow(history)) {
                List<Step> longer = new ArrayList<>(history);
                longer.add(next);
                from(longer);
            }
        }

        /** Plays a history, unless it is none yet, and gives what may come next. */
        private List<Step> follow(List<Step> history) throws Exception {
            PlayedLustre fs = fresh();
            try (Readings one = new Readings(fs, history)) {
                for (Step step : history) {
                    step.run(fs, 0);
                    one.happened();
                }
                if (!history.isEmpty()) {
                    histories++;
                    readings += one.checkAll();
                }
                List<Step> possible = new ArrayList<>();
                for (Step step : history.size() < STEPS ? steps : List.<Step>of()) {
                    if (step.isPossible(fs)) {
                        possible.add(step);
                    }
                }
                return possible;
            } finally {
                remove(fs);
            }
        }
    }

    /**
     * All readings of one history. What some records come to depends on them and on the state of
     * the filesystem alone, so it is asked once for each state, as it comes to be; of the last
     * state once for each part that can be left.
     */
    private final class Readings implements AutoCloseable {
        private final PlayedLustre fs;
        private final List<Step> history;
        private final ScanOptions options;
        private final NameModel before;
        private final NameQuery tree;
        private final Resolver resolver;
        private final long first;

        /** By the number of steps that have happened. */
        private final List<Map<Integer, List<Change>>> answers = new ArrayList<>();

        /** What is below some directories in the present state. */
        private final Map<List<String>, List<Change>> listed = new HashMap<>();

        /** How many records there were after so many steps. */
        private final List<Integer> records = new ArrayList<>(List.of(0));

        Readings(PlayedLustre fs, List<Step> history) throws Exception {
            this.fs = fs;
            this.history = history;
            options = ScanOptions.of(fs.root().toString().getBytes(StandardCharsets.UTF_8), 1, 1);
            before = NameModel.of(options);
            first = fs.last(LOG) + 1;
            tree = NameQuery.open(options);
            resolver = new Resolver(fs, tree, new byte[0], Excludes.NOTHING, new SameThread());
            answers.add(Map.of());
        }

        /** A step: asks about every part of the records that one of two logs may have by now. */
        void happened() throws Exception {
            records.add((int) (fs.last(LOG) + 1 - first));
            Map<Integer, List<Change>> asked = new HashMap<>();
            answers.add(asked);
            listed.clear();
            int done = records.size() - 1;
            for (int in = 0; in < 1 << done; in++) {
                for (int to = 0; to <= records.get(done); to++) {
                    int part = log(in, done) & mask(to);
                    ask(part, asked);
                    if (done == history.size()) {
                        ask(log(in, done) & ~mask(to), asked);
                    }
                }
            }
        }

        /** The records of those of the first steps whose bits are set, one bit for each. */
        private int log(int in, int done) {
            int log = 0;
            for (int step = 0; step < done; step++) {
                if ((in >> step & 1) == 1) {
                    log |= mask(records.get(step + 1)) & ~mask(records.get(step));
                }
            }
            return log;
        }

        private static int mask(int bits) {
            return (1 << bits) - 1;
        }

        private void ask(int part, Map<Integer, List<Change>> asked) throws Exception {
            if (part == 0 || asked.containsKey(part)) {
                return;
            }
            List<ChangelogRecord> some = new ArrayList<>();
            for (ChangelogRecord record : fs.records(0, first, Long.MAX_VALUE)) {
                if ((part >> (record.index() - first) & 1) == 1) {
                    some.add(record);
                }
            }
            Resolved resolved = resolver.resolve(some);
            assertThat(resolved.doubt()).isNull();
            List<Change> changes = new ArrayList<>(resolved.answers());
            if (!resolved.subtrees().isEmpty()) {
                changes.addAll(listed(resolved.subtrees()));
            }
            asked.put(part, changes);
        }

        private List<Change> listed(List<byte[]> subtrees) throws Exception {
            List<String> key = subtrees.stream().map(Text::escape).toList();
            List<Change> known = listed.get(key);
            if (known == null) {
                known = new ArrayList<>();
                LocalScan.run(options, subtrees, temporary, known::add);
                listed.put(key, known);
            }
            return known;
        }

        /** Checks each reading, and gives how many there are. */
        int checkAll() throws Exception {
            TreeMap<String, Long> expected = NameModel.of(options).known();
            int done = history.size();
            int all = log((1 << done) - 1, done);
            Set<List<Integer>> read = new HashSet<>();
            for (int ahead = 1; ahead <= done; ahead++) {
                int by = mask(records.get(ahead));
                // The first step is in the first log: the logs are as good as each other.
                for (int in = 1; in < 1 << done; in += 2) {
                    int one = log(in, done);
                    int other = all & ~one;
                    for (int to = 0; to <= records.get(ahead); to++) {
                        for (int otherTo = 0; otherTo <= records.get(ahead); otherTo++) {
                            int early = one & by & mask(to);
                            int otherEarly = other & by & mask(otherTo);
                            List<Integer> reading =
                                    List.of(
                                            early | otherEarly << HALF,
                                            (one & ~early) | (other & ~otherEarly) << HALF,
                                            ahead);
                            if (read.add(reading)) {
                                check(ahead, reading, expected);
                            }
                        }
                    }
                }
            }
            return read.size();
        }

        private void check(int ahead, List<Integer> reading, TreeMap<String, Long> expected) {
            NameModel known = before.copy();
            int done = history.size();
            add(known, answers.get(ahead), reading.get(0));
            add(known, answers.get(done), reading.get(1));
            if (!known.known().equals(expected)) {
                assertThat(known.known())
                        .as("%s, of which is read (bits): %s", history, reading)
                        .isEqualTo(expected);
            }
        }

        /** One log after the other. */
        private void add(NameModel known, Map<Integer, List<Change>> asked, int logs) {
            asked.getOrDefault(logs & mask(HALF), List.of()).forEach(known::add);
            asked.getOrDefault(logs >>> HALF, List.of()).forEach(known::add);
        }

        @Override
        public void close() throws Exception {
            tree.close();
        }
    }

    /** Asks where it is called: the answers are a few microseconds' work. */
    private static final class SameThread extends AbstractExecutorService {
        @Override
        public void execute(Runnable command) {
            command.run();
        }

        @Override
        public void shutdown() {}

        @Override
        public List<Runnable> shutdownNow() {
            return List.of();
        }

        @Override
        public boolean isShutdown() {
            return false;
        }

        @Override
        public boolean isTerminated() {
            return false;
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) {
            return true;
        }
    }

    @Test
    void longerHistoriesEndAsAScanFindsThem() throws Exception {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        System.out.println("InterleavingTest, seed " + seed);
        Random random = Seeds.random(seed);
        List<Step> steps = steps();
        for (int i = 0; i < 4000; i++) {
            int length = 4 + random.nextInt(3);
            List<Step> history = new ArrayList<>();
            PlayedLustre dry = fresh();
            while (history.size() < length) {
                Step step = steps.get(random.nextInt(steps.size()));
                if (step.isPossible(dry)) {
                    step.run(dry, 0);
                    history.add(step);
                }
            }
            remove(dry);
            int[] mdts = random.ints(length, 0, MDTS).toArray();
            int[] cuts = {random.nextInt(3), random.nextInt(3)};
            play(history, mdts, random.nextInt(length + 1), cuts);
        }
    }
}
