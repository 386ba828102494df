package io.sluice.restore;

import static io.sluice.common.testing.TestTree.bytes;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.posix.FileType;
import io.sluice.common.testing.TestTree;
import io.sluice.common.testing.TreeComparison;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.ptcomm.archive.Compression;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rounds that build on others. */
class ChainRestoreTest {
    private static final int ROUNDS = 8;

    @TempDir Path temporary;
    private final long seed = Long.getLong("sluice.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final List<RestoreLine> lines = new ArrayList<>();
    private final Map<Integer, TreeState> states = new HashMap<>();
    private final Map<Integer, TestTree> copies = new HashMap<>();
    private TestTree source;
    private byte[] archive;
    private Path spill;

    @BeforeEach
    void makeTree() throws Exception {
        System.out.println("ChainRestoreTest: seed " + seed + " (-Dsluice.seed=" + seed + ")");
        source = TestTree.in(temporary.resolve("source"));
        archive = bytes(temporary.resolve("archive").toString());
        spill = Files.createDirectory(temporary.resolve("spill"));
    }

    @AfterEach
    void close() throws IOException {
        try (Stream<Path> left = Files.list(spill)) {
            assertThat(left).isEmpty();
        }
        source.close();
        for (TestTree copy : copies.values()) {
            copy.close();
        }
    }

    private Path copy(int round) {
        return temporary.resolve("copy-" + round);
    }

    /** A round of the source as it is; null for a full one. */
    private int backUp(Integer base) throws Exception {
        TreeState now = TreeState.of(source);
        Compression compression = random.nextBoolean() ? Compression.ZSTD : Compression.NONE;
        int round = states.size() + 1;
        if (base == null) {
            TreeBackup.run(source, archive, compression);
        } else {
            TreeBackup.Changes changes = now.since(base, states.get(base), random);
            assertThat(TreeBackup.run(source, archive, compression, changes)).isEqualTo(round);
        }
        states.put(round, now);
        String from = temporary.resolve("source").toString();
        Process cp = new ProcessBuilder("cp", "-a", from, copy(round).toString()).start();
        assertThat(cp.waitFor()).isZero();
        copies.put(round, TestTree.in(copy(round)));
        return round;
    }

    private RestoreReport restore(int round, Path target, String... selected) throws Exception {
        List<byte[]> paths = new ArrayList<>();
        for (String path : selected) {
            paths.add(path.getBytes(ISO_8859_1));
        }
        try (Archive opened = Archive.openForReading(archive)) {
            RestoreOptions options =
                    new RestoreOptions(Replace.NEVER, Selection.of(paths), false, spill);
            return new Restore(bytes(target.toString()), options, lines::add)
                    .run(new ArchiveStreams(opened.chain(round)));
        }
    }

    /** Restores into a new directory. */
    private TestTree restored(int round, String... selected) throws Exception {
        Path target = Files.createTempDirectory(temporary, "target").resolve("t");
        RestoreReport report = restore(round, target, selected);
        assertThat(report.isComplete()).as("seed %s: %s", seed, texts()).isTrue();
        assertThat(report.accounted()).isEqualTo(report.selected());
        return TestTree.in(target);
    }

    private List<String> texts() {
        return lines.stream().map(RestoreLine::text).toList();
    }

    /** One of a few names, so that they come back as something else. */
    private String name() {
        return List.of("a", "b", "a.b", "a b", "\u00ff", "A").get(random.nextInt(6));
    }

    private String any(TreeState state, Set<FileType> types) {
        List<String> found =
                state.paths().stream().filter(path -> types.contains(state.type(path))).toList();
        return found.isEmpty() ? null : found.get(random.nextInt(found.size()));
    }

    private void change() throws Exception {
        TreeState now = TreeState.of(source);
        String directory = any(now, Set.of(FileType.DIRECTORY));
        if (directory.chars().filter(c -> c == '/').count() > 3) {
            directory = "";
        }
        byte[] path =
                (directory.isEmpty() ? name() : directory + "/" + name()).getBytes(ISO_8859_1);
        String file = any(now, Set.of(FileType.REGULAR));
        boolean there = source.stat(path) != null;
        if (there && random.nextInt(3) > 0) {
            source.remove(path);
            return;
        }
        if (there) {
            path = (directory + "/new" + random.nextInt(100)).getBytes(ISO_8859_1);
            if (directory.isEmpty() || source.stat(path) != null) {
                return;
            }
        }
        switch (random.nextInt(8)) {
            case 0, 1, 2 -> {
                byte[] content = new byte[random.nextInt(3000)];
                random.nextBytes(content);
                source.file(path, content);
            }
            case 3 -> source.directory(path);
            case 4 -> source.symlink(path, name().getBytes(ISO_8859_1));
            case 5, 6 -> {
                if (file != null) {
                    source.link(path, file.getBytes(ISO_8859_1));
                }
            }
            default -> {
                if (file != null) {
                    byte[] old = file.getBytes(ISO_8859_1);
                    source.mode(old, 0600 + random.nextInt(0200)).write(old, 0, new byte[] {1});
                }
            }
        }
    }

    @Test
    void everyRoundOfRandomChainsComesBack() throws Exception {
        for (int round = 1; round <= ROUNDS; round++) {
            for (int i = random.nextInt(round == 1 ? 60 : 20); i > 0; i--) {
                change();
            }
            boolean full = round == 1 || random.nextInt(6) == 0;
            int base =
                    random.nextBoolean() ? round - 1 : 1 + random.nextInt(Math.max(1, round - 1));
            backUp(full ? null : Integer.valueOf(base));
        }
        for (int round = 1; round <= ROUNDS; round++) {
            String what = "seed " + seed + ", round " + round;
            try (TestTree target = restored(round)) {
                assertThat(TreeComparison.compare(copies.get(round), target)).as(what).isEmpty();
            }
            assertThat(verify(round, copy(round)).differences()).as(what).isEmpty();
            String selected = any(states.get(round), Set.of(FileType.values()));
            try (TestTree target = restored(round, selected)) {
                assertSelected(round, selected, target, what + ", selected '" + selected + "'");
            }
            assertHistory(any(states.get(round), Set.of(FileType.values())));
            int other = 1 + random.nextInt(ROUNDS);
            assertDiff(other, round);
            // What the round does not hold is not brought back from an older one.
            for (TreeState state : states.values()) {
                for (String path : state.paths()) {
                    if (!states.get(round).paths().contains(path) && random.nextInt(5) == 0) {
                        assertMissing(round, path, what);
                    }
                }
            }
        }
        assertThat(lines).as("seed %s: %s", seed, texts()).isEmpty();
    }

    private VerifyReport verify(int round, Path live) throws Exception {
        List<String> found = new ArrayList<>();
        VerifyListener listener =
                new VerifyListener() {
                    @Override
                    public void damaged(RestoreLine line) {
                        found.add(line.text());
                    }

                    @Override
                    public void difference(Difference difference) {
                        found.add(difference.text());
                    }
                };
        try (Archive opened = Archive.openForReading(archive)) {
            VerifyReport report =
                    new Verifier(listener)
                            .run(
                                    new ArchiveStreams(opened.chain(round)),
                                    new LiveComparison(bytes(live.toString()), true, spill));
            assertThat(report.isIntact()).as("%s", found).isTrue();
            assertThat(found).isEmpty();
            return report;
        }
    }

    private EffectiveEntries entries(Archive opened, int round) {
        return new EffectiveEntries(
                new ArchiveStreams(opened.chain(round)),
                spill,
                damage -> {
                    throw new AssertionError(damage);
                },
                lines::add);
    }

    private void assertDiff(int from, int to) throws Exception {
        TreeState before = states.get(from);
        TreeState after = states.get(to);
        List<String> found = new ArrayList<>();
        try (Archive opened = Archive.openForReading(archive)) {
            List<String> listed = new ArrayList<>();
            entries(opened, to).read(entry -> listed.add(new String(entry.path(), ISO_8859_1)));
            assertThat(listed)
                    .as("seed " + seed)
                    .containsExactlyInAnyOrderElementsOf(after.paths());
            RoundDiff.Differences into =
                    new RoundDiff.Differences() {
                        @Override
                        public void added(byte[] path) {
                            found.add("+" + new String(path, ISO_8859_1));
                        }

                        @Override
                        public void removed(byte[] path) {
                            found.add("-" + new String(path, ISO_8859_1));
                        }

                        @Override
                        public void changed(byte[] path, List<RoundDiff.Field> fields) {
                            // The states are compared without change times.
                            if (!fields.equals(List.of(RoundDiff.Field.CHANGED_AT))) {
                                found.add("~" + new String(path, ISO_8859_1));
                            }
                        }
                    };
            new RoundDiff(spill).run(entries(opened, from), entries(opened, to), into);
        }
        assertThat(found)
                .as("seed " + seed + ", " + from + " to " + to)
                .isEqualTo(after.differences(before));
    }

    private void assertHistory(String path) throws Exception {
        try (Archive opened = Archive.openForReading(archive)) {
            List<PathHistory.Step> steps =
                    new PathHistory(path.getBytes(ISO_8859_1), damage -> {}).read(opened);
            assertThat(steps).hasSize(ROUNDS);
            for (PathHistory.Step step : steps) {
                TreeState state = states.get(step.round().round());
                assertThat(step.entry() != null)
                        .as("seed " + seed + ", '" + path + "' " + step)
                        .isEqualTo(state.paths().contains(path));
            }
        }
    }

    private void assertSelected(int round, String path, TestTree target, String what)
            throws Exception {
        byte[] name = path.getBytes(ISO_8859_1);
        try (Stream<Path> all = Files.walk(Path.of(new String(target.path(), UTF_8)))) {
            assertThat(all.count()).as(what).isGreaterThan(1L - (path.isEmpty() ? 1 : 0));
        }
        if (states.get(round).type(path) == FileType.DIRECTORY) {
            byte[] below = path.isEmpty() ? new byte[0] : bytes("/");
            byte[] left = concat(concat(copies.get(round).path(), below), name);
            byte[] right = concat(concat(target.path(), below), name);
            assertThat(TreeComparison.compare(left, right, TreeComparison.usual()))
                    .as(what)
                    .isEmpty();
        } else if (states.get(round).type(path) == FileType.REGULAR) {
            assertThat(target.content(name)).as(what).isEqualTo(copies.get(round).content(name));
        }
    }

    private static byte[] concat(byte[] left, byte[] right) {
        byte[] both = java.util.Arrays.copyOf(left, left.length + right.length);
        System.arraycopy(right, 0, both, left.length, right.length);
        return both;
    }

    private void assertMissing(int round, String path, String what) throws Exception {
        Path target = Files.createTempDirectory(temporary, "none").resolve("t");
        RestoreReport report = restore(round, target, path);
        lines.clear();
        assertThat(report.selected()).as(what + " has no '" + path + "'").isZero();
        assertThat(report.unmatched()).hasSize(1);
        TestTree.in(target).close();
    }
}
