package io.sluice.pipeline.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.sluice.common.SluiceException;
import io.sluice.common.pattern.Excludes;
import io.sluice.common.pattern.IgnorePatterns;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.RawTree;
import io.sluice.common.round.Content;
import io.sluice.common.shard.InodeHash;
import io.sluice.common.testing.Privileges;
import io.sluice.pipeline.report.RoundReport;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.ptcomm.archive.ArchiveRound;
import io.sluice.ptcomm.archive.Compression;
import io.sluice.ptcomm.archive.Manifest;
import io.sluice.ptcomm.codec.EntryHandler;
import io.sluice.ptcomm.codec.StreamEntry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole rounds: a real tree, an embedded cluster, an archive. */
class LauncherITCase {
    private static final int SHARDS = 3;
    private static final long AGE_MS = 4200;

    @TempDir Path temporary;
    private Path source;
    private Path archive;

    @BeforeEach
    void makeSource() throws IOException {
        source = Files.createDirectory(temporary.toRealPath().resolve("source"));
        archive = temporary.toRealPath().resolve("archive");
    }

    @AfterEach
    void checkThreads() {
        assertThat(
                        Thread.getAllStackTraces().keySet().stream()
                                .map(Thread::getName)
                                .filter(name -> name.startsWith("sluice-")))
                .as("threads that are left")
                .isEmpty();
    }

    private static byte[] bytes(Path path) {
        return path.toString().getBytes(StandardCharsets.UTF_8);
    }

    private RoundReport backup() throws Exception {
        return backup(source, archive, false);
    }

    private static RoundReport backup(Path source, Path archive, boolean allowEmpty)
            throws Exception {
        return new Launcher(
                        BackupRequest.of(bytes(source), bytes(archive))
                                .withLevel(Level.FULL)
                                .withShards(SHARDS)
                                .withWorkers(2)
                                .withContent(Content.FULL, Compression.ZSTD)
                                .withCoverage(Excludes.NOTHING, false, allowEmpty)
                                .build())
                .run();
    }

    private void fillSource() throws IOException {
        long seed = System.nanoTime();
        System.out.println("LauncherITCase, seed " + seed);
        Random random = new Random(seed);
        for (int d = 0; d < 20; d++) {
            Path directory = Files.createDirectories(source.resolve("d" + d % 5 + "/e" + d));
            for (int f = random.nextInt(40); f >= 0; f--) {
                byte[] data = new byte[random.nextInt(20_000)];
                random.nextBytes(data);
                Files.write(directory.resolve("f" + f), data);
            }
        }
        byte[] large = new byte[3_000_000];
        random.nextBytes(large);
        Files.write(source.resolve("large"), large);
        Files.createLink(source.resolve("again"), source.resolve("large"));
        Files.createSymbolicLink(source.resolve("link"), Path.of("d0/nowhere"));
        Files.createFile(source.resolve("empty"));
        assertThat(Posix.mknodOrErrno(Posix.AT_FDCWD, bytes(source.resolve("fifo")), 0010600, 0, 0))
                .isZero();
    }

    /** Every path of a tree with what makes it up, as text. */
    private Map<String, String> tree() throws IOException {
        Map<String, String> tree = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(source)) {
            for (Path path : paths.filter(p -> !p.startsWith(archive)).toList()) {
                String name = source.relativize(path).toString();
                String content = "";
                if (Files.isSymbolicLink(path)) {
                    content = Files.readSymbolicLink(path).toString();
                } else if (Files.isRegularFile(path)) {
                    content = digest(Files.readAllBytes(path));
                }
                Object mode = Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
                tree.put(name, Integer.toOctalString((Integer) mode) + " " + content);
            }
        }
        return tree;
    }

    private static String digest(byte[] data) {
        return data.length + ":" + java.util.Arrays.hashCode(data);
    }

    /** The same of a round, by reading its streams. */
    private Map<String, String> stored(int round) throws IOException {
        Map<String, String> stored = new TreeMap<>();
        List<String> links = new ArrayList<>();
        try (Archive opened = Archive.openForReading(bytes(archive))) {
            ArchiveRound reader = opened.round(round);
            InodeHash hash = new InodeHash(SHARDS);
            for (int shard = 0; shard < SHARDS; shard++) {
                int number = shard;
                reader.read(
                        shard,
                        new EntryHandler() {
                            private StreamEntry head;
                            private final ByteArrayOutputStream data = new ByteArrayOutputStream();

                            @Override
                            public boolean entry(StreamEntry entry) {
                                head = entry;
                                data.reset();
                                assertThat(hash.shardOf(entry.stat().inode())).isEqualTo(number);
                                return true;
                            }

                            @Override
                            public void extent(long offset, long length) {}

                            @Override
                            public void data(ByteBuffer bytes) {
                                byte[] copy = new byte[bytes.remaining()];
                                bytes.get(copy);
                                data.writeBytes(copy);
                            }

                            @Override
                            public void torn(int errno, String text) {
                                throw new AssertionError(text);
                            }

                            @Override
                            public void block(String kind, byte[] content) {}

                            @Override
                            public void end(DataState state) {
                                assertThat(state).isEqualTo(DataState.INTACT);
                                String path = new String(head.path(), StandardCharsets.UTF_8);
                                String content = "";
                                if (head.target() != null) {
                                    content = new String(head.target(), StandardCharsets.UTF_8);
                                } else if (head.isLink()) {
                                    links.add(path);
                                    String to = new String(head.linkTo(), StandardCharsets.UTF_8);
                                    String of = stored.get(to);
                                    content = of.substring(of.indexOf(' ') + 1);
                                } else if (head.stat().type()
                                        == io.sluice.common.posix.FileType.REGULAR) {
                                    content = digest(data.toByteArray());
                                }
                                String before =
                                        stored.put(
                                                path,
                                                Integer.toOctalString(head.stat().mode())
                                                        + " "
                                                        + content);
                                assertThat(before).as("twice: " + path).isNull();
                            }

                            @Override
                            public void deleted(byte[] path, boolean directory) {
                                throw new AssertionError("a tombstone in a Full");
                            }
                        },
                        damage -> {
                            throw new AssertionError(damage.toString());
                        });
            }
        }
        return stored;
    }

    private List<String> names(String directory) throws IOException {
        Path path = archive.resolve(directory);
        if (!Files.exists(path)) {
            return List.of();
        }
        try (Stream<Path> names = Files.list(path)) {
            return names.map(name -> name.getFileName().toString()).sorted().toList();
        }
    }

    private Chain chain() throws IOException {
        try (Archive opened = Archive.openForReading(bytes(archive))) {
            return Chain.read(opened);
        }
    }

    @Test
    void roundsHoldTheTreeAndAreCommitted() throws Exception {
        fillSource();
        Map<String, String> tree = tree();

        RoundReport report = backup();

        assertThat(report.round()).isEqualTo(1);
        assertThat(report.seen()).isEqualTo(tree.size());
        assertThat(report.stored()).isEqualTo(tree.size());
        assertThat(report.failuresTotal()).isZero();
        assertThat(report.links()).isEqualTo(1);
        assertThat(stored(1)).isEqualTo(tree);
        assertThat(names("rounds")).containsExactly("1");
        assertThat(names("rounds/1"))
                .contains("manifest.json", "report.json", "owed.jsonl", "failed.jsonl")
                .noneMatch(name -> name.endsWith(".part") || name.endsWith(".tmp"));
        assertThat(names("state")).doesNotContain("work");
        Chain.Round entry = chain().rounds().get(0);
        assertThat(entry.state()).isEqualTo(Chain.State.COMMITTED);
        assertThat(entry.known()).isEqualTo(tree.size());
        assertThat(archive.resolve("state/savepoints/1").resolve(entry.savepoint()))
                .isDirectoryContaining("glob:**/_metadata");

        Files.writeString(source.resolve("d0/new"), "x");
        Files.delete(source.resolve("again"));
        assertThat(backup().round()).isEqualTo(2);
        assertThat(stored(2)).isEqualTo(tree());
        assertThat(stored(1)).isEqualTo(tree);
        assertThat(chain().rounds())
                .extracting(Chain.Round::round, Chain.Round::state, Chain.Round::level)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(1L, Chain.State.COMMITTED, "full"),
                        org.assertj.core.groups.Tuple.tuple(2L, Chain.State.COMMITTED, "full"));
        crashesBetweenTheStepsOfACommitAreRepaired();
    }

    /** On top of two committed rounds. */
    private void crashesBetweenTheStepsOfACommitAreRepaired() throws Exception {
        Path chainFile = archive.resolve("state/chain.json");
        // Died behind the manifest of round 2; and before that of a round 3.
        String pending =
                Files.readString(chainFile)
                        .replaceFirst("(?s)(\"round\" : 2,.*?)\"COMMITTED\"", "$1\"PENDING\"");
        assertThat(pending).contains("PENDING");
        int second = pending.indexOf("\"round\" : 2");
        String entry =
                pending.substring(pending.lastIndexOf('{', second), pending.lastIndexOf(']'));
        String third = entry.replace("\"round\" : 2", "\"round\" : 3");
        Files.writeString(
                chainFile, pending.substring(0, pending.lastIndexOf(']')) + ", " + third + "] }");
        copy(archive.resolve("rounds/2"), archive.resolve("rounds/3"));
        Files.delete(archive.resolve("rounds/3/manifest.json"));
        copy(archive.resolve("state/savepoints/2"), archive.resolve("state/savepoints/3"));
        Files.createDirectories(archive.resolve("state/work/flink"));

        assertThat(backup().round()).isEqualTo(4);

        assertThat(names("rounds")).containsExactly("1", "2", "4");
        // From here the next one goes on, whatever its level.
        assertThat(names("state/savepoints")).containsExactly("4");
        assertThat(names("state")).doesNotContain("work");
        assertThat(chain().rounds()).extracting(Chain.Round::round).containsExactly(1L, 2L, 4L);
        assertThat(chain().rounds())
                .extracting(Chain.Round::state)
                .containsOnly(Chain.State.COMMITTED);
        assertThat(stored(4)).isEqualTo(tree());
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> paths = Files.walk(from)) {
            for (Path path : paths.toList()) {
                Files.copy(path, to.resolve(from.relativize(path).toString()));
            }
        }
    }

    @Test
    void anArchiveInsideTheSourceIsLeftOut() throws Exception {
        archive = source.resolve("archive");
        Files.writeString(source.resolve("f"), "x");
        RoundReport report = backup();
        assertThat(report.skipped()).containsEntry("own", 1L);
        assertThat(stored(1).keySet()).containsExactly("", "f");
        assertThat(backup().seen()).isEqualTo(3);
    }

    @Test
    void whatCannotBeBackedUpIsRefusedBeforeAnythingIsWritten() throws Exception {
        assertThatThrownBy(this::backup)
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("is empty")
                .hasMessageContaining("--allow-empty");
        assertThatThrownBy(() -> backup(source.resolve("none"), archive, false))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("does not exist");
        Files.writeString(temporary.resolve("file"), "x");
        assertThatThrownBy(() -> backup(temporary.resolve("file"), archive, false))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("is not a directory");
        assertThat(archive).doesNotExist();
        // The empty source as its own archive.
        assertThatThrownBy(() -> backup(source, source, true))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("lies inside the archive");
        assertThat(source).isEmptyDirectory();
    }

    @Test
    void anArchiveOfAnotherPathOrInOtherHandsIsRefused() throws Exception {
        assertThat(backup(source, archive, true).seen()).isEqualTo(1);
        Path other = Files.createDirectory(temporary.resolve("other"));
        assertThatThrownBy(() -> backup(other, archive, true))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("use another directory");
        assertThatThrownBy(() -> backup(archive.resolve("rounds"), archive, true))
                .isInstanceOf(SluiceException.class);
        try (Archive held = Archive.openForReading(bytes(archive))) {
            assertThat(held.roundNumbers()).containsExactly(1);
            assertThatThrownBy(() -> backup(source, archive, true))
                    .isInstanceOf(SluiceException.class);
        }
        assertThat(names("rounds")).containsExactly("1");
        assertThat(names("state/savepoints")).containsExactly("1");
    }

    @Test
    void aRoundThatFailsLeavesTheArchiveAsItWas() throws Exception {
        Files.writeString(source.resolve("f"), "x");
        backup();
        List<String> before = names("rounds/1");
        // The collector's file finds a directory in its place: the round fails at its end.
        int next = 2;
        Thread saboteur =
                new Thread(
                        () -> {
                            Path round = archive.resolve("rounds/" + next);
                            while (!Files.exists(round)) {
                                Thread.onSpinWait();
                            }
                            try {
                                Files.createDirectories(round.resolve("owed.jsonl/full"));
                            } catch (IOException e) {
                                throw new java.io.UncheckedIOException(e);
                            }
                        });
        saboteur.start();
        assertThatThrownBy(this::backup).isInstanceOf(SluiceException.class);
        saboteur.join();
        assertThat(names("rounds")).containsExactly("1");
        assertThat(names("rounds/1")).isEqualTo(before);
        assertThat(names("state")).doesNotContain("work");
        assertThat(names("state/savepoints")).containsExactly("1");
        assertThat(chain().rounds()).extracting(Chain.Round::round).containsExactly(1L);
        // Its number is not used again.
        assertThat(backup().round()).isEqualTo(3);
        try (Archive opened = Archive.openForReading(bytes(archive))) {
            assertThat(opened.rounds()).extracting(Manifest::round).containsExactly(1, 3);
        }
    }

    @Test
    void anInterruptBeforeTheStartCommitsNothing() throws Exception {
        Files.writeString(source.resolve("f"), "x");
        Launcher launcher =
                new Launcher(
                        BackupRequest.of(bytes(source), bytes(archive))
                                .withLevel(Level.FULL)
                                .withShards(SHARDS)
                                .withWorkers(2)
                                .withContent(Content.FULL, Compression.NONE)
                                .withCoverage(Excludes.NOTHING, false, false)
                                .build());
        assertThat(launcher.interrupt()).isFalse();
        assertThatThrownBy(launcher::run).hasMessage("interrupted, nothing committed");
        assertThat(names("rounds")).isEmpty();
    }

    @Test
    void namesThatNoCharsetSpellsAreBackedUp() throws Exception {
        try (RawTree tree = new RawTree()) {
            tree.file(new byte[] {'n', (byte) 0xff, '\n'});
            RoundReport report =
                    new Launcher(
                                    BackupRequest.of(tree.root(), bytes(archive))
                                            .withLevel(Level.FULL)
                                            .withShards(1)
                                            .withWorkers(2)
                                            .withContent(Content.METADATA, Compression.NONE)
                                            .withCoverage(Excludes.NOTHING, false, false)
                                            .build())
                            .run();
            assertThat(report.stored()).isEqualTo(2);
            assertThat(report.content()).isEqualTo("metadata");
        }
    }

    private RoundReport backup(Excludes excludes, boolean crossMounts) throws Exception {
        return new Launcher(
                        BackupRequest.of(bytes(source), bytes(archive))
                                .withLevel(Level.FULL)
                                .withShards(SHARDS)
                                .withWorkers(2)
                                .withContent(Content.FULL, Compression.ZSTD)
                                .withCoverage(excludes, crossMounts, false)
                                .build())
                .run();
    }

    @Test
    void whatIsExcludedIsCountedAndRecorded() throws Exception {
        Files.createDirectories(source.resolve("d/cache/deep"));
        Files.writeString(source.resolve("d/cache/deep/f"), "x");
        Files.writeString(source.resolve("d/f.o"), "x");
        Files.writeString(source.resolve("d/keep.o"), "x");
        Files.createDirectories(source.resolve("marked/deep"));
        Files.createFile(source.resolve("marked/.nobackup"));
        Files.writeString(source.resolve("marked/f"), "x");
        byte[] raw = {'/', (byte) 0xff};
        Excludes excludes =
                new Excludes(
                        IgnorePatterns.of(
                                List.of(
                                        RawTree.bytes("cache/"),
                                        RawTree.bytes("*.o"),
                                        RawTree.bytes("!keep.o"),
                                        raw)),
                        List.of(RawTree.bytes(".nobackup")));

        RoundReport report = backup(excludes, false);

        assertThat(report.skipped()).isEqualTo(Map.of("excluded", 4L));
        assertThat(report.seen()).isEqualTo(9);
        assertThat(stored(1).keySet())
                .containsExactlyInAnyOrder("", "d", "d/keep.o", "marked", "marked/.nobackup");
        try (Archive opened = Archive.openForReading(bytes(archive))) {
            Chain.Round entry = Chain.read(opened).rounds().get(0);
            assertThat(entry.excludes()).containsExactly("cache/", "*.o", "!keep.o", "/\\xff");
            assertThat(entry.excludeIfPresent()).containsExactly(".nobackup");
            assertThat(entry.crossMounts()).isFalse();
        }
    }

    @Test
    void whatIsMissingWhereItWasMountedIsNotDeleted() throws Exception {
        assumeThat(Privileges.canMount()).as("may make a mount namespace").isTrue();
        Path mount = Files.createDirectory(source.resolve("a mount"));
        Files.writeString(source.resolve("f"), "x");
        RoundReport first =
                Privileges.inMountNamespace(
                        () -> {
                            Privileges.mountTmpfs(bytes(mount));
                            Files.writeString(mount.resolve("g"), "y");
                            // What is younger is owed: it is asked for by name, and gone.
                            Thread.sleep(AGE_MS);
                            return backup(Excludes.NOTHING, true);
                        });
        assertThat(first.stored()).isEqualTo(4);
        BackupRequest.Builder next =
                BackupRequest.of(bytes(source), bytes(archive)).withLevel(Level.INCREMENTAL);
        next.withCoverage(Excludes.NOTHING, true, false);
        assertThatThrownBy(() -> new Launcher(next.build()).run())
                .isInstanceOf(SluiceException.class)
                .hasMessageContainingAll(
                        "what was mounted on 'a mount' in round 1",
                        "is not mounted there now",
                        "--accept-deletes");
        Excludes left =
                new Excludes(
                        IgnorePatterns.of(List.of("/a mount".getBytes(StandardCharsets.UTF_8))),
                        List.of());
        next.withCoverage(left, true, false);
        assertThat(new Launcher(next.build()).run().deleted()).isZero();
        // What was left out in between is known still; and it is gone, crossed or not.
        for (boolean cross : new boolean[] {true, false}) {
            next.withCoverage(Excludes.NOTHING, cross, false);
            for (Level level : List.of(Level.INCREMENTAL, Level.DIFFERENTIAL)) {
                assertThatThrownBy(() -> new Launcher(next.withLevel(level).build()).run())
                        .hasMessageContaining("what was mounted on 'a mount' in round 2");
            }
        }
        next.withCoverage(Excludes.NOTHING, true, false).withAcceptDeletes(true);
        assertThat(new Launcher(next.withLevel(Level.INCREMENTAL).build()).run().deleted())
                .isEqualTo(1);
        next.withAcceptDeletes(false);
        assertThat(new Launcher(next.withLevel(Level.DIFFERENTIAL).build()).run().base())
                .isEqualTo(1);
    }

    @Test
    void aMountPointThatIsGoneItselfIsNoMissingMount() throws Exception {
        assumeThat(Privileges.canMount()).as("may make a mount namespace").isTrue();
        Path mount = Files.createDirectories(source.resolve("run/user"));
        Files.writeString(source.resolve("f"), "x");
        Privileges.inMountNamespace(
                () -> {
                    Privileges.mountTmpfs(bytes(mount));
                    Files.writeString(mount.resolve("g"), "y");
                    return backup(Excludes.NOTHING, true);
                });
        Files.delete(mount);
        BackupRequest.Builder next =
                BackupRequest.of(bytes(source), bytes(archive))
                        .withLevel(Level.INCREMENTAL)
                        .withCoverage(Excludes.NOTHING, true, false);
        assertThat(new Launcher(next.build()).run().deleted()).isEqualTo(2);
    }

    @Test
    void equalInodeNumbersOnTwoFilesystemsAreTwoFiles() throws Exception {
        assumeThat(Privileges.canMount()).as("may make a mount namespace").isTrue();
        Path one = Files.createDirectory(source.resolve("one"));
        Path two = Files.createDirectory(source.resolve("two"));
        RoundReport[] reports = new RoundReport[2];
        Privileges.inMountNamespace(
                () -> {
                    for (Path mount : List.of(one, two)) {
                        Privileges.mountTmpfs(bytes(mount));
                        Files.writeString(mount.resolve("a"), mount.toString());
                        Files.createLink(mount.resolve("b"), mount.resolve("a"));
                    }
                    assertThat(Files.getAttribute(one.resolve("a"), "unix:ino"))
                            .as("the test needs equal inode numbers")
                            .isEqualTo(Files.getAttribute(two.resolve("a"), "unix:ino"));
                    reports[0] = backup(Excludes.NOTHING, false);
                    reports[1] = backup(Excludes.NOTHING, true);
                    return null;
                });

        assertThat(reports[0].directories().mounts()).isEqualTo(2);
        assertThat(reports[0].stored()).isEqualTo(3);
        assertThat(reports[1].directories().mounts()).isZero();
        assertThat(reports[1].links()).isEqualTo(2);
        Map<String, String> stored = stored(2);
        assertThat(stored).hasSize(7);
        assertThat(stored.get("one/b")).isEqualTo(stored.get("one/a"));
        assertThat(stored.get("two/b")).isEqualTo(stored.get("two/a"));
        assertThat(stored.get("one/a")).isNotEqualTo(stored.get("two/a"));
    }

    @Test
    void kernelsOwnFilesystemIsNoTreeToBackUp() {
        assertThatThrownBy(() -> backup(Path.of("/proc"), archive, false))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("'/proc' lies on proc");
        assertThat(archive).doesNotExist();
    }
}
