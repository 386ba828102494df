package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** sluice-fd.so in a real File Daemon, with backends that do what a script says. */
class BaculaPluginITCase {
    private static final String TIMES = "C TSTAMP:1700000000 1700000001 1700000002\n";
    private static final String PREFIX = "at params\nC PREFIX:/@hpc/data\nF\nat stream\n";

    /** An entry of each kind, with all that an entry may have. */
    private static final String EVERY_KIND =
            file("a", "5 1000 1000 100640 2", 77, "D hel\nD lo\n")
                    + """
                    C TORN:5 Input/output error
                    C CHUNKS:0123456789abcdef 0123456789abcdef
                    C CHUNKS:0123456789abcdef
                    C SUM:5 0123456789abcdef
                    C XATTR
                    D user.k\\x00v
                    F
                    C ACL
                    D system.posix_acl_access\\x00\\x02\\x00
                    F
                    C HSM
                    D \\x00\\xff
                    F
                    """
                    + entry("b", "L 5 1000 1000 100640 2", "f 77 8:1 0:0", "LINK:/@hpc/data/a")
                    + entry("empty \\xe9\\n ", "E 0 0 0 100600 1", "f 78 8:1 0:0", null)
                    + entry("link", "S 5 4294967294 7 120777 2", "l 79 8:1 0:0", null)
                            .replace("C XSTAT", "C LSTAT: a b \nC XSTAT")
                    + entry(
                            "link2",
                            "L 5 4294967294 7 120777 2",
                            "l 79 8:1 0:0",
                            "LINK:/@hpc/data/link")
                    + entry("null", "E 0 0 0 020666 1", "c 80 8:1 1:3", null)
                    + entry("disk", "E 0 0 0 060660 1", "b 81 8:1 259:70000", null)
                    + entry("pipe", "E 0 0 0 010600 1", "p 82 8:1 0:0", null)
                    + entry("socket", "E 0 0 0 140755 1", "s 83 8:1 0:0", null)
                    + "C XATTR\nD trusted.s\\x00\nF\n"
                    + file(
                            "sparse",
                            "1000000 0 0 100600 1",
                            84,
                            "C EXTENT:0 3\nD abc\nC EXTENT:500000 2\nD de\n")
                    + "C SUM:5 0123456789abcdef\n"
                    + file("hole", "1000000 0 0 100600 1", 85, "C EXTENT:1000000 0\n")
                    + "C SUM:0 0123456789abcdef\n"
                    + file("laid out", "2 0 0 100600 1", 86, "D xy\n")
                            .replace("C DATA", "C LAYOUT\nD \\x00\\x01;\\n\nF\nC DATA")
                    + "C SUM:2 0123456789abcdef\n"
                    + entry("", "D 4096 0 0 042755 2", "d 2 8:1 0:0", null)
                    + "C XATTR\nD trusted.d\\x00\\xff\nF\n";

    @TempDir static Path directory;
    private static BaculaRig rig;
    private static ProcessHandle fd;

    private static String entry(String name, String stat, String xstat, String link) {
        return "C FNAME:/@hpc/data/"
                + name
                + "\nC STAT:"
                + stat
                + "\n"
                + TIMES
                + "C XSTAT:"
                + xstat
                + " 1700000000.123456789 1700000001.000000001 1700000002.500000000 -\n"
                + (link == null ? "" : "C " + link + "\n")
                + "F\nF\n";
    }

    private static String file(String name, String stat, int inode, String data) {
        String head = entry(name, "F " + stat, "f " + inode + " 8:1 0:0", null);
        return head.substring(0, head.length() - 2) + "C DATA\n" + data + "F\n";
    }

    @BeforeAll
    static void startBacula() throws IOException {
        BaculaRig.assumePossible();
        rig =
                new BaculaRig(directory.resolve("rig"))
                        .with("SLUICE_BACKEND", BaculaRig.scriptedBackend())
                        .with("SCRIPTED_DIRECTORY", directory);
        rig.plugins(BaculaRig.plugin()).up();
        fd = rig.fd();
    }

    @AfterAll
    static void stopBacula() throws IOException {
        if (rig != null) {
            rig.close();
        }
    }

    /** Whatever a backend did, the daemon is the same one and has no child. */
    @AfterEach
    void theDaemonLivesAndNoProcessIsLeft() throws IOException {
        assertThat(rig.fd().pid()).isEqualTo(fd.pid());
        assertThat(fd.children()).isEmpty();
        Files.deleteIfExists(directory.resolve("script"));
    }

    /** A job whose backend plays the script. */
    private static void play(String job, String script, Object... more) throws IOException {
        Path file = Files.writeString(directory.resolve(job + ".script"), script);
        rig.job(job, "sluice:path=/data;script=" + file, more);
    }

    /** The frames that a job's backend was sent, those of data joined, one to a line. */
    private static List<String> received(int job) throws IOException {
        byte[] bytes = Files.readAllBytes(directory.resolve("received-" + job));
        StringBuilder lines = new StringBuilder();
        char before = 0;
        for (int at = 0; at < bytes.length; ) {
            int length =
                    Integer.parseInt(new String(bytes, at + 1, 6, StandardCharsets.ISO_8859_1));
            char letter = (char) bytes[at];
            if (letter != 'D' || before != 'D') {
                lines.append(at == 0 ? "" : "\n").append(letter).append(length > 0 ? " " : "");
            }
            for (byte b : java.util.Arrays.copyOfRange(bytes, at + 8, at + 8 + length)) {
                boolean plain = b >= ' ' && b < 0x7f && b != '\\';
                lines.append(
                        plain
                                ? "" + (char) b
                                : b == '\n' ? "\\n" : String.format("\\x%02x", b & 0xff));
            }
            before = letter;
            at += 8 + length;
        }
        return lines.toString().lines().toList();
    }

    @Test
    void everyKindComesBackAsItWent() throws IOException {
        play("every", PREFIX + EVERY_KIND + "C DELETED:/@hpc/data/gone/\nF\n");
        BaculaRig.Ended backup = rig.run("every", "Full").succeeds();
        assertThat(backup.files()).isEqualTo(14);
        assertThat(
                        rig.sql(
                                "SELECT FileIndex||' '||Path||Filename FROM File NATURAL JOIN Path"
                                        + " WHERE JobId="
                                        + backup.id()
                                        + " AND Filename IN ('a','b','sparse','')"))
                .containsExactlyInAnyOrder(
                        "1 /@hpc/data/a",
                        "2 /@hpc/data/b",
                        "10 /@hpc/data/sparse",
                        "13 /@hpc/data/",
                        "-14 /@hpc/data/gone/");
        BaculaRig.Ended restore = rig.restore(backup.id(), "/w").succeeds();
        assertThat(restore.files()).isEqualTo(13);
        List<String> expected =
                EVERY_KIND
                        .replace("D hel\nD lo", "D hello")
                        .replace("FNAME:/@hpc", "FNAME:/w/@hpc")
                        .replace("LINK:/@hpc", "LINK:/w/@hpc")
                        // A hole at the end is stored by its last byte.
                        .replace("D de\nF\n", "D de\nC EXTENT:999999 1\nD \\x00\nF\n")
                        .replace("C EXTENT:1000000 0\n", "C EXTENT:999999 1\nD \\x00\n")
                        .lines()
                        .toList();
        List<String> received = received(restore.id());
        int start = received.indexOf("C RestoreStart\\n") + 1;
        assertThat(received.subList(start, received.size() - 3)).isEqualTo(expected);
        assertThat(received.subList(received.size() - 3, received.size()))
                .containsExactly("C FINISH\\n", "C END\\n", "T");
    }

    @Test
    void aBackendIsToldWhatTheJobIs() throws IOException {
        play("told", PREFIX + file("f", "1 0 0 100600 1", 5, "D x\n") + "C SUM:1 0\nF\n");
        BaculaRig.Ended full = rig.run("told", "Full").succeeds();
        assertThat(received(full.id()))
                .contains(
                        "C Hello sluice 1\\n",
                        "C Name=" + full.name() + "\\n",
                        "C JobID=" + full.id() + "\\n",
                        "C Type=B\\n",
                        "C Level=F\\n",
                        "C PrevJobName=\\n",
                        "C Accurate=0\\n",
                        "C line=path=/data;script=" + directory + "/told.script\\n",
                        "C BackupStart\\n");
        BaculaRig.Ended second = rig.run("told", "Incremental").succeeds();
        assertThat(received(second.id()))
                .contains("C Level=I\\n", "C PrevJobName=" + full.name() + "\\n")
                .anyMatch(line -> line.startsWith("C Since=1"));
        int restore = rig.restore(full.id(), "/w", "replace=never").succeeds().id();
        assertThat(received(restore))
                .contains("C Type=R\\n", "C Where=/w\\n", "C Replace=n\\n", "C line=\\n");
    }

    @Test
    void messagesStandInTheJobsLog() throws IOException {
        play(
                "says",
                PREFIX + "I just so\nW beware\nN left out\nQ it failed\nerror to the side\nF\n");
        BaculaRig.Ended ended = rig.run("says", "Full");
        assertThat(ended.status()).isEqualTo('T');
        assertThat(ended.errors()).isEqualTo(1);
        assertThat(ended.log())
                .contains(": just so\n", "Warning: beware\n", "left out\n", "Error: it failed\n")
                .contains(": to the side\n")
                .contains("Backup OK -- with warnings");
    }

    static Stream<List<String>> faults() {
        String head = entry("f", "F 70000 0 0 100600 1", "f 5 8:1 0:0", null);
        String data = head.substring(0, head.length() - 2) + "C DATA\nrandom 1000 1\n";
        return Stream.of(
                List.of(PREFIX + "error I fall\ndie 9\n", "by signal 9 before its work was done"),
                List.of(PREFIX + data + "exit 3\n", "with exit code 3 before its work was done"),
                List.of(PREFIX + data + "A no more can be read\n", "sluice: no more can be read"),
                List.of(PREFIX + data + "C SUM:1 0\n", "'C SUM:1 0' at byte"),
                List.of(PREFIX + "raw F00000x\\n\n", "a frame's length is not six digits at byte"),
                List.of("at params\nA path is missing\n", "sluice: path is missing"),
                List.of(PREFIX + "F\nat end\nexit 2\n", "with exit code 2"));
    }

    @ParameterizedTest
    @MethodSource("faults")
    void aBackendThatFailsFailsTheJob(List<String> fault) throws IOException {
        play("fault", fault.get(0));
        BaculaRig.Ended ended = rig.run("fault", "Full");
        assertThat(ended.status()).as(ended.log()).isEqualTo('f');
        assertThat(ended.log()).contains("Fatal error: sluice: ").contains(fault.get(1));
        assertThat(rig.sql("SELECT count(*) FROM File WHERE JobId=" + ended.id()))
                .containsExactly("0");
    }

    @Test
    void aCancelEndsABackendThatWouldSayNothingMore() throws Exception {
        Path fifo = directory.resolve("ready");
        Shell.run("mkfifo " + Shell.quote(fifo));
        play(
                "cancel",
                PREFIX
                        + file(
                                "f",
                                "70000 0 0 100600 1",
                                5,
                                "random 1000 1\nfile " + fifo + "\nsilence\n"));
        int job = rig.begin("cancel", "Full");
        // Opens when the backend does.
        try (var out = Files.newOutputStream(fifo)) {
            assertThat(fd.children()).hasSize(1);
        }
        rig.call("cancel", job);
        BaculaRig.Ended ended = rig.await(job);
        assertThat(ended.status()).isEqualTo('A');
        assertThat(ended.log()).doesNotContain("Fatal error: sluice");
        play("after", PREFIX + "F\n");
        rig.run("after", "Full").succeeds();
    }

    @Test
    void anAccurateJobKeepsTheNamesOfItsLinesAndNoOthers() throws IOException {
        Path tree = Files.createDirectories(directory.resolve("tree"));
        Path file = Files.writeString(tree.resolve("stock"), "stock");
        Path other = Files.writeString(tree.resolve("kept"), "kept");
        Files.setLastModifiedTime(other, FileTime.fromMillis(1_000_000_000_000L));
        Path script = directory.resolve("other.script");
        String names = entry("one", "E 0 0 0 100600 1", "f 5 8:1 0:0", null);
        Files.writeString(script, (PREFIX + names + "F\n").replace("/data", "/other"));
        Object[] more = {
            "--job",
            "Accurate = yes",
            "--plugin",
            "sluice:path=/other;script=" + script,
            "--file",
            tree
        };
        play("accurate", PREFIX + names + "F\n", more);
        assertThat(rig.run("accurate", "Full").succeeds().files()).isEqualTo(5);
        Files.delete(file);
        Files.writeString(script, PREFIX.replace("/data", "/other") + "F\n");
        play("accurate", PREFIX + "C DELETED:/@hpc/data/one\nF\n", more);
        int second = rig.run("accurate", "Incremental").succeeds().id();
        assertThat(
                        rig.sql(
                                "SELECT Path||Filename FROM File NATURAL JOIN Path"
                                        + " WHERE FileIndex < 0 AND JobId="
                                        + second))
                .containsExactlyInAnyOrder("/@hpc/data/one", file.toString());
    }

    @Test
    void anAccurateJobWhoseNamesAreNotKnownDeletesNothing() throws IOException {
        play("unknown", PREFIX + EVERY_KIND + "F\n", "--job", "Accurate = yes");
        rig.run("unknown", "Full").succeeds();
        play("unknown", "at stream\nF\n", "--job", "Accurate = yes");
        BaculaRig.Ended ended = rig.run("unknown", "Incremental");
        assertThat(ended.status()).isEqualTo('f');
        assertThat(ended.log())
                .contains("Fatal error: sluice: the backend does not say which names are its own");
        assertThat(rig.sql("SELECT count(*) FROM File WHERE JobId=" + ended.id()))
                .containsExactly("0");
    }

    @Test
    void blocksOfZerosThatBaculaLeavesOutComeBack() throws IOException {
        Path zeros = directory.resolve("zeros");
        // Frames of 60,000 zeros and one other byte at the end.
        byte[] frame = new byte[60_008];
        System.arraycopy("D060000\n".getBytes(StandardCharsets.US_ASCII), 0, frame, 0, 8);
        try (var out = Files.newOutputStream(zeros)) {
            for (int i = 0; i < 10; i++) {
                out.write(frame);
            }
        }
        String data = "random 100 1\nfile " + zeros + "\nrandom 1000 2\nfile " + zeros + "\n";
        play(
                "zeros",
                PREFIX + file("f", "1201100 0 0 100600 1", 5, data) + "C SUM:1201100 0\nF\n",
                "--options",
                "sparse = yes; compression = LZO");
        BaculaRig.Ended backup = rig.run("zeros", "Full").succeeds();
        play("plain", PREFIX + file("f", "1201100 0 0 100600 1", 5, data) + "C SUM:1201100 0\nF\n");
        BaculaRig.Ended plain = rig.run("plain", "Full").succeeds();
        assertThat(backup.bytes()).isLessThan(plain.bytes() / 2);
        List<String> first = received(rig.restore(backup.id(), "/w").succeeds().id());
        List<String> second = received(rig.restore(plain.id(), "/w").succeeds().id());
        int start = first.indexOf("C RestoreStart\\n");
        assertThat(first.subList(start, first.size()))
                .isEqualTo(second.subList(start, second.size()));
    }

    @Test
    void aBlockLargerThanARecordComesBackWhole() throws IOException {
        play(
                "large",
                PREFIX
                        + entry("e", "E 0 0 0 100600 1", "f 5 8:1 0:0", null)
                        + "C HSM\nrandom 3000000 3\nF\nC LAYOUT\nrandom 5 1\nF\nF\n");
        BaculaRig.Ended backup = rig.run("large", "Full").succeeds();
        List<String> received = received(rig.restore(backup.id(), "/w").succeeds().id());
        int start = received.indexOf("C HSM");
        assertThat(received.get(start + 1)).hasSizeGreaterThan(3_000_000);
        assertThat(received.subList(start + 2, start + 4)).containsExactly("F", "C LAYOUT");
    }

    @Test
    void aRestoreHearsItsBackend() throws IOException {
        play("heard", PREFIX + EVERY_KIND + "F\n");
        int backup = rig.run("heard", "Full").succeeds().id();
        Path script = directory.resolve("script");
        Files.writeString(
                script,
                "at entry 3\nQ cannot make it\nat finish\nI all done\nQ nor its directory\nF\n");
        BaculaRig.Ended errors = rig.restore(backup, "/w");
        // A backup with errors ends well, with warnings; a restore does not.
        assertThat(errors.status()).isEqualTo('E');
        assertThat(errors.errors()).isEqualTo(2);
        assertThat(errors.log())
                .contains("Error: cannot make it", "all done", "Error: nor its directory");
        Files.writeString(script, "at entry 3\ndie 9\n");
        BaculaRig.Ended dead = rig.restore(backup, "/w");
        assertThat(dead.status()).isEqualTo('f');
        assertThat(dead.log()).contains("Fatal error: sluice: the backend ended by signal 9");
        Files.writeString(script, "at finish\nA the target is full\n");
        assertThat(rig.restore(backup, "/w").status()).isEqualTo('f');
    }

    @Test
    void anEstimateListsHeads() throws IOException {
        String head = entry("f", "F 70000 0 0 100600 1", "f 5 8:1 0:0", null);
        play("estimate", PREFIX + head.substring(0, head.length() - 2) + "F\n");
        assertThat(rig.call("estimate", "estimate", "listing"))
                .contains("/@hpc/data/f", "2000 OK estimate files=1 bytes=70,000");
    }

    @Test
    void manyJobsRunAtOnce() throws IOException {
        Path fifo = directory.resolve("gate");
        Shell.run("mkfifo " + Shell.quote(fifo));
        int[] jobs = new int[6];
        for (int i = 0; i < jobs.length; i++) {
            play("at-once-" + i, PREFIX + EVERY_KIND + "await " + fifo + "\nF\n");
            jobs[i] = rig.begin("at-once-" + i, "Full");
        }
        // Each waits for one who opens it.
        Shell.run(
                "until [ \"$(ls -d /proc/*/exe 2>/dev/null | xargs -n1 readlink | grep -cFx "
                        + Shell.quote(BaculaRig.scriptedBackend())
                        + ")\" -ge 6 ]; do sleep 0.1; done; : > "
                        + Shell.quote(fifo));
        for (int job : jobs) {
            assertThat(rig.await(job).succeeds().files()).isEqualTo(13);
        }
    }

    @Test
    void anFdWithoutThePluginRestoresData() throws IOException {
        play("stock", PREFIX + EVERY_KIND + "F\n");
        int backup = rig.run("stock", "Full").succeeds().id();
        Path where = directory.resolve("stock");
        rig.plugins();
        try {
            assertThat(rig.restore(backup, where).status()).isEqualTo('T');
            Path data = where.resolve("@hpc/data");
            assertThat(data.resolve("a")).hasContent("hello");
            assertThat(Files.isSameFile(data.resolve("a"), data.resolve("b"))).isTrue();
            assertThat(data.resolve("sparse")).hasSize(1_000_000);
            assertThat(Files.readSymbolicLink(data.resolve("link"))).hasToString(" a b ");
        } finally {
            rig.plugins(BaculaRig.plugin());
            fd = rig.fd();
        }
    }
}
