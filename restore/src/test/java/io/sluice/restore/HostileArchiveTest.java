package io.sluice.restore;

import static io.sluice.common.testing.TestTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.common.SluiceException;
import io.sluice.common.entry.Stat;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.Statx;
import io.sluice.common.testing.TestTree;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.ptcomm.archive.Compression;
import io.sluice.ptcomm.codec.DataSum;
import io.sluice.ptcomm.codec.EntryHandler.DataState;
import io.sluice.ptcomm.codec.StreamEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Archives and targets made to harm whoever restores: a class of attack a test, named after
 * vulnerabilities of its kind in other programs. Each goes through an archive whose stream is
 * written byte by byte, so that the decoder meets it first, and where the decoder refuses it, also
 * straight into the restore, which must hold without the decoder. After each test everything beside
 * the target is as it was.
 */
class HostileArchiveTest {
    /** renameat2(2): RENAME_EXCHANGE. */
    private static final int EXCHANGE = 2;

    private static final int NOBODY = 65534;

    @TempDir Path temporary;
    private final List<String> lines = new ArrayList<>();
    private TestTree world;
    private TestTree target;
    private Path spill;
    private Map<String, String> before;
    private int archives;

    @BeforeEach
    void makeWorld() throws Exception {
        world = TestTree.in(temporary.resolve("world"));
        world.file("secret", "secret").file("beside/f", "f").directory("target");
        world.symlink("beside/l", "../secret").mode("secret", 0600);
        target = TestTree.in(temporary.resolve("world/target"));
        spill = Files.createDirectory(temporary.resolve("spill"));
        before = snapshot();
    }

    @AfterEach
    void nothingBesideTheTargetHasChanged() throws Exception {
        assertThat(snapshot()).isEqualTo(before);
        assertThat(spill).isEmptyDirectory();
        assertThat(lines).allSatisfy(line -> assertThat(line).doesNotContain("\n", "\0"));
        target.close();
        world.close();
    }

    private Path world() {
        return temporary.resolve("world");
    }

    /** Everything about everything in the world but the target. */
    private Map<String, String> snapshot() throws IOException {
        Map<String, String> all = new TreeMap<>();
        try (Stream<Path> walk = Files.walk(world())) {
            for (Path path : walk.toList()) {
                String name = world().relativize(path).toString();
                if (name.equals("target") || name.startsWith("target/")) {
                    continue;
                }
                Statx stat = world.stat(name);
                String content =
                        stat.type() == FileType.REGULAR ? Files.readString(path) : "no content";
                all.put(
                        name,
                        stat.inode()
                                + " "
                                + stat.mode()
                                + " "
                                + stat.uid()
                                + " "
                                + stat.links()
                                + " "
                                + stat.changeSeconds()
                                + "."
                                + stat.changeNanos()
                                + content);
            }
        }
        return all;
    }

    private RawArchive archive() throws IOException {
        return archive(Compression.NONE);
    }

    private RawArchive archive(Compression compression) throws IOException {
        String name = "archive" + archives++;
        return new RawArchive(bytes(temporary.resolve(name).toString()), compression);
    }

    private RestoreReport restore(byte[] archive, Replace replace, byte[]... selected)
            throws Exception {
        try (Archive opened = Archive.openForReading(archive)) {
            return restore(new ArchiveStreams(opened.latest()), replace, selected);
        }
    }

    private RestoreReport restore(RoundStreams streams, Replace replace, byte[]... selected)
            throws Exception {
        lines.clear();
        RestoreOptions options =
                new RestoreOptions(replace, Selection.of(List.of(selected)), false, spill);
        RestoreReport report =
                new Restore(target.path(), options, line -> lines.add(line.text())).run(streams);
        assertThat(report.accounted()).isEqualTo(report.selected());
        return report;
    }

    /** The decoder refuses the stream at the evil entry; the good one before it is restored. */
    private void assertRefused(RawArchive raw, String words) throws Exception {
        RestoreReport report = restore(raw.commit(), Replace.ALWAYS);
        assertThat(report.isComplete()).isFalse();
        assertThat(report.damagedSegments()).isEqualTo(1);
        assertThat(lines).anySatisfy(line -> assertThat(line).contains(words));
        assertThat(target.text("good")).isEqualTo("good");
    }

    private RawArchive afterGood() throws IOException {
        return archive().file("/good", "good");
    }

    /** GNU tar CVE-2001-1267, unzip CVE-2001-1268; "zip slip". */
    @ParameterizedTest
    @ValueSource(strings = {"../evil", "a/../../evil", "..", "a/..", "./evil", "a/./b"})
    void dotsInNames(String name) throws Exception {
        assertRefused(afterGood().file("/" + name, "x"), "FNAME:/" + name);
        assertRefused(afterGood().directory("/" + name, 0777), "FNAME:/" + name);
        assertRefused(afterGood().command("DELETED:/" + name), "DELETED:/" + name);
        assertHeldBehindDecoder(name);
    }

    /** GNU tar CVE-2002-0399, unzip CVE-2001-1269. */
    @Test
    void absoluteNames() throws Exception {
        String absolute = world() + "/evil";
        assertRefused(afterGood().file("/" + absolute, "x"), "expected a plain path");
        assertRefused(afterGood().file("evil", "x"), "expected a path below the prefix");
        assertHeldBehindDecoder(absolute);
        assertHeldBehindDecoder("/");
        assertHeldBehindDecoder("a//evil");
    }

    private void assertHeldBehindDecoder(String name) throws Exception {
        byte[] path = bytes(name);
        Stat regular = RawArchive.stat(FileType.REGULAR, 0644, 1);
        List<MemoryRound> rounds =
                List.of(
                        new MemoryRound().file(name, "x"),
                        new MemoryRound().directory(path, 0777),
                        new MemoryRound().symlink(name, "x"),
                        new MemoryRound().special(name, FileType.FIFO),
                        new MemoryRound().linked("f", "x").link(name, "f", 1),
                        new MemoryRound()
                                .entry(
                                        MemoryRound.head(path, regular),
                                        MemoryRound.data(new byte[1]),
                                        DataState.INTACT));
        for (MemoryRound round : rounds) {
            assertThatThrownBy(() -> restore(round, Replace.ALWAYS))
                    .isInstanceOf(SluiceException.class)
                    .hasMessageContaining("is refused")
                    .hasMessageNotContaining("\n");
        }
    }

    /** GNU tar CVE-2002-1216, node-tar CVE-2021-32803 and CVE-2021-37701. */
    @ParameterizedTest
    @EnumSource
    void parentIsLinkFromTheArchive(Replace replace) throws Exception {
        byte[] evil =
                archive()
                        .symlink("/l", "..")
                        .file("/l/evil", "x")
                        .directory("/l/made", 0777)
                        .symlink("/abs", world() + "/beside")
                        .file("/abs/f", "overwritten")
                        .link("/abs/g", "/l/evil")
                        // A directory that is open, and then has a link's name.
                        .directory("/d", 0755)
                        .file("/d/inside", "x")
                        .symlink("/d", world() + "/beside")
                        .file("/d/f", "overwritten")
                        .directory("/empty", 0755)
                        .symlink("/empty", world() + "/beside")
                        .file("/empty/f", "overwritten")
                        .directory("/abs", 0700)
                        .commit();
        RestoreReport report = restore(evil, replace);
        // Under "always" later entries replace the links: everything lands inside.
        if (replace != Replace.ALWAYS) {
            assertThat(report.isComplete()).isFalse();
            assertThat(lines).anySatisfy(line -> assertThat(line).startsWith("'l/evil': "));
        }
    }

    /** Perl's Archive::Tar CVE-2018-12015: a link, then a file of the same name. */
    @ParameterizedTest
    @EnumSource
    void fileWithTheNameOfLinkBefore(Replace replace) throws Exception {
        byte[] evil =
                archive()
                        .symlink("/f", world() + "/secret")
                        .file("/f", "overwritten")
                        .symlink("/g", "../beside/new")
                        .file("/g", "made")
                        .commit();
        restore(evil, replace);
        assertThat(target.stat("f").type())
                .isEqualTo(replace == Replace.ALWAYS ? FileType.REGULAR : FileType.SYMLINK);
    }

    /** rsync CVE-2024-12747 and CVE-2026-43619: links swapped in while the restore runs. */
    @ParameterizedTest
    @EnumSource(names = {"NEVER", "ALWAYS"})
    void linkSwappedInByAnotherProcess(Replace replace) throws Exception {
        target.directory("d").directory("d/e").symlink(bytes("s"), bytes(world() + "/beside"));
        target.symlink(bytes("d/s"), bytes(world() + "/beside"));
        AtomicBoolean over = new AtomicBoolean();
        int top = target.descriptor();
        Thread swapper =
                new Thread(
                        () -> {
                            byte[] d = bytes("d");
                            byte[] s = bytes("s");
                            while (!over.get()) {
                                Posix.renameOrErrno(top, d, top, s, EXCHANGE);
                                Posix.renameOrErrno(top, bytes("d/e"), top, bytes("d/s"), EXCHANGE);
                            }
                        });
        swapper.start();
        try {
            for (int i = 0; i < 40; i++) {
                MemoryRound round = new MemoryRound();
                for (int f = 0; f < 50; f++) {
                    round.file("d/f" + f, "overwritten").file("d/e/f" + f, "x");
                    round.linked("d/n" + f, "x").link("d/e/m" + f, "d/n" + f, 1);
                    round.symlink("d/l" + f, "x").directory("d/e/g" + f, 0777);
                }
                round.directory("d/e", 0777).directory("d", 0777).directory("s", 0777);
                restore(round, replace);
            }
        } finally {
            over.set(true);
            swapper.join();
        }
    }

    /** node-tar CVE-2026-26960, Archive::Tar CVE-2026-42497: hard links that lead out. */
    @Test
    void hardLinkToOutside() throws Exception {
        assertRefused(afterGood().link("/h", "/../secret"), "LINK:/../secret");
        assertRefused(afterGood().link("/h", "/" + world() + "/secret"), "plain path");
        assertRefused(afterGood().link("/h", world() + "/../secret"), "plain path");
        for (String to : List.of("../secret", world() + "/secret", "a/../../secret")) {
            try {
                RestoreReport report = restore(new MemoryRound().link("h", to, 6), Replace.ALWAYS);
                assertThat(report.isComplete()).isFalse();
            } catch (SluiceException e) {
                assertThat(e).hasMessageContaining("is refused");
            }
            assertThat(target.stat("h")).isNull();
        }
        // By way of a link that the archive brings, or that is there.
        byte[] viaLink =
                archive()
                        .symlink("/up", "..")
                        .link("/h", "/up/secret")
                        .symlink("/s", "../secret")
                        .link("/i", "/s")
                        .commit();
        RestoreReport report = restore(viaLink, Replace.ALWAYS);
        assertThat(report.isComplete()).isFalse();
        for (String name : List.of("h", "i")) {
            Statx stat = target.stat(name);
            assertThat(stat == null || stat.inode() != world.stat("secret").inode()).isTrue();
        }
    }

    /** Links of the stream that lead nowhere, to themselves, forward, to a directory. */
    @Test
    void linksToWhatIsNoEarlierFile() throws Exception {
        target.file("mine", "mine");
        byte[] evil =
                archive()
                        .link("/self", "/self")
                        .link("/a", "/b")
                        .link("/b", "/a")
                        .directory("/d", 0755)
                        .link("/dir", "/d")
                        .link("/never", "/nothing")
                        .link("/other", "/mine")
                        .link("/forward", "/late")
                        .file("/late", "l")
                        .commit();
        RestoreReport report = restore(evil, Replace.NEVER);
        assertThat(report.isComplete()).isFalse();
        for (String name : List.of("self", "a", "b", "dir", "never", "other")) {
            assertThat(target.stat(name)).as(name).isNull();
            assertThat(lines).anySatisfy(l -> assertThat(l).startsWith("'" + name + "': "));
        }
        assertThat(target.stat("mine").links()).isEqualTo(1);
    }

    /** Archive::Tar CVE-2018-12015 once more: what the target has is never written through. */
    @ParameterizedTest
    @EnumSource(names = {"NEVER", "ALWAYS"})
    void otherTypesInTheTarget(Replace replace) throws Exception {
        boolean root = Posix.effectiveUser() == 0;
        target.special(bytes("fifo"), FileType.FIFO, 0, 0).directory("dir").file("full/f", "mine");
        target.symlink("link", "../beside").symlink("dangling", "../beside/new");
        target.file("plain", "mine");
        if (root) {
            assumeTrue(Posix.mknodOrErrno(target.descriptor(), bytes("null"), 020666, 1, 3) <= 0);
        }
        byte[] evil =
                archive()
                        .file("/fifo", "x")
                        .file("/null", "x")
                        .file("/dir", "x")
                        .file("/full", "x")
                        .file("/dangling", "x")
                        .file("/link/f", "overwritten")
                        .directory("/link", 0777)
                        .directory("/plain", 0777)
                        .commit();
        RestoreReport report = restore(evil, replace);
        assertThat(target.text("full/f")).isEqualTo("mine");
        assertThat(lines).anySatisfy(line -> assertThat(line).contains(": "));
        assertThat(report.isComplete()).isFalse();
        if (replace == Replace.ALWAYS) {
            assertThat(target.stat("link").type()).isEqualTo(FileType.DIRECTORY);
            assertThat(target.text("fifo")).isEqualTo("x");
            assertThat(target.text("dangling")).isEqualTo("x");
        } else {
            assertThat(target.stat("fifo").type()).isEqualTo(FileType.FIFO);
            assertThat(target.stat("link").type()).isEqualTo(FileType.SYMLINK);
        }
    }

    @Test
    void namesWithNul() throws Exception {
        assertRefused(afterGood().file("/a\0b", "x"), "it holds a NUL");
        assertRefused(afterGood().symlink("/l", "a\0b"), "expected a target without NUL");
        assertRefused(afterGood().link("/h", "/go\0od"), "it holds a NUL");
        assertHeldBehindDecoder("a\0b");
        restore(new MemoryRound().symlink("cut", "x\0y"), Replace.NEVER);
        assertThat(lines.get(0)).contains("its target holds a NUL");
        assertThat(target.stat("cut")).isNull();
    }

    @Test
    void namesAndTargetsThatAreTooLong() throws Exception {
        byte[] evil =
                archive()
                        .file("/" + "n".repeat(255), "x")
                        .file("/" + "n".repeat(256), "x")
                        .file("/" + "n".repeat(100_000), "x")
                        .directory("/" + "d".repeat(256), 0777)
                        .file("/" + "d".repeat(4096) + "/f", "x")
                        .symlink("/fits", "t".repeat(4095))
                        .symlink("/long", "t".repeat(4096))
                        .file("/last", "x")
                        .commit();
        RestoreReport report = restore(evil, Replace.NEVER);
        assertThat(report.failed()).isEqualTo(Map.of(Errno.ENAMETOOLONG, 5L));
        assertThat(target.text("last")).isEqualTo("x");
        assertThat(target.target("fits")).hasSize(4095);
        assertThat(target.stat("long")).isNull();
    }

    @Test
    void sizesThatAreNone() throws Exception {
        String largest = Long.toString(Long.MAX_VALUE);
        assertRefused(afterGood().fileHead("/f", "9223372036854775808"), "below 2^63");
        assertRefused(afterGood().fileHead("/f", "-1"), "expected a number");
        assertRefused(
                afterGood().fileHead("/f", largest).command("DATA").frame('D', "x").end(),
                "more bytes of data");
        assertRefused(
                afterGood().fileHead("/f", "5").command("DATA").frame('D', "four").end(),
                "more bytes of data");
        assertRefused(
                afterGood().fileHead("/f", "3").command("DATA").frame('D', "four").end(),
                "expected at most 3 more bytes");
        assertThat(target.stat("f")).isNull();
        // One hole of 2^63 - 1 bytes is right as a stream; the filesystem decides.
        DataSum sum = new DataSum();
        sum.extent(Long.MAX_VALUE, 0);
        RawArchive hole = afterGood().fileHead("/hole", largest).command("DATA");
        RestoreReport report =
                restore(
                        hole.command("EXTENT:" + largest + " 0").end().sum(sum).commit(),
                        Replace.ALWAYS);
        if (!report.isComplete()) {
            assertThat(lines.get(0)).startsWith("'hole': set size: ");
            assertThat(target.stat("hole")).isNull();
        }
        // Behind the decoder.
        StreamEntry head =
                MemoryRound.head(bytes("f"), RawArchive.stat(FileType.REGULAR, 0644, 1L << 60));
        restore(
                new MemoryRound().entry(head, MemoryRound.data(bytes("x")), DataState.INTACT),
                Replace.ALWAYS);
        assertThat(lines.get(0)).contains("'f': write: ").contains("1 of 1152921504606846976");
        assertThat(target.stat("f")).isNull();
    }

    /**
     * Go's archive/tar CVE-2025-58183: sparse maps without end. Extents are handed on one by one.
     */
    @Test
    void millionExtents() throws Exception {
        int extents = 1_000_000;
        RawArchive raw = archive(Compression.ZSTD).fileHead("/f", Long.toString(2L * extents));
        raw.command("DATA");
        DataSum sum = new DataSum();
        ByteBuffer x = ByteBuffer.wrap(bytes("x"));
        for (int i = 0; i < extents; i++) {
            raw.command("EXTENT:" + 2L * i + " 1").frame('D', "x");
            sum.extent(2L * i, 1);
            sum.update(x.duplicate());
        }
        RestoreReport report = restore(raw.end().sum(sum).commit(), Replace.NEVER);
        assertThat(report.isComplete()).isTrue();
        assertThat(target.stat("f").size()).isEqualTo(2L * extents);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0 4,2 4", // overlapping
                "4 2,0 2", // descending
                "8 3", // beyond the size
                "9223372036854775807 9223372036854775807",
                "18446744073709551615 1",
                "5 0", // empty, and not the whole
                "10 0,10 0",
                "0 01",
                "0 1 2"
            })
    void extentsThatAreNone(String extents) throws Exception {
        RawArchive raw = afterGood().fileHead("/f", "10").command("DATA");
        for (String extent : extents.split(",", -1)) {
            raw.command("EXTENT:" + extent).frame('D', "x".repeat(length(extent)));
        }
        assertRefused(raw.end(), "EXTENT");
        assertThat(target.stat("f")).isNull();
    }

    private static int length(String extent) {
        String digits = extent.substring(extent.indexOf(' ') + 1);
        return digits.length() > 2 ? 1 : Integer.parseInt(digits);
    }

    @Test
    void checksumsWithoutEnd() throws Exception {
        String hash = " 0123456789abcdef";
        assertRefused(
                afterGood()
                        .fileHead("/f", "1")
                        .command("DATA")
                        .frame('D', "x")
                        .end()
                        .command("CHUNKS:" + hash.repeat(50_000).substring(1)),
                "expected the hashes of 0");
        assertThat(target.stat("f")).isNull();
    }

    /** Blocks are held in memory: at most 16 MiB, however long they claim to be. */
    @Test
    void blocksWithoutEnd() throws Exception {
        RawArchive raw = afterGood().head("/f", 'E', 'f', "0", 0100644, null, null).end();
        raw.command("XATTR");
        for (int i = 0; i < 20; i++) {
            raw.frame('D', "x".repeat(900_000));
        }
        assertRefused(raw.end(), "bytes of a block");
        assertThat(target.stat("f")).isNull();
    }

    /**
     * What bounds a bomb: memory by one buffer of each, stored and unpacked; time and disk by the
     * size that the entry announces, beyond which no byte is taken, and by the target's free space.
     */
    @Test
    void segmentThatUnpacksToThousandfold() throws Exception {
        byte[] evil = archive(Compression.ZSTD).zeros("/bomb", 1L << 30).file("/f", "x").commit();
        assertThat(archiveBytes()).isLessThan(1 << 20);
        Runtime runtime = Runtime.getRuntime();
        System.gc();
        long used = runtime.totalMemory() - runtime.freeMemory();
        RestoreReport report = restore(evil, Replace.NEVER, bytes("f"));
        System.gc();
        assertThat(runtime.totalMemory() - runtime.freeMemory() - used).isLessThan(64 << 20);
        assertThat(report.files()).isEqualTo(1);
    }

    private long archiveBytes() throws IOException {
        try (Stream<Path> files = Files.walk(temporary.resolve("archive0/rounds"))) {
            return files.mapToLong(file -> file.toFile().length()).sum();
        }
    }

    @Test
    void fullFilesystemEndsBomb() throws Exception {
        assumeTrue(Posix.effectiveUser() == 0, "only root can mount");
        byte[] evil = archive(Compression.ZSTD).zeros("/bomb", 64 << 20).commit();
        Path small = Files.createDirectory(temporary.resolve("small"));
        OwnThread.withSmallFilesystem(
                small.toString(),
                "size=1m",
                () -> {
                    RestoreOptions options =
                            new RestoreOptions(Replace.NEVER, Selection.everything(), false, spill);
                    try (Archive opened = Archive.openForReading(evil)) {
                        ArchiveStreams streams = new ArchiveStreams(opened.latest());
                        Restore restore = new Restore(bytes(small.toString()), options, line -> {});
                        assertThatThrownBy(() -> restore.run(streams))
                                .isInstanceOf(SluiceException.class)
                                .hasMessageContaining("'bomb': write: no space left on device");
                    }
                    assertThat(small).isEmptyDirectory();
                    return null;
                });
    }

    /** A set-user-ID file of root's is no gift to whoever restores it. */
    @Test
    void setUserIdOfSomebodyElse() throws Exception {
        assumeTrue(Posix.effectiveUser() == 0, "only root can become another user");
        Path open = Files.createDirectory(temporary.resolve("open"));
        for (Path path : List.of(temporary, open, spill)) {
            Files.setPosixFilePermissions(
                    path, java.nio.file.attribute.PosixFilePermissions.fromString("rwxrwxrwx"));
        }
        Stat s = RawArchive.stat(FileType.REGULAR, 06755, 1);
        Stat roots =
                new Stat(
                        s.mode(),
                        1,
                        0,
                        0,
                        7,
                        1,
                        MemoryRound.TIME,
                        MemoryRound.TIME,
                        MemoryRound.TIME,
                        null,
                        0,
                        0,
                        0,
                        0);
        MemoryRound round = new MemoryRound();
        round.entry(
                MemoryRound.head(bytes("f"), roots),
                MemoryRound.data(bytes("x")),
                DataState.INTACT);
        RestoreReport report =
                OwnThread.asUser(
                        NOBODY,
                        () ->
                                new Restore(
                                                bytes(open.toString()),
                                                new RestoreOptions(
                                                        Replace.NEVER,
                                                        Selection.everything(),
                                                        false,
                                                        spill),
                                                line -> lines.add(line.text()))
                                        .run(round));
        assertThat(report.isComplete()).isFalse();
        assertThat(lines).containsExactly("'f': chown: operation not permitted (EPERM)");
        Statx stat = new Statx();
        Posix.statOrErrno(Posix.AT_FDCWD, bytes(open + "/f"), stat);
        assertThat(stat.mode()).isEqualTo(0100755);
    }

    /** Segments are files of the round's own directory, not what a manifest points to. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "../../../world/secret",
                "/etc/passwd",
                "shard-0.run.0.0.ptcomm/../../x",
                "shard-0.run.0.0.ptcomm\\u0000"
            })
    void manifestThatNamesOtherFiles(String name) throws Exception {
        byte[] evil = archive().file("/f", "x").commit();
        Path manifest = temporary.resolve("archive0/rounds/1/manifest.json");
        String json = Files.readString(manifest);
        Files.writeString(manifest, json.replace("shard-0.run.0.0.ptcomm", name));
        assertThatThrownBy(() -> restore(evil, Replace.ALWAYS))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("manifest of round 1 is damaged")
                .hasMessageNotContaining("\n");
    }

    @Test
    void segmentThatIsLink() throws Exception {
        byte[] evil = archive().file("/f", "x").commit();
        Path segment = temporary.resolve("archive0/rounds/1/shard-0.run.0.0.ptcomm");
        Path moved = Files.move(segment, temporary.resolve("moved"));
        Files.createSymbolicLink(segment, moved);
        RestoreReport report = restore(evil, Replace.ALWAYS);
        assertThat(report.isComplete()).isFalse();
        assertThat(report.files()).isZero();
        assertThat(lines.get(0)).contains("shard-0.run.0.0.ptcomm").contains("cannot be opened");
    }

    /** One flipped bit in a head: the mode is wrong, no checksum of the file's own says so. */
    @Test
    void segmentWithForgedHeadIsNotBelievedInSilence() throws Exception {
        target.file("kept", "mine").directory("dir");
        Stat dir = Stat.of(target.stat("dir"));
        byte[] evil = archive().file("/f", "x").file("/kept", "x").directory("/dir", 0755).commit();
        Path segment = temporary.resolve("archive0/rounds/1/shard-0.run.0.0.ptcomm");
        String text = Files.readString(segment, StandardCharsets.ISO_8859_1);
        Files.writeString(segment, text.replace("100644", "104755"), StandardCharsets.ISO_8859_1);
        RestoreReport report = restore(evil, Replace.ALWAYS);
        assertThat(report.isComplete()).isFalse();
        assertThat(report.suspect()).isEqualTo(3);
        assertThat(target.stat("f").mode()).isEqualTo(0100755);
        assertThat(target.text("kept")).isEqualTo("mine");
        assertThat(Stat.of(target.stat("dir")).permissions()).isEqualTo(dir.permissions());
        assertThat(report.skipped()).isEqualTo(Map.of(SkipReason.SUSPECT, 2L));
        assertThat(lines)
                .contains(
                        "'f': from a damaged segment: its name, owner, mode and times may be wrong");
    }
}
