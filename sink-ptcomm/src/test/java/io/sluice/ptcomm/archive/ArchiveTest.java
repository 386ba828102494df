package io.sluice.ptcomm.archive;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.common.SluiceException;
import io.sluice.common.posix.Posix;
import io.sluice.common.round.Receipt;
import io.sluice.common.testing.Privileges;
import io.sluice.ptcomm.codec.SampleEntry;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArchiveTest {
    @TempDir Path temporary;
    private Path directory;
    private byte[] archive;

    @BeforeEach
    void path() {
        directory = temporary.resolve("archive");
        archive = TestArchive.bytes(directory);
    }

    private Archive backup() {
        return Archive.openForBackup(archive, TestArchive.SOURCE, 1);
    }

    private void write(String name, String content) throws IOException {
        Files.createDirectories(directory.resolve(name).getParent());
        Files.writeString(directory.resolve(name), content);
    }

    @Test
    void archiveIsMadeOfAMissingAndOfAnEmptyDirectory() throws IOException {
        backup().close();
        assertThat(Files.readString(directory.resolve("archive.json")))
                .containsSubsequence("\"format\" : 3", "\"path\" : \"/usr\"", "\"shards\" : 1");
        backup().close();
        archive = TestArchive.bytes(Files.createDirectory(temporary.resolve("empty")));
        try (Archive open = backup()) {
            assertThat(open.description()).isEqualTo(new ArchiveDescription(3, "/usr", 1, "here"));
            assertThat(open.rounds()).isEmpty();
        }
    }

    @Test
    void everythingIsPrivate() throws IOException {
        TestArchive.round(archive, Compression.ZSTD, TestArchive.files(2, 10), 1000);
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.toList()) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                        .as(path.toString())
                        .isEqualTo(Files.isDirectory(path) ? "rwx------" : "rw-------");
            }
        }
    }

    @Test
    void whatIsNoArchiveIsNamedInOneLine() throws IOException {
        assertThatThrownBy(() -> Archive.openForReading(archive))
                .isInstanceOf(SluiceException.class)
                .hasMessage("archive '" + directory + "' does not exist");
        assertThatThrownBy(
                        () ->
                                Archive.openForBackup(
                                        TestArchive.bytes(directory.resolve("a/b")),
                                        TestArchive.SOURCE,
                                        1))
                .hasMessage(
                        "archive '"
                                + directory
                                + "/a/b' cannot be made: its parent directory does not exist");
        write("file", "x");
        assertThatThrownBy(() -> Archive.openForReading(archive))
                .hasMessage("'" + directory + "' is not an archive: it has no archive.json");
        assertThatThrownBy(this::backup)
                .hasMessageContaining("is not an archive: it is not empty and has no archive.json");
        assertThat(directory.toFile().list()).containsExactly("file");
        assertThatThrownBy(
                        () -> Archive.openForReading(TestArchive.bytes(directory.resolve("file"))))
                .hasMessageContaining("not a directory (ENOTDIR)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "{}",
                "{\"format\": 0}",
                "{\"format\": 1}",
                "{\"format\":\"1\"}"
            })
    void damagedDescriptionIsNamed(String json) throws IOException {
        write("archive.json", json);
        assertThatThrownBy(() -> Archive.openForReading(archive))
                .isInstanceOf(SluiceException.class)
                .hasMessageStartingWith("archive '" + directory + "': archive.json is damaged: ")
                .hasMessageNotContaining("\n");
        assertThatThrownBy(this::backup).isInstanceOf(SluiceException.class);
        assertThat(Files.readString(directory.resolve("archive.json"))).isEqualTo(json);
    }

    @Test
    void newerFormatIsRefusedAndUnknownFieldsAreNot() throws IOException {
        write("archive.json", "{\"format\": 4, \"new\": {}}");
        assertThatThrownBy(() -> Archive.openForReading(archive))
                .hasMessageContaining("has format 4, this version reads up to 3: use a newer one");
        write("archive.json", "{\"format\":1,\"path\":\"/usr\",\"shards\":2,\"new\":{}}");
        try (Archive open = Archive.openForReading(archive)) {
            assertThat(open.description().shards()).isEqualTo(2);
        }
    }

    @Test
    void archiveOfAnotherPathIsRefused() {
        backup().close();
        assertThatThrownBy(() -> Archive.openForBackup(archive, "/etc".getBytes(UTF_8), 1))
                .hasMessage(
                        "archive '"
                                + directory
                                + "' holds '/usr', not '/etc': use another directory");
        // And the refusal gave the lock back.
        backup().close();
    }

    @Test
    void firstBackupThatDiedBeforeTheDescriptionIsNoHindrance() throws IOException {
        backup().close();
        Files.move(directory.resolve("archive.json"), directory.resolve("archive.json.tmp"));
        backup().close();
        assertThat(directory.resolve("archive.json")).exists();
    }

    @Test
    void roundsAppearWhenTheyAreCommitted() throws IOException {
        try (Archive open = backup()) {
            assertThatThrownBy(open::latest).hasMessageContaining("holds no complete round yet");
            open.beginRound(1);
            assertThat(open.rounds()).isEmpty();
        }
        Manifest second =
                TestArchive.round(archive, Compression.NONE, TestArchive.files(3, 5), 1000);
        Manifest third = TestArchive.round(archive, Compression.ZSTD, List.of(), 1000);
        try (Archive open = Archive.openForReading(archive)) {
            assertThat(open.rounds()).containsExactly(second, third);
            assertThat(open.roundNumbers()).containsExactly(2, 3);
            assertThat(open.latest().manifest()).isEqualTo(third);
            assertThatThrownBy(() -> open.round(1))
                    .hasMessage("archive '" + directory + "' has no round 1; it has [2, 3]");
            assertThatThrownBy(() -> open.beginRound(4)).isInstanceOf(IllegalStateException.class);
        }
        assertThat(Files.readString(directory.resolve("rounds/2/manifest.json")))
                .contains("\"compression\" : \"none\"")
                .contains("\"started\" : \"2026-11-21T02:33:00Z\"")
                .containsPattern("\"xxh3\" : \"[0-9a-f]{16}\"");
    }

    @Test
    void numberOfAFailedRoundIsNotUsedAgain() {
        try (Archive open = backup()) {
            assertThat(open.nextRound()).isEqualTo(1);
            open.beginRound(1);
            assertThat(open.nextRound()).isEqualTo(2);
            open.removeLeftovers();
            assertThat(directory.resolve("rounds")).isEmptyDirectory();
            assertThat(open.nextRound()).isEqualTo(2);
            assertThatThrownBy(() -> open.beginRound(1))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void roundNumbersAreSafeWithoutTheCounterToo() throws IOException {
        TestArchive.round(archive, Compression.NONE, List.of(), 1000);
        Files.delete(directory.resolve("state/last-round"));
        Files.createDirectories(directory.resolve("state/savepoints/7"));
        try (Archive open = backup()) {
            assertThat(open.nextRound()).isEqualTo(8);
        }
        write("state/last-round", "?");
        try (Archive open = backup()) {
            assertThatThrownBy(open::nextRound)
                    .hasMessageContaining("state/last-round is damaged: write");
        }
    }

    @Test
    void leftoversAreRemovedAndNoLinkIsFollowed() throws IOException {
        TestArchive.round(archive, Compression.NONE, TestArchive.files(3, 5), 1000);
        Path outside = Files.createDirectory(temporary.resolve("outside"));
        Files.writeString(outside.resolve("precious"), "x");
        write("rounds/2/shard-0.0d9c.0.0.ptcomm", "half");
        Files.createSymbolicLink(directory.resolve("rounds/2/link"), outside);
        Files.createSymbolicLink(directory.resolve("rounds/3"), outside);
        write("state/work/db/000001.sst", "x");
        Files.createSymbolicLink(directory.resolve("state/work/link"), outside);
        write("rounds/notes/mine", "x");
        write("rounds/2.sluice-deleted/half", "a crash interrupted this deletion, and a later one");
        write("rounds/4.sluice-deleted/half", "the same");
        write("state/savepoints/5.sluice-deleted/_metadata", "the same");
        write("state/work.sluice-deleted/000001.sst", "the same");
        try (Archive open = backup()) {
            open.removeLeftovers();
            assertThat(open.roundNumbers()).containsExactly(1);
        }
        assertThat(directory.resolve("rounds").toFile().list())
                .containsExactlyInAnyOrder("1", "3", "notes");
        assertThat(directory.resolve("state").toFile().list())
                .containsExactlyInAnyOrder("last-round", "savepoints");
        assertThat(directory.resolve("state/savepoints")).isEmptyDirectory();
        assertThat(directory.resolve("state/work")).doesNotExist();
        assertThat(directory.resolve("rounds/notes/mine")).exists();
        assertThat(outside.resolve("precious")).exists();
        assertThat(TestArchive.read(archive).entries()).hasSize(3);
    }

    /** The job of a killed client, on a cluster, goes on until the cluster misses the client. */
    @Test
    void leftoversAreRemovedWhileADyingJobWritesThere() throws Exception {
        TestArchive.round(archive, Compression.NONE, TestArchive.files(3, 5), 1000);
        for (int i = 0; i < 2000; i++) {
            write("rounds/2/shard-0.0d9c.0." + i + ".ptcomm", "half");
        }
        AtomicInteger written = new AtomicInteger();
        Thread writer =
                new Thread(
                        () -> {
                            try {
                                while (true) {
                                    Files.writeString(
                                            directory.resolve("rounds/2/late-" + written.get()),
                                            "x");
                                    written.incrementAndGet();
                                }
                            } catch (IOException e) {
                                // The directory is gone.
                                return;
                            }
                        });
        writer.start();
        try (Archive open = backup()) {
            open.removeLeftovers();
        }
        writer.join();
        assertThat(written.get()).isPositive();
        assertThat(directory.resolve("rounds/2")).doesNotExist();
    }

    /** As root nothing is out of reach, so this is done as another user. */
    @Test
    void aRoundWhoseManifestCannotBeLookedAtIsNeverTakenForALeftover() throws Exception {
        assumeTrue(Privileges.isRoot(), "needs root to become another user");
        TestArchive.round(archive, Compression.NONE, TestArchive.files(3, 5), 1000);
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxr-xr-x"));
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.toList()) {
                assertThat(
                                Posix.chownOrErrno(
                                        Posix.AT_FDCWD, TestArchive.bytes(path), 65534, 65534))
                        .isZero();
            }
        }
        Path round = directory.resolve("rounds/1");
        Files.setPosixFilePermissions(round, PosixFilePermissions.fromString("rw-------"));
        Privileges.asNobody(
                () -> {
                    try (Archive open = backup()) {
                        assertThatThrownBy(open::removeLeftovers)
                                .isInstanceOf(SluiceException.class);
                        assertThatThrownBy(open::roundNumbers).isInstanceOf(SluiceException.class);
                    }
                    return null;
                });
        Files.setPosixFilePermissions(round, PosixFilePermissions.fromString("rwx------"));
        assertThat(TestArchive.read(archive).entries()).hasSize(3);
    }

    @Test
    void segmentsOfOlderAttemptsGoWithTheCommit() throws IOException {
        try (Archive open = backup()) {
            open.beginRound(1);
            SegmentConfig config = new SegmentConfig(archive, 1, "run", Compression.NONE);
            TestArchive.write(config.open(0, 0), TestArchive.files(2, 5));
            Receipt receipt = TestArchive.write(config.open(0, 1), TestArchive.files(3, 5));
            write("rounds/1/report.json", "{}");
            write("rounds/1/owed.jsonl.0123456789abcdef.part", "{}");
            open.commit(TestArchive.manifest(1, Compression.NONE, List.of(receipt)));
        }
        assertThat(directory.resolve("rounds/1").toFile().list())
                .containsExactlyInAnyOrder(
                        "manifest.json", "report.json", "shard-0.run.1.0.ptcomm");
    }

    @Test
    void roundWithoutItsSegmentsIsNotCommitted() throws IOException {
        try (Archive open = backup()) {
            open.beginRound(1);
            SegmentConfig config = new SegmentConfig(archive, 1, "run", Compression.NONE);
            Receipt receipt = TestArchive.write(config.open(0, 0), TestArchive.files(2, 5));
            Files.writeString(directory.resolve("rounds/1/shard-0.run.0.0.ptcomm"), "short");
            Manifest manifest = TestArchive.manifest(1, Compression.NONE, List.of(receipt));
            assertThatThrownBy(() -> open.commit(manifest))
                    .isInstanceOf(SluiceException.class)
                    .hasMessageContaining("has 5 bytes instead of");
            assertThat(open.roundNumbers()).isEmpty();
        }
    }

    @Test
    void manifestThatPointsElsewhereIsDamaged() throws IOException {
        TestArchive.round(archive, Compression.NONE, TestArchive.files(3, 5), 1000);
        Path manifest = directory.resolve("rounds/1/manifest.json");
        String good = Files.readString(manifest);
        for (String bad :
                List.of(
                        good.replace("shard-0.0d9c.0.0.ptcomm", "../../../secret"),
                        good.replace("\"shard\" : 0", "\"shard\" : 1"),
                        good.replace("\"round\" : 1", "\"round\" : 2"),
                        good.replaceFirst("\"xxh3\" : \"..", "\"xxh3\" : \""),
                        good.replace("\"shards\" : 1", "\"shards\" : 2"),
                        good.replace("2026-11-21T02:33:00Z", "yesterday"),
                        good.substring(0, good.length() / 2))) {
            Files.writeString(manifest, bad);
            try (Archive open = Archive.openForReading(archive)) {
                assertThatThrownBy(open::latest)
                        .isInstanceOf(SluiceException.class)
                        .hasMessageContaining("the manifest of round 1")
                        .hasMessageNotContaining("\n");
            }
        }
    }

    @Test
    void lockExcludesWithinOneProcessAndReadersShareIt() throws IOException {
        TestArchive.round(archive, Compression.NONE, List.of(), 1000);
        try (Archive open = backup()) {
            assertThatThrownBy(this::backup).isInstanceOf(ArchiveLockedException.class);
            assertThatThrownBy(() -> Archive.openForReading(archive))
                    .isInstanceOf(ArchiveLockedException.class)
                    .hasMessage(
                            "archive '"
                                    + directory
                                    + "' is in use by another process: wait for its end and run again");
            // The refusals did not drop the lock.
            assertThat(child("read")).isEqualTo("ArchiveLockedException");
            assertThat(open.nextRound()).isEqualTo(2);
        }
        try (Archive first = Archive.openForReading(archive)) {
            Archive.openForReading(archive).close();
            assertThat(child("read")).isEqualTo("open");
            assertThat(child("backup")).isEqualTo("ArchiveLockedException");
            assertThat(first.latest().manifest().round()).isEqualTo(1);
        }
        assertThat(child("backup")).isEqualTo("open");
    }

    @Test
    void lockOfAKilledProcessIsFree() throws Exception {
        backup().close();
        Process holder = start("hold", Map.of());
        try (BufferedReader lines = holder.inputReader()) {
            assertThat(lines.readLine()).isEqualTo("open");
            assertThatThrownBy(this::backup).isInstanceOf(ArchiveLockedException.class);
            holder.destroyForcibly();
            assertThat(holder.waitFor(1, TimeUnit.MINUTES)).isTrue();
            backup().close();
        }
    }

    @Test
    void pathThatNoCharsetCanSpell() throws IOException {
        byte[] parent = TestArchive.bytes(temporary);
        byte[] name = {'/', 'a', (byte) 0xff, '\n', (byte) 0xc3};
        archive = Arrays.copyOf(parent, parent.length + name.length);
        System.arraycopy(name, 0, archive, parent.length, name.length);
        List<SampleEntry> entries = TestArchive.files(5, 1000);
        TestArchive.round(archive, Compression.ZSTD, entries, 1000);
        assertThat(TestArchive.read(archive).entries()).isEqualTo(entries);
        assertThatThrownBy(() -> Archive.openForBackup(archive, "/etc".getBytes(UTF_8), 1))
                .hasMessageContaining("/a\\xff\\x0a\\xc3' holds '/usr', not '/etc'");
        int fd = Posix.open(Posix.AT_FDCWD, archive, Posix.O_RDONLY | Posix.O_DIRECTORY, 0);
        assertThat(Path.of("/proc/self/fd/" + fd + "/archive.json")).exists();
        Posix.close(fd);
    }

    @Test
    void archiveBelowAPathBeyondAsciiWorksInTheCLocale() throws IOException {
        directory = temporary.resolve("über");
        archive = directory.toString().getBytes(UTF_8);
        assertThat(child("backup", Map.of("LC_ALL", "C"))).isEqualTo("open");
        assertThat(directory.resolve("archive.json")).exists();
    }

    @Test
    void fullDiskIsOneLineWithTheMend() throws Exception {
        Path disk = Files.createDirectory(temporary.resolve("disk"));
        Process mount =
                new ProcessBuilder(
                                "mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk.toString())
                        .redirectErrorStream(true)
                        .start();
        mount.getInputStream().readAllBytes();
        Assumptions.assumeTrue(mount.waitFor() == 0, "no right to mount");
        try {
            archive = TestArchive.bytes(disk);
            assertThatThrownBy(
                            () ->
                                    TestArchive.round(
                                            archive,
                                            Compression.NONE,
                                            TestArchive.files(40, 10_000),
                                            1 << 30))
                    .isInstanceOf(SluiceException.class)
                    .hasMessage(
                            "no space left in archive '"
                                    + disk
                                    + "': free space there and run again");
            try (Archive open = backup()) {
                open.removeLeftovers();
                assertThat(open.nextRound()).isEqualTo(2);
            }
        } finally {
            new ProcessBuilder("umount", disk.toString()).start().waitFor();
        }
    }

    @Test
    void archiveOnAReadOnlyFilesystemIsRead() throws Exception {
        List<SampleEntry> entries = TestArchive.files(5, 1000);
        TestArchive.round(archive, Compression.ZSTD, entries, 1000);
        Path view = Files.createDirectory(temporary.resolve("view"));
        Process mount =
                new ProcessBuilder(
                                "sh",
                                "-c",
                                "mount --bind \"$0\" \"$1\" && mount -o remount,ro,bind \"$1\"",
                                directory.toString(),
                                view.toString())
                        .redirectErrorStream(true)
                        .start();
        mount.getInputStream().readAllBytes();
        Assumptions.assumeTrue(mount.waitFor() == 0, "no right to mount");
        try {
            assertThat(TestArchive.read(TestArchive.bytes(view)).entries()).isEqualTo(entries);
            archive = TestArchive.bytes(view);
            assertThatThrownBy(this::backup)
                    .isInstanceOf(SluiceException.class)
                    .hasMessageContaining("archive '" + view + "': ");
        } finally {
            new ProcessBuilder("umount", view.toString()).start().waitFor();
        }
    }

    private String child(String mode) throws IOException {
        return child(mode, Map.of());
    }

    private String child(String mode, Map<String, String> environment) throws IOException {
        Process process = start(mode, environment);
        try (BufferedReader lines = process.inputReader()) {
            return lines.readLine();
        } finally {
            process.destroyForcibly();
        }
    }

    private Process start(String mode, Map<String, String> environment) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp"));
        command.add(System.getProperty("java.class.path"));
        command.add(ArchiveHolder.class.getName());
        command.add(mode);
        command.add(java.util.HexFormat.of().formatHex(archive));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(environment);
        return builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }
}
