package io.sluice.lustre.resolve;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.pattern.Excludes;
import io.sluice.common.testing.Seeds;
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
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Histories over three names in two directories, read late: in one batch and in two, with the
 * cut-off of each MDT's log anywhere and the filesystem ahead of it. What comes out is what a scan
 * finds.
 */
class InterleavingTest {
    private static final String[] NAMES = {"a", "b", "c"};
    private static final int MDTS = 2;

    private final ExecutorService threads = Executors.newFixedThreadPool(2);

    @TempDir private Path temporary;
    private int trees;

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    /** One thing that happens. */
    private record Step(String operation, String path, String other) {
        boolean run(PlayedLustre fs, int mdt) throws Exception {
            boolean there = fs.exists(path);
            boolean parent = fs.isDirectory(above(path));
            switch (operation) {
                case "write" -> {
                    if (!parent || fs.isDirectory(path)) {
                        return false;
                    }
                    fs.write(mdt, path);
                }
                case "mkdir" -> {
                    if (!parent || there) {
                        return false;
                    }
                    fs.mkdir(mdt, path);
                }
                case "remove" -> {
                    if (!there || !isEmpty(fs, path)) {
                        return false;
                    }
                    fs.remove(mdt, path);
                }
                case "rename" -> {
                    boolean into = other.startsWith(path + "/");
                    boolean free =
                            !fs.exists(other) || (!fs.isDirectory(other) && !fs.isDirectory(path));
                    free &= !fs.isSame(path, other);
                    if (!there || into || !free || !fs.isDirectory(above(other))) {
                        return false;
                    }
                    fs.rename(mdt, path, other);
                }
                default -> {
                    if (!there
                            || fs.isDirectory(path)
                            || fs.exists(other)
                            || !fs.isDirectory(above(other))) {
                        return false;
                    }
                    fs.link(mdt, path, other);
                }
            }
            return true;
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
     * @return false if a step was not possible
     */
    private boolean play(List<Step> history, int[] mdts, int ahead, int[] cuts) throws Exception {
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
                    if (!history.get(i).run(fs, mdts[i])) {
                        return false;
                    }
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
            return true;
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

    /** Every pair of steps, with the logs of both MDTs cut off in every way. */
    @Test
    void everyShortHistoryEndsAsAScanFindsIt() throws Exception {
        int played = 0;
        for (Step first : steps()) {
            for (Step second : steps()) {
                for (int mdts = 0; mdts < 4; mdts++) {
                    for (int cut = 0; cut < 2; cut++) {
                        int[] to = {mdts & 1, mdts >> 1};
                        boolean possible =
                                play(List.of(first, second), to, 1, new int[] {cut, cut});
                        played += possible ? 1 : 0;
                        if (!possible) {
                            mdts = 4;
                            break;
                        }
                    }
                }
            }
        }
        assertThat(played).isEqualTo(1000);
    }

    @Test
    void longerHistoriesEndAsAScanFindsThem() throws Exception {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        System.out.println("InterleavingTest, seed " + seed);
        Random random = Seeds.random(seed);
        List<Step> steps = steps();
        int played = 0;
        for (int i = 0; i < 4000; i++) {
            int length = 3 + random.nextInt(4);
            List<Step> history = new ArrayList<>();
            PlayedLustre dry = fresh();
            while (history.size() < length) {
                Step step = steps.get(random.nextInt(steps.size()));
                if (step.run(dry, 0)) {
                    history.add(step);
                }
            }
            remove(dry);
            int[] mdts = random.ints(length, 0, MDTS).toArray();
            int[] cuts = {random.nextInt(3), random.nextInt(3)};
            played += play(history, mdts, random.nextInt(length + 1), cuts) ? 1 : 0;
        }
        assertThat(played).isEqualTo(4000);
    }
}
