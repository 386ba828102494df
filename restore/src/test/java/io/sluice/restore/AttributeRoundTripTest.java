package io.sluice.restore;

import static io.sluice.common.testing.TestTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.Posix;
import io.sluice.common.round.Content;
import io.sluice.common.testing.PosixAcl;
import io.sluice.common.testing.TestTree;
import io.sluice.common.testing.TreeComparison;
import io.sluice.common.testing.TreeComparison.Aspect;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.ptcomm.writer.TreeRound;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Extended attributes and ACLs from a tree through the writer and an archive into another tree. */
class AttributeRoundTripTest {
    private static final int NOBODY = 65534;
    private static final int USUAL_SLICE = 1 << 20;
    private static final int SMALL_SLICE = 4096;
    private static final byte[] ROOT = {};

    @TempDir Path temporary;
    private TestTree source;
    private TestTree target;
    private byte[] archive;
    private Path spill;
    private final List<String> lines = new ArrayList<>();
    private final List<String> differences = new ArrayList<>();

    @BeforeEach
    void makeTrees() throws IOException {
        source = TestTree.in(temporary.resolve("source"));
        target = TestTree.in(temporary.resolve("target"));
        archive = bytes(temporary.resolve("archive").toString());
        spill = Files.createDirectory(temporary.resolve("spill"));
    }

    @AfterEach
    void removeTrees() throws IOException {
        assertThat(spill).isEmptyDirectory();
        source.close();
        target.close();
    }

    private static void requireRoot() {
        assumeTrue(Posix.effectiveUser() == 0, "only root has trusted attributes");
    }

    private RestoreReport restore(Replace replace, boolean metadata) throws Exception {
        try (Archive opened = Archive.openForReading(archive)) {
            RestoreOptions options =
                    new RestoreOptions(replace, Selection.everything(), metadata, spill);
            return new Restore(target.path(), options, line -> lines.add(line.text()))
                    .run(new ArchiveStreams(opened.latest()));
        }
    }

    private void verify(TestTree live) throws Exception {
        VerifyListener listener =
                new VerifyListener() {
                    @Override
                    public void damaged(RestoreLine line) {
                        lines.add(line.text());
                    }

                    @Override
                    public void difference(Difference difference) {
                        differences.add(difference.text());
                    }
                };
        try (Archive opened = Archive.openForReading(archive)) {
            new Verifier(listener)
                    .run(
                            new ArchiveStreams(opened.latest()),
                            new LiveComparison(live.path(), true, spill));
        }
    }

    private void backUp(int sliceBytes) throws Exception {
        assertThat(TreeRound.write(source, archive, Content.FULL, sliceBytes)).isEmpty();
    }

    /** Restores over whatever the target has, and expects it to be equal then. */
    private void restoreExactly() throws Exception {
        RestoreReport report = restore(Replace.ALWAYS, false);
        assertThat(lines).isEmpty();
        assertThat(report.isComplete()).isTrue();
        assertThat(report.blocks()).isEmpty();
        assertThat(report.accounted()).isEqualTo(report.selected());
        assertThat(TreeComparison.compare(source, target)).isEmpty();
        verify(target);
        assertThat(differences).isEmpty();
    }

    private static void set(TestTree tree, String path, String name, byte[] value)
            throws IOException {
        assertThat(tree.xattr(bytes(path), name, value)).as("%s of %s", name, path).isTrue();
    }

    /** cap_net_raw=ep, as setcap(8) writes it: version 2, little-endian. */
    private static byte[] capability() {
        return ByteBuffer.allocate(20)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(0x02000001)
                .putInt(1 << 13)
                .array();
    }

    private static PosixAcl acl(int user, int permissions, int mask) {
        return new PosixAcl()
                .owner(6)
                .user(user, permissions)
                .owningGroup(0)
                .group(user, 4)
                .mask(mask)
                .other(0);
    }

    private void everyKind() throws IOException {
        source.file("d/file", "content")
                .file("d/empty", "")
                .sparse(bytes("d/sparse"), 1 << 20, 1 << 16, bytes("middle"))
                .file(bytes("d/large"), new byte[3_000_000])
                .symlink("d/symlink", "../nowhere")
                .special(bytes("d/fifo"), FileType.FIFO, 0, 0)
                .special(bytes("d/socket"), FileType.SOCKET, 0, 0)
                .special(bytes("d/null"), FileType.CHARACTER_DEVICE, 1, 3)
                .special(bytes("d/loop"), FileType.BLOCK_DEVICE, 7, 0);
        source.link("d/z-link", "d/file").link("d/z-fifo", "d/fifo");
        source.link("d/z-symlink", "d/symlink");
        List<String> names = List.of("file", "empty", "sparse", "large");
        for (String name : names) {
            set(source, "d/" + name, "user.note", bytes("of " + name));
            set(source, "d/" + name, "user.empty", new byte[0]);
        }
        for (byte[] name : source.names(bytes("d"))) {
            String path = "d/" + new String(name, java.nio.charset.StandardCharsets.UTF_8);
            set(source, path, "trusted.of", bytes(path));
        }
        for (String path : List.of("", "d")) {
            set(source, path, "user.directory", bytes("x"));
            set(source, path, "trusted.t", new byte[] {0, 1, (byte) 0xff, '\n'});
            set(source, path, PosixAcl.ACCESS, acl(1000, 7, 5).toBytes());
            set(source, path, PosixAcl.DEFAULT, acl(1001, 7, 7).toBytes());
        }
        for (String name : List.of("file", "fifo", "socket", "null")) {
            set(source, "d/" + name, PosixAcl.ACCESS, acl(NOBODY, 6, 4).toBytes());
        }
        source.owner(bytes("d/large"), 1000, 1001).mode("d/large", 04755);
        set(source, "d/large", "security.capability", capability());
        source.mode("d/empty", 0).times("d", 1, 2, 3).times("", 1, 2, 3);
    }

    @ParameterizedTest
    @ValueSource(ints = {SMALL_SLICE, USUAL_SLICE})
    void everyKindOfEntryKeepsItsAttributes(int sliceBytes) throws Exception {
        requireRoot();
        everyKind();
        backUp(sliceBytes);
        restoreExactly();
        // Once more, over what is there.
        restoreExactly();
    }

    @Test
    void metadataRoundHasAttributesToo() throws Exception {
        requireRoot();
        everyKind();
        // A file with data does not come back from metadata.
        for (String data : List.of("d/file", "d/z-link", "d/sparse", "d/large")) {
            source.remove(bytes(data));
        }
        source.times("d", 1, 2, 3);
        assertThat(TreeRound.write(source, archive, Content.METADATA, SMALL_SLICE)).isEmpty();
        assertThat(restore(Replace.ALWAYS, true).isComplete()).isTrue();
        assertThat(lines).isEmpty();
        assertThat(TreeComparison.compare(source, target)).isEmpty();
    }

    @Test
    void oddNamesAndLargestValuesCome() throws Exception {
        source.file("odd", "x").file("longest", "x").file("largest", "x").file("many", "x");
        byte[] odd = bytes("user.?\n\\ =\u00e4");
        odd[5] = (byte) 0xff;
        assertThat(source.xattrOrErrno(bytes("odd"), odd, bytes("v"))).isZero();
        String name = "user." + "n".repeat(250);
        set(source, "longest", name, bytes("v"));
        int size = largest(source, "largest");
        assertThat(size).isGreaterThan(1000);
        int many = 0;
        while (source.xattrOrErrno(bytes("many"), bytes("user." + many), bytes("v")) == 0
                && many < 5000) {
            many++;
        }
        assertThat(many).isGreaterThan(50);
        backUp(SMALL_SLICE);
        restoreExactly();
    }

    /** Sets the largest value that the filesystem takes. */
    private static int largest(TestTree tree, String path) throws IOException {
        byte[] value = new byte[65_536];
        new Random(1).nextBytes(value);
        int size = value.length;
        while (size > 0
                && tree.xattrOrErrno(
                                bytes(path), bytes("user.v"), java.util.Arrays.copyOf(value, size))
                        != 0) {
            size -= 16;
        }
        return size;
    }

    @Test
    void valuesOf64KibibytesCome() throws Exception {
        requireRoot();
        OwnThread.withSmallFilesystem(
                source.toString().isEmpty() ? null : temporary.resolve("source").toString(),
                "size=16m",
                () -> {
                    try (TestTree tree = TestTree.in(temporary.resolve("source"));
                            TestTree back = TestTree.in(temporary.resolve("source/back"))) {
                        byte[] value = new byte[65_536];
                        new Random(2).nextBytes(value);
                        tree.file("from/f", "x").special(bytes("from/p"), FileType.FIFO, 0, 0);
                        for (String path : List.of("from", "from/f", "from/p")) {
                            for (int i = 0; i < 20; i++) {
                                set(tree, path, "trusted.large" + i, value);
                            }
                        }
                        try (TestTree from = TestTree.in(temporary.resolve("source/from"))) {
                            assertThat(TreeRound.write(from, archive, Content.FULL, SMALL_SLICE))
                                    .isEmpty();
                            target.close();
                            target = back;
                            RestoreReport report = restore(Replace.ALWAYS, false);
                            assertThat(lines).isEmpty();
                            assertThat(report.isComplete()).isTrue();
                            assertThat(TreeComparison.compare(from, back)).isEmpty();
                        }
                    }
                    return null;
                });
        target = TestTree.in(temporary.resolve("target"));
        // What the target's filesystem has no room for is named, and the rest is there.
        RestoreReport report = restore(Replace.ALWAYS, false);
        if (!report.attributes().isEmpty()) {
            assertThat(report.attributes().keySet())
                    .isSubsetOf(Errno.ENOSPC, Errno.E2BIG, Errno.ERANGE);
            assertThat(lines.get(0)).contains("setxattr trusted.large");
        }
        assertThat(target.text("f")).isEqualTo("x");
    }

    @Test
    void whatTheBackupLacksIsRemoved() throws Exception {
        source.directory("d").file("d/f", "x").file("d/g", "").symlink("d/l", "x");
        set(source, "d/f", "user.kept", bytes("v"));
        set(source, "d", "user.kept", bytes("v"));
        source.mode("d", 0500);
        backUp(USUAL_SLICE);
        target.directory("d").file("d/f", "old").file("d/g", "old").symlink("d/l", "old");
        for (String path : List.of("", "d", "d/f", "d/g")) {
            set(target, path, "user.old", bytes("v"));
            set(target, path, "user.kept", bytes("other"));
            set(target, path, PosixAcl.ACCESS, acl(1000, 7, 7).toBytes());
        }
        set(target, "d", PosixAcl.DEFAULT, acl(1000, 7, 7).toBytes());
        if (Posix.effectiveUser() == 0) {
            set(target, "d/l", "trusted.old", bytes("v"));
            set(target, "d", "trusted.old", bytes("v"));
            set(target, "d/f", "security.capability", capability());
        }
        verify(target);
        assertThat(differences)
                .contains("'d/f': xattr: user.old absent in the backup, 'v' now")
                .contains("'d/f': xattr: user.kept 'v' in the backup, 'other' now");
        differences.clear();
        restoreExactly();
    }

    @Test
    void existingDirectoryKeepsItsOwnUnlessAllIsReplaced() throws Exception {
        source.file("d/f", "x");
        set(source, "d", "user.a", bytes("v"));
        backUp(USUAL_SLICE);
        target.directory("d");
        set(target, "d", "user.b", bytes("v"));
        restore(Replace.NEVER, false);
        verify(target);
        assertThat(differences)
                .contains("'d': xattr: user.a 'v' in the backup, absent now")
                .contains("'d': xattr: user.b absent in the backup, 'v' now");
    }

    @Test
    void inheritedAclDoesNotReachWhatIsRestored() throws Exception {
        source.file("d/e/f", "x").special(bytes("d/p"), FileType.FIFO, 0, 0).file("a", "x");
        backUp(USUAL_SLICE);
        set(target, "", PosixAcl.DEFAULT, acl(1000, 7, 7).toBytes());
        restoreExactly();
    }

    @Test
    void ordinaryUserSetsWhatHeMay() throws Exception {
        requireRoot();
        everyKind();
        set(source, "d/file", "user.more", bytes("v"));
        for (byte[] name : source.names(bytes("d"))) {
            byte[] path = DirectoryPath.child(bytes("d"), name);
            source.owner(path, NOBODY, NOBODY);
        }
        source.owner(bytes("d"), NOBODY, NOBODY).owner(ROOT, NOBODY, NOBODY);
        source.remove(bytes("d/null")).remove(bytes("d/loop")).mode("d/file", 0444);
        source.mode("d", 0500).times("d", 1, 2, 3);
        backUp(USUAL_SLICE);
        for (Path path : List.of(temporary, spill)) {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxrwxrwx"));
        }
        try (var paths = Files.walk(temporary.resolve("archive"))) {
            for (Path path : paths.toList()) {
                Files.setAttribute(path, "unix:uid", NOBODY);
            }
        }
        target.owner(ROOT, NOBODY, NOBODY);
        RestoreReport report = OwnThread.asUser(NOBODY, () -> restore(Replace.ALWAYS, false));
        assertThat(report.failed()).isEmpty();
        assertThat(report.attributes().keySet()).containsExactly(Errno.EPERM);
        assertThat(lines)
                .allMatch(line -> line.contains("setxattr trusted.") || line.contains("security."));
        assertThat(lines).hasSize((int) (long) report.attributes().get(Errno.EPERM));
        assertThat(
                        TreeComparison.compare(
                                source.path(),
                                target.path(),
                                TreeComparison.usualWithout(Aspect.XATTR)))
                .isEmpty();
        verify(target);
        assertThat(differences)
                .isNotEmpty()
                .allMatch(line -> line.contains(" trusted.") || line.contains(" security."));
    }

    @Test
    void attributeThatMayNotBeReadIsReportedAndItsEntryStored() throws Exception {
        requireRoot();
        source.file("f", "x").file("closed", "x");
        set(source, "closed", "user.a", bytes("v"));
        source.owner(bytes("closed"), 0, 0).mode("closed", 0600).mode("", 0755);
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxrwxrwx"));
        List<String> reports =
                OwnThread.asUser(
                        NOBODY,
                        () -> TreeRound.write(source, archive, Content.METADATA, USUAL_SLICE));
        assertThat(reports)
                .containsExactly("'closed': STORED getxattr " + Errno.EACCES + " FAILED");
    }

    @Test
    void hostileBlocksAreRefused() throws Exception {
        MemoryRound round = new MemoryRound();
        List<byte[]> contents =
                List.of(
                        bytes("user.no-nul"),
                        bytes("\0value"),
                        bytes("user.\0value"),
                        bytes("system.other\0value"),
                        bytes("trusted.lov\0value"),
                        bytes("system.posix_acl_access\0value"),
                        new byte[1 << 20]);
        round.entry(
                MemoryRound.head(
                        bytes("f"),
                        MemoryRound.stat(FileType.REGULAR, 0644, 1, 0, MemoryRound.TIME)),
                handler -> {
                    for (byte[] content : contents) {
                        handler.block("XATTR", content);
                    }
                    handler.block("ACL", bytes("user.a\0value"));
                    handler.block("ACL", bytes("system.posix_acl_access\0nonsense"));
                    handler.block("XATTR", bytes("user.good\0value"));
                },
                io.sluice.ptcomm.codec.EntryHandler.DataState.INTACT);
        RestoreOptions options =
                new RestoreOptions(Replace.NEVER, Selection.everything(), false, spill);
        RestoreReport report =
                new Restore(target.path(), options, line -> lines.add(line.text())).run(round);
        assertThat(report.files()).isEqualTo(1);
        assertThat(report.isComplete()).isFalse();
        assertThat(report.attributes().values().stream().mapToLong(n -> n).sum())
                .isEqualTo(contents.size() + 2);
        assertThat(Posix.listXattr(target.descriptor(), bytes("f"))).asString().contains("good");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 0})
    void randomTreesComeBackExactly(long fixed) throws Exception {
        requireRoot();
        long seed = fixed == 0 ? System.nanoTime() : fixed;
        System.out.println("AttributeRoundTripTest seed " + seed);
        Random random = new Random(seed);
        new RandomAttributes(random).grow(source);
        backUp(random.nextBoolean() ? SMALL_SLICE : 64 * 1024);
        if (random.nextBoolean()) {
            set(target, "", PosixAcl.DEFAULT, acl(1000, 7, 7).toBytes());
        }
        restoreExactly();
        new RandomAttributes(random).disturb(target);
        restoreExactly();
        assertThat(Map.of("seed", seed)).isNotEmpty();
    }
}
