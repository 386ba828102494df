package io.sluice.bacula.restore;

import static io.sluice.common.testing.TestTree.bytes;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.common.entry.Stat;
import io.sluice.common.entry.Timestamp;
import io.sluice.common.filesystem.FilesystemHooks;
import io.sluice.common.posix.Posix;
import io.sluice.common.testing.TestTree;
import io.sluice.ptcomm.codec.FrameReader;
import io.sluice.ptcomm.codec.ProtocolException;
import io.sluice.restore.RestoreReport;
import io.sluice.restore.SkipReason;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FdRestoreTest {
    @TempDir Path temporary;
    private TestTree target;
    private String where;
    private RestoreRig rig;
    private final EntryFrames frames = new EntryFrames();

    @BeforeEach
    void makeTarget() throws IOException {
        target = TestTree.in(temporary.resolve("target"));
        where = temporary.resolve("target").toString();
        rig = new RestoreRig(temporary.resolve("work"), where);
    }

    @AfterEach
    void nothingIsLeftBehind() throws IOException {
        if (Files.exists(rig.work)) {
            try (var left = Files.list(rig.work)) {
                assertThat(left).allMatch(path -> path.toString().endsWith(".report"));
            }
        }
        assertNoTemporaries(new byte[0]);
        target.close();
    }

    private void assertNoTemporaries(byte[] directory) throws IOException {
        for (byte[] name : target.names(directory)) {
            assertThat(new String(name, ISO_8859_1)).doesNotStartWith(".sluice-");
        }
    }

    private String summary() throws IOException {
        List<String> all = rig.frames();
        assertThat(all.get(all.size() - 1)).isEqualTo("F ");
        return all.get(all.size() - 2);
    }

    @Test
    void directoriesGetTheirAttributesThoughTheyComeFirst() throws Exception {
        frames.directory(where + "/@hpc/d/", "0555")
                .directory(where + "/@hpc/d/e/", "0500")
                .file(where + "/@hpc/d/e/f", "content")
                .file(where + "/@hpc/d/g", "other");
        RestoreReport report = rig.run(frames.finish());
        assertThat(summary()).startsWith("I restored to").contains("2 files, 2 directories");
        assertThat(report.isComplete()).isTrue();
        assertThat(target.text("d/e/f")).isEqualTo("content");
        assertThat(target.stat("d").mode()).isEqualTo(040555);
        assertThat(target.stat("d/e").mode()).isEqualTo(040500);
        Stat stat = Stat.of(target.stat("d"));
        assertThat(stat.modified()).isEqualTo(new Timestamp(1_000_000_001L, 500_000_000));
        assertThat(Stat.of(target.stat("d/g")).modified()).isEqualTo(stat.modified());
        assertThat(rig.work).isEmptyDirectory();
    }

    @Test
    void theNamespaceIsDroppedBehindWhereOnly() throws Exception {
        frames.file(where + "/@hpc/a/@hpc/b", "1")
                .file(where + "/@hpcx", "2")
                .file(where + "//@hpc/c", "3");
        rig.run(frames.finish());
        assertThat(target.text("a/@hpc/b")).isEqualTo("1");
        assertThat(target.text("@hpcx")).isEqualTo("2");
        assertThat(target.text("c")).isEqualTo("3");
    }

    @Test
    void restoresInPlaceFromTheRoot() throws Exception {
        target.file("a", "now");
        rig = new RestoreRig(temporary.resolve("work"), "");
        frames.file("/@hpc" + where + "/a", "then").file("/@hpc" + where + "/new/b", "b");
        RestoreReport report = rig.run(frames.finish());
        assertThat(target.text("a")).isEqualTo("then");
        assertThat(target.text("new/b")).isEqualTo("b");
        assertThat(report.files()).isEqualTo(2);
        assertThat(Path.of("/.sluice-restore")).doesNotExist();
        assertThat(rig.frames('W')).hasSize(1).first().asString().contains("1 directories");
    }

    @Test
    void whereIsMadeAndGetsTheRootsAttributes() throws Exception {
        where = where + "/x/y";
        rig = new RestoreRig(temporary.resolve("work"), where + "/");
        frames.file(where + "/@hpc/a", "1").directory(where + "/@hpc/", "0751");
        rig.run(frames.finish());
        assertThat(target.stat("x/y").mode()).isEqualTo(040751);
        assertThat(target.text("x/y/a")).isEqualTo("1");
    }

    @Test
    void eachReplaceRuleHolds() throws Exception {
        for (String letter : List.of("a", "w", "n", "o", "")) {
            target.clear();
            for (String name : List.of("older", "newer", "same")) {
                target.file(name, "now").times(name, 5, 1_000_000_001L, 500_000_000);
            }
            EntryFrames all =
                    new EntryFrames()
                            .file(where + "/older", "then", 999_999_999L, 1)
                            .file(where + "/newer", "then", 1_000_000_003L, 1)
                            .file(where + "/same", "then", 1_000_000_001L, 1)
                            .file(where + "/absent", "then", 1_000_000_001L, 1);
            RestoreReport report = rig.replace(letter).run(all.finish());
            List<String> replaced = new ArrayList<>();
            for (String name : List.of("older", "newer", "same", "absent")) {
                if (target.text(name).equals("then")) {
                    replaced.add(name);
                }
            }
            List<String> expected =
                    switch (letter) {
                        case "w" -> List.of("newer", "absent");
                        case "n" -> List.of("absent");
                        case "o" -> List.of("older", "absent");
                        default -> List.of("older", "newer", "same", "absent");
                    };
            assertThat(replaced).as(letter).isEqualTo(expected);
            assertThat(report.skipped().getOrDefault(SkipReason.EXISTS, 0L))
                    .isEqualTo(4 - expected.size());
            assertThat(rig.frames('Q')).isEmpty();
        }
        assertThatThrownBy(() -> rig.replace("x").run(new EntryFrames().finish()))
                .hasMessageContaining("Replace=x");
    }

    @Test
    void linksAreMadeWhateverComesFirst() throws Exception {
        frames.link(where + "/@hpc/b", where + "/@hpc/d/a", 1)
                .file(where + "/@hpc/d/a", "a", 1_000_000_001L, 2)
                .link(where + "/@hpc/c", where + "/@hpc/d/a", 1);
        RestoreReport report = rig.run(frames.finish());
        assertThat(report.links()).isEqualTo(2);
        assertThat(target.stat("b").inode()).isEqualTo(target.stat("d/a").inode());
        assertThat(target.stat("c").links()).isEqualTo(3);
    }

    @Test
    void linkWhoseFileIsNotSelectedIsAnErrorThatNamesIt() throws Exception {
        frames.link(where + "/@hpc/b", where + "/@hpc/d/a", 1);
        rig.run(frames.finish());
        assertThat(rig.frames('Q').get(0))
                .contains(where + "/b'", "ENOENT", where + "/d/a'", "select that file too");
        assertThat(summary()).startsWith("Q ").contains("1 failed");
        assertThat(target.names(new byte[0])).isEmpty();
    }

    /** The link from one backup; its file's name, of another file meanwhile, from the next. */
    @Test
    void linkNeverJoinsAnotherFileOfItsFilesName() throws Exception {
        String path = where + "/@hpc/d/a";
        frames.identity("77", "8:1", "1000000000.000000001")
                .link(where + "/@hpc/inode", path, 1)
                .identity("78", "8:1", "1000000000.000000002")
                .link(where + "/@hpc/born", path, 1)
                .identity("78", "8:1", "1000000000.000000001")
                .file(path, "b", 1_000_000_001L, 2)
                .identity("78", "9:2", "1000000000.000000001")
                .link(where + "/@hpc/same", path, 1);
        RestoreReport report = rig.run(frames.finish());
        assertThat(report.links()).isEqualTo(1);
        assertThat(target.stat("same").inode()).isEqualTo(target.stat("d/a").inode());
        assertThat(target.names(new byte[0])).hasSize(2);
        assertThat(rig.frames('Q')).hasSize(3);
        for (String line : rig.frames('Q').subList(0, 2)) {
            assertThat(line).contains("ENOENT", "another file as '" + where + "/d/a'");
            assertThat(line).contains("earlier backup", "select that file too");
        }
        assertThat(summary()).startsWith("Q ").contains("2 failed");
    }

    /** In place, where one name was lost, or all is kept that is there. */
    @Test
    void linkJoinsTheUnchangedFileThatIsThere() throws Exception {
        target.directory("d").file("d/a", "a").mode("d/a", 0644);
        target.owner(bytes("d/a"), 0, 0).times("d/a", 5, 1_000_000_001L, 500_000_000);
        frames.link(where + "/@hpc/b", where + "/@hpc/d/a", 1);
        assertThat(rig.run(frames.finish()).links()).isEqualTo(1);
        assertThat(target.stat("b").inode()).isEqualTo(target.stat("d/a").inode());
        EntryFrames again =
                new EntryFrames()
                        .file(where + "/@hpc/d/a", "a", 1_000_000_001L, 2)
                        .link(where + "/@hpc/c", where + "/@hpc/d/a", 1);
        rig.replace("n").run(again.finish());
        assertThat(target.stat("c").links()).isEqualTo(3);
        target.times("d/a", 5, 1_000_000_009L, 0);
        rig.run(new EntryFrames().link(where + "/e", where + "/d/a", 1).finish());
        assertThat(rig.frames('Q').get(0)).contains("/e", "ENOENT");
    }

    @Test
    void messagesThatNobodyReadsYetStopNothing() throws Exception {
        for (int i = 0; i < 90; i++) {
            frames.file(where + "/../" + "x".repeat(1500) + i, "a");
            frames.link(where + "/" + "y".repeat(1500) + i, where + "/none", 1);
        }
        byte[] stream = frames.file(where + "/last", "z".repeat(5 << 20)).finish();
        Pipe in = Pipe.open();
        Pipe out = Pipe.open();
        CompletableFuture<RestoreReport> restore =
                CompletableFuture.supplyAsync(
                        () -> {
                            try {
                                return rig.run(in.source(), out.sink());
                            } catch (IOException | InterruptedException e) {
                                throw new IllegalStateException(e);
                            }
                        });
        // Nothing is read before all is written: more than pipes and buffers hold, both ways.
        ByteBuffer frames = ByteBuffer.wrap(stream);
        while (frames.hasRemaining()) {
            in.sink().write(frames);
        }
        FrameReader answers = new FrameReader(out.source());
        int errors = 0;
        while (answers.next() && answers.letter() != 'F') {
            errors += answers.letter() == 'Q' ? 1 : 0;
        }
        assertThat(errors).isEqualTo(181);
        assertThat(restore.get().files()).isEqualTo(1);
    }

    @Test
    void differingChecksumReplacesNothingAndIsTold() throws Exception {
        target.file("there", "now");
        for (String name : List.of("there", "absent")) {
            frames.head(where + "/" + name, "F 4 0 0 104755 1", 'f')
                    .command("DATA")
                    .data("thex")
                    .end()
                    .sum("then");
        }
        RestoreReport report = rig.run(frames.finish());
        assertThat(target.text("there")).isEqualTo("now");
        assertThat(target.text("absent")).isEqualTo("thex");
        assertThat(report.damaged()).isEqualTo(1);
        assertThat(rig.frames('Q')).hasSize(3);
        assertThat(rig.frames('Q').get(0)).contains("there", "not restored", "damaged");
        assertThat(rig.frames('Q').get(1)).contains("absent", "damaged");
    }

    @Test
    void tornFileReplacesNothingAndIsTold() throws Exception {
        target.file("there", "now");
        for (String name : List.of("there", "absent")) {
            frames.head(where + "/" + name, "F 4 0 0 100644 1", 'f')
                    .command("DATA")
                    .data("then")
                    .end()
                    .command("TORN:5 input/output error (EIO)")
                    .sum("then");
        }
        rig.run(frames.finish());
        assertThat(target.text("there")).isEqualTo("now");
        assertThat(target.text("absent")).isEqualTo("then");
        assertThat(rig.frames('N')).hasSize(1).first().asString().contains("there", "torn");
        assertThat(rig.frames('Q').get(0)).contains("absent", "torn at backup", "EIO");
    }

    /** A volume that has lost records, or a device that has died in mid-file. */
    @Test
    void lostChecksumReplacesNothingAndIsTold() throws Exception {
        target.file("there", "now").file("holes", "now");
        for (String name : List.of("there", "absent")) {
            frames.head(where + "/" + name, "F 4 0 0 100644 1", 'f')
                    .command("DATA")
                    .data("then")
                    .end()
                    .block("XATTR", "user.a\0b");
        }
        frames.head(where + "/holes", "F 9000000 0 0 100644 1", 'f')
                .command("DATA")
                .command("EXTENT:0 4")
                .data("then")
                .command("EXTENT:8000000 4")
                .data("then")
                .end();
        RestoreReport report = rig.run(frames.finish());
        assertThat(target.text("there") + target.text("holes")).isEqualTo("nownow");
        assertThat(target.text("absent")).isEqualTo("then");
        assertThat(report.damaged()).isEqualTo(2);
        assertThat(rig.frames('Q')).hasSize(4);
        assertThat(rig.frames('Q').get(0)).contains("there", "not restored", "its end is lost");
        assertThat(rig.frames('Q').get(1)).contains("absent", "damaged", "its end is lost");
        assertThat(rig.frames('Q').get(2)).contains("holes", "not restored", "its end is lost");
        assertThat(summary()).startsWith("Q ");
    }

    @Test
    void checksumOrDataBehindABlockVerifiesNothing() throws Exception {
        target.file("late", "now").file("more", "now");
        frames.head(where + "/late", "F 4 0 0 100644 1", 'f')
                .command("DATA")
                .data("then")
                .end()
                .block("XATTR", "user.a\0b")
                .sum("then");
        frames.file(where + "/more", "then")
                .block("XATTR", "user.a\0b")
                .command("DATA")
                .data("x")
                .end();
        RestoreReport report = rig.run(frames.finish());
        assertThat(target.text("late") + target.text("more")).isEqualTo("nownow");
        assertThat(report.damaged()).isEqualTo(2);
    }

    @Test
    void dataThatDoesNotEndIsGivenUp() throws Exception {
        target.file("there", "now");
        for (String name : List.of("there", "absent", "with records", "last")) {
            frames.head(where + "/" + name, "F 4 0 0 100644 1", 'f').command("DATA").data("then");
            if (name.equals("with records")) {
                frames.block("XATTR", "user.a\0b").sum("then");
            }
        }
        RestoreReport report = rig.run(frames.finish());
        assertThat(target.text("there")).isEqualTo("now");
        assertThat(target.names(new byte[0])).hasSize(1);
        assertThat(report.damaged()).isEqualTo(4);
        assertThat(rig.frames('Q')).hasSize(5);
        assertThat(summary()).startsWith("Q ").contains("4 damaged");
    }

    @Test
    void releasedFileIsSkippedWithALineAndNothingIsReplaced() throws Exception {
        target.file("tape", "now");
        frames.head(where + "/@hpc/tape", "F 4 0 0 100644 1", 'f')
                .block("LAYOUT", "l")
                .end()
                .block("XATTR", "user.a\0b")
                .block("HSM", "released");
        frames.head(where + "/@hpc/metadata", "F 4 0 0 100644 1", 'f').end();
        RestoreReport report = rig.run(frames.finish());
        assertThat(target.text("tape")).isEqualTo("now");
        assertThat(target.names(new byte[0])).hasSize(1);
        assertThat(rig.frames('N').get(0)).contains("tape", "on tape");
        assertThat(report.skipped())
                .isEqualTo(Map.of(SkipReason.RELEASED, 1L, SkipReason.NO_DATA, 1L));
    }

    @Test
    void hooksMakeFilesWithLayoutsAndReleasedOnes() throws Exception {
        List<String> calls = new ArrayList<>();
        rig.hooks(
                new FilesystemHooks() {
                    @Override
                    public int create(int parent, byte[] name, int flags, int mode, byte[] layout) {
                        calls.add("create " + new String(layout, UTF_8));
                        return Posix.openOrErrno(parent, name, flags, mode);
                    }

                    @Override
                    public int createReleased(
                            int parent, byte[] name, Stat stat, byte[] layout, byte[] hsm) {
                        calls.add("released " + stat.size() + " " + new String(hsm, UTF_8));
                        int flags = Posix.O_WRONLY | Posix.O_CREAT | Posix.O_EXCL;
                        int fd = Posix.openOrErrno(parent, name, flags, 0600);
                        return Posix.ftruncateOrErrno(fd, stat.size()) < 0 ? -5 : fd;
                    }

                    @Override
                    public int apply(int descriptor, String kind, byte[] content) {
                        calls.add("apply " + kind + " " + new String(content, UTF_8));
                        return 0;
                    }
                });
        frames.head(where + "/a", "F 4 0 0 100644 1", 'f')
                .block("LAYOUT", "striped")
                .command("DATA")
                .data("then")
                .end()
                .sum("then")
                .block("HSM", "archived");
        frames.head(where + "/tape", "F 9 0 0 100640 1", 'f').end().block("HSM", "released");
        frames.head(where + "/d/", "D 4096 0 0 040700 2", 'd').block("LAYOUT", "default").end();
        RestoreReport report = rig.run(frames.finish());
        assertThat(rig.frames('Q')).isEmpty();
        assertThat(calls)
                .containsExactly(
                        "create striped",
                        "apply HSM archived",
                        "released 9 released",
                        "apply LAYOUT default");
        assertThat(target.text("a")).isEqualTo("then");
        assertThat(target.stat("tape").size()).isEqualTo(9);
        assertThat(target.stat("tape").mode()).isEqualTo(0100640);
        assertThat(report.blocks()).isEmpty();
        assertThat(report.files()).isEqualTo(2);
    }

    @Test
    void blocksThatNothingAppliesAreToldOnce() throws Exception {
        for (int i = 0; i < 3; i++) {
            frames.head(where + "/" + i, "F 4 0 0 100644 1", 'f')
                    .block("LAYOUT", "striped")
                    .command("DATA")
                    .data("then")
                    .end()
                    .sum("then");
        }
        rig.run(frames.finish());
        assertThat(target.text("2")).isEqualTo("then");
        assertThat(rig.frames('W')).hasSize(1).first().asString().contains("LAYOUT of 3");
        assertThat(summary()).startsWith("I ");
    }

    @Test
    void linesOfOneKindAreCountedBeyondAHundredAndAllAreInTheReport() throws Exception {
        for (int i = 0; i < 250; i++) {
            frames.link(where + "/l" + i, where + "/none", 1);
        }
        rig.run(frames.finish());
        List<String> errors = rig.frames('Q');
        assertThat(errors).hasSize(102);
        assertThat(errors.get(100)).contains("150 more", ".report");
        Path report = rig.work.resolve("restore-Restore.2026-11-21_22.00.00_07.report");
        assertThat(Files.readAllLines(report)).hasSize(250).allMatch(line -> line.startsWith("Q "));
    }

    @Test
    void endInMidEntryLeavesNoHalfFileAndCompletesWhatHasCome() throws Exception {
        target.file("f", "now");
        EntryFrames whole =
                new EntryFrames()
                        .directory(where + "/d/", "0750")
                        .file(where + "/d/a", "a", 1_000_000_001L, 2)
                        .link(where + "/b", where + "/d/a", 1)
                        .file(where + "/f", "x".repeat(100_000));
        byte[] stream = whole.unfinished();
        for (int cut = stream.length; cut > 200; cut -= 17_321) {
            byte[] part = Arrays.copyOf(stream, cut);
            assertThatThrownBy(() -> rig.run(part)).isInstanceOf(ProtocolException.class);
            assertThat(target.text("f")).isEqualTo("now");
            assertThat(target.stat("d").mode()).isEqualTo(040750);
            assertNoTemporaries(bytes("d"));
            List<String> all = rig.frames();
            assertThat(all.get(all.size() - 1)).startsWith("Q restored, up to where");
        }
        assertThat(target.stat("b").links()).isEqualTo(2);
    }

    @Test
    void termFrameEndsTheRestore() throws Exception {
        frames.file(where + "/a", "a").raw("T000000\n");
        assertThatThrownBy(() -> rig.run(frames.unfinished()))
                .isInstanceOf(ProtocolException.class);
        assertThat(target.names(new byte[0])).isEmpty();
    }

    @Test
    void termFrameCostsTheLastEntryAloneAndTheRestIsCompleted() throws Exception {
        target.file("there", "now");
        frames.directory(where + "/d/", "0750")
                .file(where + "/d/a", "a", 1_000_000_001L, 2)
                .link(where + "/b", where + "/d/a", 1)
                .head(where + "/there", "F 90 0 0 100644 1", 'f')
                .command("DATA")
                .command("EXTENT:0 4")
                .data("then")
                .raw("T000000\n");
        assertThatThrownBy(() -> rig.run(frames.unfinished()))
                .isInstanceOf(ProtocolException.class);
        assertThat(target.text("there")).isEqualTo("now");
        assertThat(target.stat("d").mode()).isEqualTo(040750);
        assertThat(target.stat("b").inode()).isEqualTo(target.stat("d/a").inode());
        assertThat(rig.frames('Q').get(0)).contains("there", "its end is lost");
        assertThat(rig.frames('Q').get(1)).contains("up to where the FD ended it", "1 damaged");
    }

    @Test
    void restoreAfterAKilledOneFindsNothingOfIt() throws Exception {
        target.file("f", "now");
        Process child =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-cp",
                                System.getProperty("java.class.path"),
                                RestoreChild.class.getName(),
                                where,
                                rig.work.toString())
                        .start();
        try {
            EntryFrames half =
                    new EntryFrames()
                            .head(where + "/f", "F 90000 0 0 100644 1", 'f')
                            .block("LAYOUT", "any")
                            .command("DATA")
                            .data("x".repeat(60_000));
            child.getOutputStream().write(half.unfinished());
            child.getOutputStream().flush();
            BufferedReader told = child.errorReader();
            String line = told.readLine();
            while (line != null && !line.equals("begun")) {
                line = told.readLine();
            }
            assertThat(line).isEqualTo("begun");
        } finally {
            child.destroyForcibly().waitFor();
        }
        assertThat(target.names(new byte[0])).hasSize(2);
        rig.run(new EntryFrames().file(where + "/g", "g").finish());
        assertThat(target.names(new byte[0])).hasSize(2);
        assertThat(target.text("f") + target.text("g")).isEqualTo("nowg");
        assertThat(rig.frames('W')).hasSize(1).first().asString().contains("killed");
    }

    @Test
    void killedRestoreLeavesItsTemporaryNamesToTheNextOneOfItsHost() throws Exception {
        target.directory("d").file("d/.sluice-0123456789abcdef", "half");
        Path left = Files.createDirectories(rig.work.resolve("sluice-restore-01234567"));
        LeftJournal.write(left, 0x01234567, bytes(where), "another-host", bytes("d"));
        rig.run(new EntryFrames().file(where + "/a", "a").finish());
        assertThat(target.names(bytes("d"))).hasSize(1);
        assertThat(left).exists();
        String host = Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        LeftJournal.write(left, 0x01234567, bytes(where), host, bytes("d"));
        rig.run(new EntryFrames().file(where + "/a", "a").finish());
        assertThat(target.names(bytes("d"))).isEmpty();
        assertThat(rig.frames('W')).hasSize(1).first().asString().contains("killed", "always");
        assertThat(left).doesNotExist();
    }

    @Test
    void spilledFilesOfAKilledRestoreGoWithIt() throws Exception {
        String host = Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        Path left = Files.createDirectories(rig.work.resolve("sluice-restore-01234567"));
        LeftJournal.write(left, 0x01234567, bytes(where), host, new byte[0]);
        Files.writeString(left.resolve("sluice-sort-123.run"), "records");
        Path old = Files.createDirectories(rig.work.resolve("sluice-restore-89abcdef"));
        Files.writeString(old.resolve("sluice-sort-456.run"), "records");
        Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofDays(2))));
        rig.run(frames.file(where + "/a", "a").finish());
        assertThat(summary()).startsWith("I ");
        assertThat(left).doesNotExist();
        assertThat(old).doesNotExist();
    }

    @Test
    void whatCannotBeTakenOverIsToldAndStopsNothing() throws Exception {
        String host = Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        Path left = Files.createDirectories(rig.work.resolve("sluice-restore-01234567"));
        LeftJournal.write(left, 0x01234567, bytes(where), host, new byte[0]);
        Path foreign = Files.writeString(left.resolve("foreign"), "text");
        rig.run(frames.file(where + "/a", "a").finish());
        assertThat(summary()).startsWith("I ");
        assertThat(target.text("a")).isEqualTo("a");
        assertThat(rig.frames('W')).anyMatch(line -> line.contains("cannot be removed"));
        assertThat(foreign).hasContent("text");
        Files.delete(foreign);
        Files.delete(left);
    }

    @Test
    void restoreIsCompleteThoughItsWorkingDirectoryStays() throws Exception {
        List<Path> own = new ArrayList<>();
        rig.hooks(
                new FilesystemHooks() {
                    @Override
                    public int create(int parent, byte[] name, int flags, int mode, byte[] layout) {
                        try (var all = Files.list(rig.work)) {
                            Path directory = all.findFirst().orElseThrow();
                            own.add(directory);
                            Files.writeString(directory.resolve("foreign"), "text");
                            Files.writeString(directory.resolve("sluice-sort-1.run"), "records");
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                        return Posix.openOrErrno(parent, name, flags, mode);
                    }
                });
        frames.head(where + "/a", "F 4 0 0 100644 1", 'f')
                .block("LAYOUT", "striped")
                .command("DATA")
                .data("then")
                .end()
                .sum("then");
        rig.run(frames.finish());
        assertThat(summary()).startsWith("I ");
        assertThat(target.text("a")).isEqualTo("then");
        try (var left = Files.list(own.get(0))) {
            assertThat(left).containsExactly(own.get(0).resolve("foreign"));
        }
        Files.delete(own.get(0).resolve("foreign"));
        Files.delete(own.get(0));
    }
}
