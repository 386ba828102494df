package io.sluice.restore;

import static io.sluice.common.testing.TestTree.bytes;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.common.SluiceException;
import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.Statx;
import io.sluice.common.testing.TestTree;
import io.sluice.common.testing.TreeComparison;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.ptcomm.archive.Compression;
import io.sluice.ptcomm.archive.DamageListener;
import io.sluice.ptcomm.codec.EntryHandler;
import io.sluice.ptcomm.codec.ForwardingHandler;
import io.sluice.ptcomm.codec.StreamEntry;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Restores that break off or are killed, and are run again. */
class RerunTest {
    private static final int KILLS = 24;
    private static final int JVM_TIMEOUT_S = 120;
    private static final int ATTEMPTS = 60;

    @TempDir Path temporary;
    private final long seed = Long.getLong("sluice.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final List<RestoreLine> lines = new ArrayList<>();
    private TestTree source;
    private byte[] archive;
    private Path target;
    private Path spill;

    @BeforeEach
    void backUp() throws Exception {
        System.out.println("RerunTest: seed " + seed + " (-Dsluice.seed=" + seed + ")");
        source = TestTree.in(temporary.resolve("source"));
        archive = bytes(temporary.resolve("archive").toString());
        target = temporary.resolve("above/target");
        spill = Files.createDirectory(temporary.resolve("spill"));
        byte[] content = new byte[300_000];
        for (int d = 0; d < 40; d++) {
            String directory = "d" + d % 7 + "/e" + d;
            for (int f = 0; f < 12; f++) {
                random.nextBytes(content);
                int length = f == 0 ? content.length : random.nextInt(6000);
                byte[] data = java.util.Arrays.copyOf(content, length);
                String file = directory + "/f" + f;
                source.file(bytes(file), data).mode(file, 0400 + random.nextInt(0100));
                source.times(file, 5, 1_000_000 + f, f);
                if (f % 4 == 0) {
                    source.link("links/l" + d + "-" + f, file);
                    source.link(directory + "/z" + f, file);
                }
            }
            source.symlink(directory + "/s", "nowhere");
            source.special(bytes(directory + "/p"), FileType.FIFO, 0, 0);
        }
        source.directory("empty/deep/er").directory("links");
        for (byte[] directory : directories(source)) {
            if (directory.length > 0) {
                source.mode(directory, 0100 + random.nextInt(0677) | 0100);
            }
        }
        source.mode("empty/deep", 0).mode("", 0751);
        for (byte[] directory : directories(source)) {
            source.times(directory, 7, 8, random.nextInt(1_000_000_000), 9);
        }
        TreeBackup.run(source, archive, Compression.ZSTD);
    }

    @AfterEach
    void close() throws IOException {
        source.close();
        TestTree.in(target).close();
    }

    private static List<byte[]> directories(TestTree tree) throws IOException {
        List<byte[]> found = new ArrayList<>();
        Deque<byte[]> pending = new ArrayDeque<>(List.of(DirectoryPath.ROOT));
        while (!pending.isEmpty()) {
            byte[] directory = pending.removeFirst();
            // Deepest first.
            found.add(0, directory);
            for (byte[] name : tree.names(directory)) {
                byte[] path = DirectoryPath.child(directory, name);
                if (tree.stat(path).type() == FileType.DIRECTORY) {
                    pending.add(path);
                }
            }
        }
        return found;
    }

    private RestoreReport restore(RoundStreams streams, Replace replace, String... selected)
            throws Exception {
        List<byte[]> paths = new ArrayList<>();
        for (String path : selected) {
            paths.add(bytes(path));
        }
        RestoreOptions options = new RestoreOptions(replace, Selection.of(paths), false, spill);
        return new Restore(bytes(target.toString()), options, lines::add).run(streams);
    }

    private void assertExact() throws Exception {
        assertThat(
                        TreeComparison.compare(
                                source.path(), bytes(target.toString()), TreeComparison.usual()))
                .as("seed " + seed)
                .isEmpty();
    }

    /** Inode and change time of every regular file that has its own name. */
    private Map<String, String> complete() throws IOException {
        Map<String, String> found = new HashMap<>();
        if (!Files.exists(target)) {
            return found;
        }
        int root = Posix.open(Posix.AT_FDCWD, bytes(target.toString()), Posix.O_PATH, 0);
        Statx stat = new Statx();
        try (Stream<Path> all = Files.walk(target)) {
            for (Path path : all.toList()) {
                String name = target.relativize(path).toString();
                boolean own = !path.getFileName().toString().startsWith(".sluice-");
                Posix.statOrErrno(root, bytes(name), stat);
                if (own && stat.type() == FileType.REGULAR) {
                    found.put(name, stat.inode() + "@" + changed(stat));
                }
            }
        }
        Posix.close(root);
        return found;
    }

    private static String changed(Statx stat) {
        return stat.changeSeconds() + "." + stat.changeNanos() + " links " + stat.links();
    }

    private static String withoutChange(String identity) {
        return identity.substring(0, identity.indexOf('@'));
    }

    /** Nothing is written twice; only a further name changes a file. */
    private void assertKept(Map<String, String> before, Map<String, String> after)
            throws IOException {
        before.forEach(
                (name, identity) -> {
                    assertThat(after.get(name)).as(name).isNotNull();
                    String now = after.get(name);
                    assertThat(withoutChange(now)).as(name).isEqualTo(withoutChange(identity));
                    String links = " links ";
                    if (now.endsWith(identity.substring(identity.indexOf(links)))) {
                        assertThat(now).as(name).isEqualTo(identity);
                    }
                });
    }

    /** What has its name is whole. */
    private void assertWhole(Map<String, String> files) throws IOException {
        for (String name : files.keySet()) {
            assertThat(Files.readAllBytes(target.resolve(name)))
                    .as(name)
                    .isEqualTo(source.content(bytes(name)));
        }
    }

    /** Ends the reading at a chosen call. */
    private static final class Breaking extends ForwardingStreams {
        private final AtomicLong left;
        private final Runnable at;

        Breaking(RoundStreams streams, long calls, Runnable at) {
            super(streams);
            this.left = new AtomicLong(calls);
            this.at = at;
        }

        private void count() {
            if (left.decrementAndGet() == 0) {
                at.run();
            }
        }

        @Override
        public void read(int shard, EntryHandler handler, DamageListener listener)
                throws IOException {
            super.read(
                    shard,
                    new ForwardingHandler(handler) {
                        @Override
                        public boolean entry(StreamEntry entry) throws IOException {
                            count();
                            return super.entry(entry);
                        }

                        @Override
                        public void data(ByteBuffer data) throws IOException {
                            super.data(data);
                            count();
                        }

                        @Override
                        public void end(DataState state) throws IOException {
                            count();
                            super.end(state);
                        }
                    },
                    listener);
        }
    }

    @Test
    void restoreThatFailsAnywhereIsCompletedByTheNext() throws Exception {
        try (Archive opened = Archive.openForReading(archive)) {
            ArchiveStreams streams = new ArchiveStreams(opened.latest());
            Map<String, String> before = new HashMap<>();
            for (int i = 0; i < 8; i++) {
                Breaking breaking =
                        new Breaking(
                                streams,
                                200 + 400L * i + random.nextInt(50),
                                () -> {
                                    throw new SluiceException("broken here");
                                });
                try {
                    restore(breaking, Replace.NEVER);
                } catch (SluiceException e) {
                    assertThat(e).hasMessage("broken here");
                    assertThat(target.resolve(".sluice-restore")).isRegularFile();
                }
                Map<String, String> now = complete();
                assertKept(before, now);
                assertWhole(now);
                before = now;
            }
            assertThat(before).isNotEmpty();
            restore(streams, Replace.NEVER);
            assertKept(before, complete());
        }
        assertThat(lines).isEmpty();
        assertExact();
    }

    @Test
    void interruptedThreadLeavesWhatTheNextRunCompletes() throws Exception {
        try (Archive opened = Archive.openForReading(archive)) {
            ArchiveStreams streams = new ArchiveStreams(opened.latest());
            Thread test = Thread.currentThread();
            Breaking breaking = new Breaking(streams, 700, test::interrupt);
            assertThatThrownBy(() -> restore(breaking, Replace.NEVER))
                    .isInstanceOf(InterruptedException.class);
            assertThat(Thread.interrupted()).isFalse();
            Map<String, String> before = complete();
            assertWhole(before);
            restore(streams, Replace.NEVER);
            assertKept(before, complete());
        }
        assertExact();
    }

    @Test
    void restoreThatIsKilledAtAnyMomentIsCompletedByTheNext() throws Exception {
        killAndRunAgain(KILLS);
    }

    @Test
    void restoreOfAChainThatIsKilledAtAnyMomentIsCompletedByTheNext() throws Exception {
        TreeState before = TreeState.of(source);
        for (int round = 2; round < 5; round++) {
            for (int d = round; d < 40; d += 5) {
                String directory = "d" + d % 7 + "/e" + d;
                source.remove(bytes(directory + "/f0")).file(directory + "/f1", "changed");
                source.mode(directory + "/f1", 0644).link(directory + "/new", directory + "/f4");
            }
            source.remove(bytes("d" + 5 * round % 7 + "/e" + 5 * round));
            TreeState now = TreeState.of(source);
            TreeBackup.Changes changes = now.since(round - 1, before, random);
            TreeBackup.run(source, archive, Compression.ZSTD, changes);
            before = now;
        }
        killAndRunAgain(KILLS / 3);
    }

    private void killAndRunAgain(int kills) throws Exception {
        int killed = 0;
        int midway = 0;
        long longestMs = 1500;
        for (int i = 0; killed < kills; i++) {
            assertThat(i).as("attempts to kill").isLessThan(4 * kills);
            Map<String, String> before = complete();
            Process process = RestoreProcess.start(temporary.resolve("archive"), target, spill);
            try (BufferedReader out =
                    new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
                assertThat(out.readLine()).isEqualTo("begins");
                long begun = System.nanoTime();
                // Not a wait for something: the moment of the kill.
                boolean ended =
                        process.waitFor(
                                (long) (random.nextDouble() * longestMs * 1000),
                                TimeUnit.MICROSECONDS);
                process.destroyForcibly().waitFor(JVM_TIMEOUT_S, TimeUnit.SECONDS);
                if (ended) {
                    assertThat(process.exitValue()).isEqualTo(RestoreProcess.DONE);
                    longestMs = (System.nanoTime() - begun) / 1_000_000;
                    assertExact();
                } else {
                    killed++;
                }
            }
            Map<String, String> after = complete();
            if (!before.isEmpty()) {
                assertKept(before, after);
            }
            assertWhole(after);
            boolean unfinished = Files.exists(target.resolve(".sluice-restore"));
            midway += unfinished ? 1 : 0;
            if (!unfinished || i % 3 == 2) {
                // A run that nobody kills; then from the beginning.
                Process last = RestoreProcess.start(temporary.resolve("archive"), target, spill);
                assertThat(last.waitFor(JVM_TIMEOUT_S, TimeUnit.SECONDS)).isTrue();
                assertThat(last.exitValue()).isEqualTo(RestoreProcess.DONE);
                assertKept(after, complete());
                assertExact();
                TestTree.in(target).close();
            }
        }
        System.out.println("RerunTest: " + killed + " kills, " + midway + " of them midway");
        assertThat(midway).as("kills before the end, seed " + seed).isPositive();
        try (Stream<Path> left = Files.list(spill)) {
            for (Path run : left.toList()) {
                Files.delete(run);
            }
        }
    }

    @Test
    void staleTemporaryNamesOfKilledRunAreRemovedAndNoOthers() throws Exception {
        // Often the name has its place before the kill comes; then there is a next one.
        for (int i = 0; i < ATTEMPTS && !hasTemporary(); i++) {
            if (i > 0 && !Files.exists(target.resolve(".sluice-restore"))) {
                TestTree.in(target).close();
            }
            Process process = RestoreProcess.start(temporary.resolve("archive"), target, spill);
            while (process.isAlive() && !hasTemporary()) {
                Thread.onSpinWait();
            }
            process.destroyForcibly().waitFor(JVM_TIMEOUT_S, TimeUnit.SECONDS);
        }
        assertThat(hasTemporary()).as("a temporary name after %s kills", ATTEMPTS).isTrue();
        Path other = target.resolve("d0/.sluice-0123456789abcdef");
        Files.createDirectories(target.resolve("d0"));
        Files.writeString(other, "somebody's");
        try (Archive opened = Archive.openForReading(archive)) {
            restore(new ArchiveStreams(opened.latest()), Replace.NEVER);
        }
        assertThat(other).hasContent("somebody's");
        Files.delete(other);
        assertThat(hasTemporary()).isFalse();
        assertThat(target.resolve(".sluice-restore")).doesNotExist();
    }

    private boolean hasTemporary() throws IOException {
        if (!Files.exists(target)) {
            return false;
        }
        try (Stream<Path> all = Files.walk(target)) {
            return all.anyMatch(p -> p.getFileName().toString().matches("\\.sluice-[0-9a-f]{16}"));
        } catch (java.io.UncheckedIOException e) {
            return false;
        }
    }

    /** Leaves a restore of a round in memory unfinished. */
    private void breakOff(MemoryRound round, String... selected) {
        round.step(
                handler -> {
                    throw new IOException("broken");
                });
        assertThatThrownBy(() -> restore(round, Replace.NEVER, selected)).hasMessage("broken");
    }

    @Test
    void anotherRoundIsRefusedUntilTheFirstIsFinished() throws Exception {
        breakOff(new MemoryRound().directory("d", 0711).file("d/f", "x"));
        assertThatThrownBy(() -> restore(new MemoryRound().named("other"), Replace.ALWAYS))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("a restore of round 'memory' to")
                .hasMessageContaining("run that one again first, or remove")
                .hasMessageNotContaining("\n");
        restore(new MemoryRound().directory("d", 0711).file("d/f", "x"), Replace.NEVER);
        assertThat(target.resolve(".sluice-restore")).doesNotExist();
        restore(new MemoryRound().named("other").file("g", "x"), Replace.NEVER);
        assertThat(target.resolve("g")).exists();
    }

    @Test
    void otherPathsAreRefusedButEverythingIsNot() throws Exception {
        breakOff(new MemoryRound().file("a/f", "x").directory("a", 0711), "a");
        assertThatThrownBy(() -> restore(new MemoryRound().file("b", "x"), Replace.NEVER, "b"))
                .hasMessageContaining("a restore of other paths of round 'memory'");
        restore(
                new MemoryRound().file("a/f", "x").directory("a", 0711).file("b", "x"),
                Replace.NEVER);
        try (TestTree tree = TestTree.in(bytes(target.toString()))) {
            assertThat(tree.stat("a").mode()).isEqualTo(040711);
        }
    }

    @Test
    void restartOfTheHostIsNotTrusted() throws Exception {
        breakOff(new MemoryRound().directory("d", 0711).file("d/f", "x"));
        // As if killed on another boot: the last record, that all was synced, is cut off.
        Path journal = target.resolve(".sluice-restore");
        byte[] content = Files.readAllBytes(journal);
        byte[] boot = Files.readAllBytes(Path.of("/proc/sys/kernel/random/boot_id"));
        Files.write(journal, otherBoot(content, new String(boot, UTF_8).strip()));
        MemoryRound round = new MemoryRound().directory("d", 0711).file("d/f", "x");
        assertThatThrownBy(() -> restore(round, Replace.NEVER))
                .hasMessageContaining("the host has been restarted since the restore of")
                .hasMessageContaining("run it again with --replace always");
        restore(round, Replace.ALWAYS);
        assertThat(journal).doesNotExist();
    }

    /** The journal's first record with another boot, and nothing after it. */
    private static byte[] otherBoot(byte[] content, String boot) {
        String text = new String(content, java.nio.charset.StandardCharsets.ISO_8859_1);
        int magic = "sluice-restore 1\n".length();
        int length = ByteBuffer.wrap(content, magic, 4).getInt();
        String record = text.substring(magic + 4, magic + 4 + length);
        byte[] other =
                record.replace(boot, "another")
                        .getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
        return ByteBuffer.allocate(magic + 12 + other.length)
                .put(content, 0, magic)
                .putInt(other.length)
                .put(other)
                .putLong(io.sluice.common.hash.Xxh3.hash64(other))
                .array();
    }

    @Test
    void secondRestoreAtOnceIsTurnedAwayAndDoesNoHarm() throws Exception {
        CountDownLatch within = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        MemoryRound first =
                new MemoryRound()
                        .file("d/f", "x")
                        .directory("d", 0711)
                        .step(
                                handler -> {
                                    within.countDown();
                                    try {
                                        over.await();
                                    } catch (InterruptedException e) {
                                        throw new IOException(e);
                                    }
                                });
        Thread thread =
                new Thread(
                        () -> {
                            try {
                                restore(first, Replace.NEVER);
                            } catch (Exception e) {
                                throw new IllegalStateException(e);
                            }
                        });
        thread.start();
        within.await();
        assertThatThrownBy(() -> restore(new MemoryRound().file("d/g", "x"), Replace.ALWAYS))
                .isInstanceOf(TargetLockedException.class)
                .hasMessageContaining("another restore works in");
        over.countDown();
        thread.join();
        try (TestTree tree = TestTree.in(bytes(target.toString()))) {
            assertThat(tree.stat("d").mode()).isEqualTo(040711);
            assertThat(tree.stat("d/g")).isNull();
            assertThat(tree.stat(".sluice-restore")).isNull();
        }
    }

    @Test
    void whatIsNoJournalOfOursIsRefusedAndNotFollowed() throws Exception {
        Files.createDirectories(target);
        Path journal = target.resolve(".sluice-restore");
        Path outside = Files.writeString(temporary.resolve("outside"), "sluice-restore 1\n");
        MemoryRound round = new MemoryRound().file("f", "x");

        Files.createSymbolicLink(journal, outside);
        assertRefused(round, "it is no regular file");
        Files.delete(journal);

        Files.createLink(journal, outside);
        assertRefused(round, "others may write to it");
        Files.delete(journal);

        Files.createDirectory(journal);
        assertRefused(round, "it is no regular file");
        Files.delete(journal);

        Files.writeString(journal, "my own file");
        assertRefused(round, "it holds something else");
        assertThat(journal).hasContent("my own file");

        if (Posix.effectiveUser() == 0) {
            Files.writeString(journal, "sluice-restore 1\n");
            TestTree.in(bytes(target.toString())).owner(bytes(".sluice-restore"), 65534, 65534);
            assertRefused(round, "it belongs to user 65534");
        }
        assertThat(outside).hasContent("sluice-restore 1\n");
        assertThat(target.resolve("f")).doesNotExist();
    }

    private void assertRefused(MemoryRound round, String reason) {
        assertThatThrownBy(() -> restore(round, Replace.ALWAYS))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining(".sluice-restore' is not the journal of a restore")
                .hasMessageContaining(reason)
                .hasMessageNotContaining("\n");
    }

    @Test
    void entryWithTheJournalsNameIsReported() throws Exception {
        RestoreReport report =
                restore(
                        new MemoryRound().file(".sluice-restore", "forged").file("f", "x"),
                        Replace.ALWAYS);
        assertThat(report.files()).isEqualTo(1);
        assertThat(report.isComplete()).isFalse();
        assertThat(lines.get(0).text()).contains("this name belongs to the journal of restores");
        assertThat(target.resolve(".sluice-restore")).doesNotExist();
    }

    @Test
    void ordinaryUsersClosedDirectoriesAreEnteredAgain() throws Exception {
        assumeTrue(Posix.effectiveUser() == 0, "only root can become another user");
        Path open = Files.createDirectory(temporary.resolve("open"));
        for (Path path : List.of(open, spill, temporary)) {
            Files.setPosixFilePermissions(
                    path, java.nio.file.attribute.PosixFilePermissions.fromString("rwxrwxrwx"));
        }
        target = open.resolve("target");
        OwnThread.asUser(
                65534,
                () -> {
                    breakOff(new MemoryRound().file("d/e/f", "x").file("d/e/g", "y"));
                    // As if killed among the directories' attributes.
                    TestTree.in(bytes(target.toString())).mode("d/e", 0).mode("d", 0500);
                    return restore(
                            new MemoryRound()
                                    .file("d/e/f", "x")
                                    .file("d/e/g", "y")
                                    .file("d/e/h", "z")
                                    .directory("d/e", 0)
                                    .directory("d", 0500),
                            Replace.NEVER);
                });
        assertThat(lines).isEmpty();
        try (TestTree tree = TestTree.in(bytes(target.toString()))) {
            assertThat(tree.text("d/e/h")).isEqualTo("z");
            assertThat(tree.stat("d/e").mode()).isEqualTo(040000);
            assertThat(tree.stat("d").mode()).isEqualTo(040500);
        }
    }
}
