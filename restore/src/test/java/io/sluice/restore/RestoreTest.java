package io.sluice.restore;

import static io.sluice.common.testing.TestTree.bytes;
import static io.sluice.restore.MemoryRound.TIME;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.common.SluiceException;
import io.sluice.common.entry.Stat;
import io.sluice.common.entry.Timestamp;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.Statx;
import io.sluice.common.testing.TestTree;
import io.sluice.ptcomm.codec.EntryHandler.DataState;
import io.sluice.ptcomm.codec.StreamEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RestoreTest {
    private static final byte[] ROOT = {};

    @TempDir Path temporary;
    private TestTree target;
    private Path spill;
    private final List<RestoreLine> lines = new ArrayList<>();

    @BeforeEach
    void makeTarget() throws IOException {
        target = TestTree.in(temporary.resolve("target"));
        spill = Files.createDirectory(temporary.resolve("spill"));
    }

    @AfterEach
    void nothingIsLeftBehind() throws IOException {
        assertThat(spill).isEmptyDirectory();
        assertNoTemporaryNames(ROOT);
        target.close();
    }

    private void assertNoTemporaryNames(byte[] directory) throws IOException {
        assertThat(target.names(directory))
                .noneMatch(
                        name ->
                                new String(name, 0, Math.min(8, name.length), UTF_8)
                                        .equals(".sluice-"));
    }

    private RestoreReport restore(MemoryRound round, Replace replace, String... selected)
            throws IOException, InterruptedException {
        return restore(round, replace, false, selected);
    }

    private RestoreReport restore(
            MemoryRound round, Replace replace, boolean metadata, String... selected)
            throws IOException, InterruptedException {
        List<byte[]> paths = new ArrayList<>();
        for (String path : selected) {
            paths.add(bytes(path));
        }
        RestoreOptions options = new RestoreOptions(replace, Selection.of(paths), metadata, spill);
        RestoreReport report = new Restore(target.path(), options, lines::add).run(round);
        assertThat(report.accounted()).isEqualTo(report.selected());
        return report;
    }

    private void assertTimes(String path) throws IOException {
        Stat stat = Stat.of(target.stat(path));
        assertThat(stat.modified()).isEqualTo(TIME);
        assertThat(stat.accessed()).isEqualTo(new Timestamp(5, 6));
    }

    @Test
    void everyTypeIsRestoredWithItsAttributes() throws Exception {
        MemoryRound round =
                new MemoryRound()
                        .directory("", 0711)
                        .directory("d", 02750)
                        .file(bytes("d/file"), 04751, 1, "content", TIME)
                        .file("d/empty", "")
                        .symlink("d/link", "/nowhere\nelse")
                        .special("d/fifo", FileType.FIFO)
                        .special("d/socket", FileType.SOCKET);
        RestoreReport report = restore(round, Replace.NEVER);
        // Before the contents: reading changes the access time.
        for (String path : List.of("d", "d/file", "d/empty", "d/link", "d/fifo", "d/socket")) {
            assertTimes(path);
        }
        assertThat(target.text("d/file")).isEqualTo("content");
        assertThat(target.stat("d/file").mode()).isEqualTo(0104751);
        assertThat(target.stat("d").mode()).isEqualTo(042750);
        assertThat(target.stat("d/empty").size()).isZero();
        assertThat(target.target("d/link")).isEqualTo(bytes("/nowhere\nelse"));
        assertThat(target.stat("d/fifo").mode()).isEqualTo(010640);
        assertThat(target.stat("d/socket").mode()).isEqualTo(0140640);
        // The target was there before: it keeps its own attributes.
        assertThat(report.skipped()).isEqualTo(Map.of(SkipReason.EXISTS, 1L));
        assertThat(report.files()).isEqualTo(2);
        assertThat(report.bytes()).isEqualTo(7);
        assertThat(report.directories()).isEqualTo(1);
        assertThat(report.symlinks()).isEqualTo(1);
        assertThat(report.specials()).isEqualTo(2);
        assertThat(report.isComplete()).isTrue();
        assertThat(lines).isEmpty();
    }

    @Test
    void deviceIsRestoredOrReported() throws Exception {
        RestoreReport report =
                restore(
                        new MemoryRound().special("null", FileType.CHARACTER_DEVICE),
                        Replace.NEVER);
        if (report.failed().isEmpty()) {
            assertThat(target.stat("null").rdevMinor()).isEqualTo(3);
        } else {
            assertThat(report.failed()).isEqualTo(Map.of(Errno.EPERM, 1L));
        }
    }

    @Test
    void targetThatTheRestoreMakesGetsTheRootsAttributes() throws Exception {
        target.close();
        restore(new MemoryRound().directory("", 0711).file("a", "a"), Replace.NEVER);
        target = TestTree.in(target.path());
        assertThat(target.stat("").mode()).isEqualTo(040711);
        assertTimes("");
    }

    @Test
    void ownersAreRestored() throws Exception {
        assumeTrue(Posix.effectiveUser() == 0, "only root gives files away");
        Stat stat = MemoryRound.stat(FileType.REGULAR, 06755, 1, 1, TIME);
        Stat owned = new Stat(stat.mode(), 1, 1234, 5678, 7, 1, TIME, TIME, TIME, null, 0, 0, 0, 0);
        MemoryRound round = new MemoryRound();
        round.entry(
                MemoryRound.head(bytes("f"), owned),
                MemoryRound.data(bytes("x")),
                DataState.INTACT);
        restore(round, Replace.NEVER);
        Statx found = target.stat("f");
        assertThat(found.uid()).isEqualTo(1234);
        assertThat(found.gid()).isEqualTo(5678);
        assertThat(found.mode()).isEqualTo(0106755);
    }

    @Test
    void directoryTimesHoldThoughItsChildrenComeLaterAndInAnotherShard() throws Exception {
        MemoryRound round = new MemoryRound().directory("a", 0500).directory("a/b", 0500);
        for (int i = 0; i < 50; i++) {
            round.file("a/b/one" + i, "x");
        }
        round.shard();
        for (int i = 0; i < 50; i++) {
            round.file("a/b/two" + i, "x");
        }
        round.shard().file("a/c/three", "x").directory("a/c", 0700);
        RestoreReport report = restore(round, Replace.NEVER);
        assertThat(report.directories()).isEqualTo(3);
        assertThat(report.files()).isEqualTo(101);
        assertTimes("a");
        assertTimes("a/b");
        assertTimes("a/c");
        assertThat(target.stat("a/b").mode()).isEqualTo(040500);
    }

    @Test
    void parentsMadeOnDemandWithoutEntryAreCounted() throws Exception {
        RestoreReport report = restore(new MemoryRound().file("p/q/file", "x"), Replace.NEVER);
        assertThat(report.bare()).isEqualTo(2);
        assertThat(target.stat("p/q").mode()).isEqualTo(040700);
    }

    @Test
    void manyShardsMakeTheSameParents() throws Exception {
        MemoryRound round = new MemoryRound();
        for (int shard = 0; shard < 8; shard++) {
            for (int i = 0; i < 100; i++) {
                round.file("p" + i + "/q/file" + shard, "x");
            }
            round.shard();
        }
        RestoreReport report = restore(round, Replace.NEVER);
        assertThat(report.files()).isEqualTo(800);
        assertThat(report.bare()).isEqualTo(200);
    }

    @Test
    void existingNamesAreKept() throws Exception {
        target.file("f", "mine").symlink("l", "mine").directory("d").mode("d", 0701);
        RestoreReport report =
                restore(
                        new MemoryRound()
                                .file("f", "theirs")
                                .symlink("l", "x")
                                .directory("d", 0700),
                        Replace.NEVER);
        assertThat(target.text("f")).isEqualTo("mine");
        assertThat(target.target("l")).isEqualTo(bytes("mine"));
        assertThat(target.stat("d").mode()).isEqualTo(040701);
        assertThat(report.skipped()).isEqualTo(Map.of(SkipReason.EXISTS, 3L));
    }

    @Test
    void existingNamesAreReplaced() throws Exception {
        target.file("f", "mine").symlink("l", "mine").directory("d").mode("d", 0701);
        target.directory("empty").file("s", "a file").symlink("x", "f");
        RestoreReport report =
                restore(
                        new MemoryRound()
                                .directory("", 0755)
                                .file("f", "theirs")
                                .symlink("l", "theirs")
                                .directory("d", 0710)
                                .file("empty", "in place of a directory")
                                .symlink("s", "t")
                                .file("x", "not through the link"),
                        Replace.ALWAYS);
        assertThat(report.failed()).isEmpty();
        assertThat(target.text("f")).isEqualTo("theirs");
        assertThat(target.target("l")).isEqualTo(bytes("theirs"));
        assertThat(target.stat("d").mode()).isEqualTo(040710);
        assertThat(target.text("empty")).isEqualTo("in place of a directory");
        assertThat(target.stat("s").type()).isEqualTo(FileType.SYMLINK);
        assertThat(target.stat("x").type()).isEqualTo(FileType.REGULAR);
        assertTimes("");
    }

    @Test
    void directoryThatIsNotEmptyIsNotReplacedByFile() throws Exception {
        target.file("f/inner", "mine");
        RestoreReport report = restore(new MemoryRound().file("f", "x"), Replace.ALWAYS);
        assertThat(report.failed()).isEqualTo(Map.of(Errno.ENOTEMPTY, 1L));
        assertThat(lines.get(0).text()).contains("'f'").contains("ENOTEMPTY");
        assertThat(target.text("f/inner")).isEqualTo("mine");
    }

    @Test
    void fileInPlaceOfDirectoryIsReplacedOnlyWhenAsked() throws Exception {
        target.file("d", "a file");
        MemoryRound round = new MemoryRound().file("d/f", "x").directory("d", 0700);
        RestoreReport kept = restore(round, Replace.NEVER);
        assertThat(kept.failed()).isEqualTo(Map.of(Errno.ENOTDIR, 2L));
        assertThat(target.text("d")).isEqualTo("a file");
        RestoreReport replaced = restore(round, Replace.ALWAYS);
        assertThat(replaced.failed()).isEmpty();
        assertThat(target.text("d/f")).isEqualTo("x");
    }

    @Test
    void newerAndOlderCompareModificationTimes() throws Exception {
        for (String name : List.of("older", "same", "newer")) {
            target.file(name, "mine");
        }
        MemoryRound round =
                new MemoryRound()
                        .file("older", "theirs")
                        .file("same", "theirs")
                        .file("newer", "theirs");
        long seconds = TIME.seconds();
        int nanos = TIME.nanos();
        target.times("older", 0, seconds, nanos - 1);
        target.times("same", 0, seconds, nanos).times("newer", 0, seconds, nanos + 1);
        restore(round, Replace.IF_NEWER);
        assertThat(target.text("older")).isEqualTo("theirs");
        assertThat(target.text("same")).isEqualTo("mine");
        assertThat(target.text("newer")).isEqualTo("mine");
        restore(round, Replace.IF_OLDER);
        assertThat(target.text("same")).isEqualTo("mine");
        assertThat(target.text("newer")).isEqualTo("theirs");
    }

    @Test
    void selectionTakesWhatLiesBelowAndTheParents() throws Exception {
        MemoryRound round =
                new MemoryRound()
                        .directory("", 0755)
                        .directory("a", 0710)
                        .directory("a/b", 0711)
                        .file("a/b/f", "x")
                        .file("a/bc", "x")
                        .directory("z", 0700);
        RestoreReport report = restore(round, Replace.NEVER, "a/b", "gone");
        assertThat(report.selected()).isEqualTo(2);
        assertThat(report.parents()).isEqualTo(1);
        assertThat(target.stat("a").mode()).isEqualTo(040710);
        assertTimes("a");
        assertThat(target.stat("a/bc")).isNull();
        assertThat(target.stat("z")).isNull();
        assertThat(report.unmatched()).hasSize(1);
        assertThat(report.unmatched().get(0)).isEqualTo(bytes("gone"));
        assertThat(report.isComplete()).isFalse();
    }

    @Test
    void laterNamesAreLinked() throws Exception {
        MemoryRound round =
                new MemoryRound()
                        .linked("a", "data")
                        .link("d/b", "a", 4)
                        .link("c", "a", 4)
                        .directory("d", 0755);
        RestoreReport report = restore(round, Replace.NEVER);
        assertThat(report.links()).isEqualTo(2);
        assertThat(target.stat("d/b").inode()).isEqualTo(target.stat("a").inode());
        assertThat(target.stat("c").links()).isEqualTo(3);
        assertTimes("d");
        assertThat(round.reads()).isEqualTo(1);
    }

    @Test
    void laterNamesReplaceWhatIsThere() throws Exception {
        target.file("a", "mine").file("b", "mine too");
        MemoryRound round = new MemoryRound().linked("a", "data").link("b", "a", 4);
        assertThat(restore(round, Replace.ALWAYS).links()).isEqualTo(1);
        assertThat(target.stat("b").inode()).isEqualTo(target.stat("a").inode());
        assertThat(target.text("b")).isEqualTo("data");
        // Once more, when both are names of one file already.
        assertThat(restore(round, Replace.ALWAYS).links()).isEqualTo(1);
        assertThat(target.stat("b").inode()).isEqualTo(target.stat("a").inode());
    }

    @Test
    void linksWhoseFileIsNotSelectedGetItsDataOnce() throws Exception {
        MemoryRound round =
                new MemoryRound().linked("a", "data").link("d/b", "a", 4).link("d/c", "a", 4);
        RestoreReport report = restore(round, Replace.NEVER, "d");
        assertThat(target.stat("a")).isNull();
        assertThat(target.text("d/b")).isEqualTo("data");
        assertThat(target.stat("d/c").inode()).isEqualTo(target.stat("d/b").inode());
        assertThat(report.links()).isEqualTo(2);
        assertThat(report.bytes()).isEqualTo(4);
        assertThat(round.reads()).isEqualTo(2);
    }

    @Test
    void linksAreNeverMadeToFileThatWasThere() throws Exception {
        target.file("a", "mine").file("b", "mine");
        MemoryRound round =
                new MemoryRound()
                        .linked("a", "data")
                        .link("b", "a", 4)
                        .link("c", "a", 4)
                        .link("d", "a", 4);
        RestoreReport report = restore(round, Replace.NEVER);
        assertThat(target.text("a")).isEqualTo("mine");
        assertThat(target.stat("a").links()).isEqualTo(1);
        assertThat(target.text("c")).isEqualTo("data");
        assertThat(target.stat("d").inode()).isEqualTo(target.stat("c").inode());
        assertThat(report.skipped()).isEqualTo(Map.of(SkipReason.EXISTS, 2L));
    }

    @Test
    void fileThatIsSwappedBeforeItsLinkIsMadeIsNotLinked() throws Exception {
        MemoryRound round =
                new MemoryRound()
                        .linked("a", "data")
                        .link("b", "a", 4)
                        .step(handler -> target.file("other", "secret").rename("other", "a"));
        RestoreReport report = restore(round, Replace.NEVER);
        assertThat(report.failed()).isEqualTo(Map.of(Errno.ESTALE, 1L));
        assertThat(target.stat("b")).isNull();
    }

    @Test
    void linkToNameThatTheRoundLacksIsReported() throws Exception {
        MemoryRound round = new MemoryRound().link("b", "a", 4).link("c", "a", 4);
        RestoreReport report = restore(round, Replace.NEVER);
        assertThat(report.failed()).isEqualTo(Map.of(Errno.ENOENT, 2L));
        assertThat(lines).hasSize(2);
    }

    @Test
    void damagedFileIsNotPutInPlace() throws Exception {
        target.file("b", "mine");
        MemoryRound round = new MemoryRound();
        for (String name : List.of("a", "b")) {
            StreamEntry head =
                    MemoryRound.head(
                            bytes(name), MemoryRound.stat(FileType.REGULAR, 0644, 1, 4, TIME));
            round.entry(head, MemoryRound.data(bytes("data")), DataState.DAMAGED);
        }
        RestoreReport report = restore(round, Replace.ALWAYS);
        assertThat(report.damaged()).isEqualTo(2);
        assertThat(target.stat("a")).isNull();
        assertThat(target.text("b")).isEqualTo("mine");
    }

    @Test
    void tornFileIsRestoredAndTold() throws Exception {
        target.file("b", "mine");
        MemoryRound round = new MemoryRound();
        for (String name : List.of("a", "b")) {
            StreamEntry head =
                    MemoryRound.head(
                            bytes(name), MemoryRound.stat(FileType.REGULAR, 0644, 1, 4, TIME));
            round.entry(
                    head,
                    handler -> {
                        handler.data(ByteBuffer.wrap(bytes("da\0\0")));
                        handler.torn(Errno.EIO, "read failed");
                    },
                    DataState.INTACT);
        }
        RestoreReport report = restore(round, Replace.ALWAYS);
        assertThat(report.torn()).isEqualTo(1);
        assertThat(report.files()).isEqualTo(1);
        assertThat(report.skipped()).isEqualTo(Map.of(SkipReason.TORN, 1L));
        assertThat(target.text("a")).isEqualTo("da\0\0");
        assertThat(target.text("b")).isEqualTo("mine");
        assertThat(lines.get(0).text()).startsWith("'a': torn at backup: ");
    }

    @Test
    void holesStayHoles() throws Exception {
        long size = 1L << 40;
        StreamEntry head =
                MemoryRound.head(
                        bytes("sparse"), MemoryRound.stat(FileType.REGULAR, 0644, 1, size, TIME));
        MemoryRound round = new MemoryRound();
        round.entry(
                head,
                handler -> {
                    handler.extent(1L << 39, 6);
                    handler.data(ByteBuffer.wrap(bytes("middle")));
                    handler.extent(size, 0);
                },
                DataState.INTACT);
        restore(round, Replace.NEVER);
        Statx stat = target.stat("sparse");
        assertThat(stat.size()).isEqualTo(size);
        assertThat(stat.blocks()).isLessThan(1000);
    }

    @Test
    void fileWithoutItsDataIsNeverMadeEmpty() throws Exception {
        Stat stat = MemoryRound.stat(FileType.REGULAR, 0644, 1, 9, TIME);
        MemoryRound round = new MemoryRound();
        round.entry(MemoryRound.head(bytes("f"), stat), handler -> {}, DataState.INTACT);
        RestoreReport report = restore(round, Replace.ALWAYS);
        assertThat(target.stat("f")).isNull();
        assertThat(report.skipped()).isEqualTo(Map.of(SkipReason.NO_DATA, 1L));
    }

    @Test
    void metadataRoundIsRestoredOnlyWhenAskedAndWithoutFilesOfSize() throws Exception {
        MemoryRound round = new MemoryRound().metadata().directory("d", 0711).symlink("d/l", "t");
        round.file("d/empty", "").file("d/f", "x").linked("d/g", "x").link("d/h", "d/g", 1);
        RestoreReport unasked = restore(round, Replace.NEVER);
        assertThat(target.names(ROOT)).isEmpty();
        assertThat(unasked.skipped())
                .isEqualTo(Map.of(SkipReason.METADATA, 3L, SkipReason.NO_DATA, 3L));
        RestoreReport asked = restore(round, Replace.NEVER, true);
        assertThat(target.names(bytes("d"))).hasSize(2);
        assertThat(asked.skipped()).isEqualTo(Map.of(SkipReason.NO_DATA, 3L));
    }

    @Test
    void interruptedFileLeavesNoName() throws Exception {
        target.file("old", "mine");
        for (String name : List.of("new", "old")) {
            StreamEntry head =
                    MemoryRound.head(
                            bytes(name), MemoryRound.stat(FileType.REGULAR, 0644, 1, 8, TIME));
            MemoryRound round = new MemoryRound();
            round.entry(
                    head,
                    handler -> {
                        handler.data(ByteBuffer.wrap(bytes("half")));
                        throw new IOException("the stream broke off");
                    },
                    DataState.INTACT);
            assertThatThrownBy(() -> restore(round, Replace.ALWAYS))
                    .hasMessage("the stream broke off");
        }
        assertThat(target.names(ROOT)).hasSize(1);
        assertThat(target.text("old")).isEqualTo("mine");
    }

    @Test
    void fileWhoseEndIsLostIsCountedAndTheNextOneIsRestored() throws Exception {
        Stat stat = MemoryRound.stat(FileType.REGULAR, 0644, 1, 8, TIME);
        MemoryRound round =
                new MemoryRound()
                        .step(
                                handler -> {
                                    handler.entry(MemoryRound.head(bytes("lost"), stat));
                                    handler.data(ByteBuffer.wrap(bytes("half")));
                                })
                        .file("next", "x");
        RestoreReport report = restore(round, Replace.NEVER);
        assertThat(report.damaged()).isEqualTo(1);
        assertThat(target.stat("lost")).isNull();
        assertThat(target.text("next")).isEqualTo("x");
    }

    @Test
    void failureOfOneShardEndsTheOthers() throws Exception {
        MemoryRound round = new MemoryRound();
        round.step(
                handler -> {
                    throw new IOException("broken");
                });
        round.shard();
        for (int i = 0; i < 200; i++) {
            round.file("f" + i, "x");
        }
        assertThatThrownBy(() -> restore(round, Replace.NEVER)).hasMessage("broken");
    }

    @Test
    void plantedLinksAreNotFollowed() throws Exception {
        try (TestTree outside = TestTree.in(temporary.resolve("outside"))) {
            outside.file("f", "outside").directory("below");
            byte[] away = outside.path();
            target.symlink(bytes("d"), away).symlink(bytes("swapped"), away);
            target.symlink(bytes("f"), bytes(new String(away, UTF_8) + "/f"));
            MemoryRound round =
                    new MemoryRound()
                            .file("d/new", "x")
                            .file("d/below/new", "x")
                            .directory("d/made", 0700)
                            .directory("d", 0700)
                            .file("f", "x")
                            // Seen as a directory, then swapped for a link.
                            .file("s/one", "x")
                            .file("s/t/one", "x")
                            .step(handler -> target.rename("s", "moved").rename("swapped", "s"))
                            .file("s/two", "x")
                            .file("s/fresh/two", "x")
                            .directory("s/t", 0777);
            RestoreReport report = restore(round, Replace.NEVER);
            assertThat(outside.names(ROOT)).hasSize(2);
            assertThat(outside.names(bytes("below"))).isEmpty();
            assertThat(outside.text("f")).isEqualTo("outside");
            assertThat(report.failed().keySet()).isSubsetOf(Errno.ENOTDIR, Errno.ELOOP);
            assertThat(report.failed()).containsKey(Errno.ELOOP);
            // Replacing takes the links away and leaves alone what they lead to.
            MemoryRound again = new MemoryRound().file("d/below/new", "x").file("f", "x");
            restore(again, Replace.ALWAYS);
            assertThat(outside.names(ROOT)).hasSize(2);
            assertThat(outside.text("f")).isEqualTo("outside");
            assertThat(target.text("d/below/new")).isEqualTo("x");
        }
    }

    @Test
    void hostilePathsEndTheRestore() throws Exception {
        for (String path : List.of("../f", "/f", "a/../../f", "a//f", "./f", "a/.", "a/", "a\0b")) {
            assertThatThrownBy(() -> restore(new MemoryRound().file(path, "x"), Replace.ALWAYS))
                    .as(path)
                    .isInstanceOf(SluiceException.class)
                    .hasMessageContaining("is refused");
            assertThatThrownBy(() -> Selection.of(List.of(bytes(path))))
                    .isInstanceOf(SluiceException.class);
        }
        assertThat(target.names(ROOT)).isEmpty();
    }

    @Test
    void oddNamesAndLongPathsAreRestored() throws Exception {
        byte[] odd = {'n', '\n', (byte) 0xff, (byte) 0xc3, '\\', 1};
        String deep = ("x".repeat(200) + "/").repeat(60) + "leaf";
        MemoryRound round =
                new MemoryRound()
                        .file(odd, 0600, 1, "odd", TIME)
                        .file(deep, "deep")
                        .linked(deep + "1", "linked")
                        .link(deep + "2", deep + "1", 6)
                        .directory(deep.substring(0, deep.length() - 5), 0711);
        for (int level = 1; level < 60; level++) {
            round.directory(deep.substring(0, 201 * level - 1), 0755);
        }
        RestoreReport report = restore(round, Replace.NEVER);
        assertThat(report.isComplete()).isTrue();
        assertThat(target.content(odd)).isEqualTo(bytes("odd"));
        assertThat(target.text(deep)).isEqualTo("deep");
        assertThat(target.text(deep + "2")).isEqualTo("linked");
        assertTimes(deep.substring(0, deep.length() - 5));
        // Again, from outside the tree's memory of open directories.
        assertThat(restore(round, Replace.NEVER).skipped().get(SkipReason.EXISTS)).isEqualTo(64);
    }

    @Test
    void tenThousandLevelsAreRestored() throws Exception {
        MemoryRound round = new MemoryRound();
        StringBuilder path = new StringBuilder("d");
        for (int i = 1; i < 10_000; i++) {
            path.append("/d");
        }
        round.file(path + "/f", "deep").directory(path.toString(), 0711);
        RestoreReport report = restore(round, Replace.NEVER);
        assertThat(report.bare()).isEqualTo(9_999);
        assertTimes(path.toString());
    }

    @Test
    void nameThatIsTooLongIsReportedAndTheRestGoesOn() throws Exception {
        MemoryRound round = new MemoryRound().file("x".repeat(256), "x").file("y", "y");
        RestoreReport report = restore(round, Replace.NEVER);
        assertThat(report.failed()).isEqualTo(Map.of(Errno.ENAMETOOLONG, 1L));
        assertThat(target.text("y")).isEqualTo("y");
    }

    @Test
    void blocksAndTombstonesAreCounted() throws Exception {
        MemoryRound round = new MemoryRound();
        Stat stat = MemoryRound.stat(FileType.REGULAR, 0644, 1, 0, TIME);
        round.entry(
                MemoryRound.head(bytes("f"), stat),
                handler -> handler.block("LAYOUT", new byte[3]),
                DataState.INTACT);
        round.step(handler -> handler.deleted(bytes("gone"), false));
        RestoreReport report = restore(round, Replace.NEVER);
        assertThat(report.blocks()).isEqualTo(Map.of("LAYOUT", 1L));
        assertThat(report.tombstones()).isEqualTo(1);
    }
}
