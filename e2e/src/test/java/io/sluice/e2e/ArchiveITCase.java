package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.testing.TestTree;
import io.sluice.common.testing.TreeComparison;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What may be wrong with the directory that is to be the archive, and how it is protected. */
class ArchiveITCase {
    @RegisterExtension final Workspace workspace = new Workspace();

    /** Flink's buffers are few by default, and there is one from each subtask to each other. */
    @Test
    void machineOfManyCoresRunsWithAsManyShards() throws Exception {
        workspace.smallSource();
        workspace
                .backupCommand("--shards", "256")
                .with("SLUICE_JAVA_OPTS", "-XX:ActiveProcessorCount=256")
                .run()
                .succeeds();
        workspace.verify().succeeds();
        assertThat(workspace.list("--files").succeeds().out()).contains("a.txt");
    }

    @Test
    void foreignDirectoryIsLeftAlone() throws IOException {
        workspace.smallSource();
        Files.createDirectory(workspace.archive());
        Path photo = Files.writeString(workspace.archive().resolve("photo.jpg"), "mine");
        assertThat(workspace.backup().refuses(1))
                .isEqualTo(
                        "sluice: '"
                                + workspace.archive()
                                + "' is not an archive: it is not empty and has no archive.json; use another directory");
        try (var files = Files.list(workspace.archive())) {
            assertThat(files).containsExactly(photo);
        }
        for (String reader : new String[] {"list", "verify"}) {
            assertThat(Sluice.run(reader, workspace.archive()).refuses(1))
                    .isEqualTo(
                            "sluice: '"
                                    + workspace.archive()
                                    + "' is not an archive: it has no archive.json");
        }
        Files.delete(photo);
        workspace.archiveStaysUsable();
    }

    @Test
    void missingArchiveIsNamed() throws IOException {
        for (String reader : new String[] {"list", "verify"}) {
            assertThat(Sluice.run(reader, workspace.archive()).refuses(1))
                    .isEqualTo("sluice: archive '" + workspace.archive() + "' does not exist");
        }
        assertThat(workspace.restore().refuses(1))
                .isEqualTo("sluice: archive '" + workspace.archive() + "' does not exist");
        assertThat(workspace.target()).doesNotExist();
    }

    @Test
    void archiveBelowAMissingDirectoryIsRefused() throws IOException {
        workspace.smallSource();
        Path archive = workspace.base().resolve("no/archive");
        assertThat(Sluice.run("backup", workspace.sourcePath(), "--to", archive).refuses(1))
                .isEqualTo(
                        "sluice: archive '"
                                + archive
                                + "' cannot be made: its parent directory does not exist");
    }

    @Test
    void fileIsNoArchive() throws IOException {
        workspace.smallSource();
        Files.writeString(workspace.archive(), "mine");
        assertThat(workspace.backup().refuses(1))
                .startsWith("sluice: archive '" + workspace.archive() + "' ")
                .contains("ENOTDIR");
        assertThat(workspace.archive()).hasContent("mine");
    }

    @Test
    void archiveOfAnotherPathIsRefused() throws IOException {
        workspace.smallSource();
        workspace.backup().succeeds();
        Path other = workspace.sourcePath().resolve("sub");
        assertThat(Sluice.run("backup", other, "--to", workspace.archive()).refuses(1))
                .isEqualTo(
                        "sluice: archive '"
                                + workspace.archive()
                                + "' holds '"
                                + workspace.sourcePath()
                                + "', not '"
                                + other
                                + "': use another directory");
        workspace.archiveStaysUsable();
    }

    @Test
    void newerFormatIsRefusedByEveryCommand() throws IOException {
        workspace.smallSource();
        workspace.backup().succeeds();
        Path description = workspace.archive().resolve("archive.json");
        String written = Files.readString(description);
        String newer = written.replaceFirst("\"format\" *: *3", "\"format\" : 99");
        assertThat(newer).isNotEqualTo(written);
        Files.writeString(description, newer);
        String refusal =
                "sluice: archive '"
                        + workspace.archive()
                        + "': archive.json has format 99, this version reads up to 3: use a newer one";
        assertThat(workspace.backup().refuses(1)).isEqualTo(refusal);
        assertThat(workspace.list().refuses(1)).isEqualTo(refusal);
        assertThat(workspace.verify().refuses(1)).isEqualTo(refusal);
        assertThat(workspace.restore().refuses(1)).isEqualTo(refusal);
        assertThat(description).hasContent(newer);
        assertThat(workspace.target()).doesNotExist();
        Files.writeString(description, written);
        workspace.archiveStaysUsable();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "{\"format\": 1}", "\u0000\u0000\u0000"})
    void damagedDescriptionIsNamed(String content) throws IOException {
        workspace.smallSource();
        Files.createDirectory(workspace.archive());
        Files.writeString(workspace.archive().resolve("archive.json"), content);
        String named = "sluice: archive '" + workspace.archive() + "': archive.json is damaged: ";
        assertThat(workspace.list().refuses(1)).startsWith(named);
        assertThat(workspace.backup().refuses(1)).startsWith(named);
    }

    @Test
    void unknownRoundIsNamedWithThoseThatExist() throws IOException {
        workspace.smallSource();
        workspace.backup().succeeds();
        assertThat(workspace.verify("--round", "7").refuses(1))
                .isEqualTo(
                        "sluice: archive '" + workspace.archive() + "' has no round 7; it has [1]");
        assertThat(workspace.restore("--round", "7").refuses(1))
                .isEqualTo(
                        "sluice: archive '" + workspace.archive() + "' has no round 7; it has [1]");
        assertThat(workspace.target()).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0000", "0277"})
    void modesDoNotDependOnTheUmask(String umask) throws IOException {
        TestTree source = workspace.smallSource().mode("a.txt", 04755).mode("sub", 01777);
        workspace.backupCommand().umask(umask).run().succeeds();
        workspace.archiveIsPrivate();
        workspace.backupCommand().umask(umask).run().succeeds();
        workspace.archiveIsPrivate();
        Sluice.command("restore", workspace.archive(), "--target", workspace.target())
                .umask(umask)
                .run()
                .succeeds();
        try (TestTree target = TestTree.in(workspace.target())) {
            assertThat(TreeComparison.compare(source, target)).isEmpty();
        }
    }

    @Test
    void directoryMadeBeforehandBecomesPrivate() throws IOException {
        workspace.smallSource();
        Files.createDirectory(workspace.archive());
        workspace.backup().succeeds();
        workspace.archiveIsPrivate();
    }

    @Test
    void readersNeedNoWriteAccess() throws IOException {
        workspace.smallSource();
        workspace.backup().succeeds();
        Shell.run("chmod -R a-w " + Shell.quote(workspace.archive()));
        workspace.list().succeeds();
        workspace.verify().succeeds();
        workspace.restore().succeeds();
        Shell.run("chmod -R u+w " + Shell.quote(workspace.archive()));
        workspace.archiveStaysUsable();
    }

    @Test
    void movedArchiveKeepsWorking() throws IOException {
        workspace.smallSource();
        workspace.backup().succeeds();
        Path moved = Files.move(workspace.archive(), workspace.base().resolve("moved"));
        Sluice.run("verify", moved).succeeds();
        Sluice.run("backup", workspace.sourcePath(), "--to", moved).succeeds();
        Sluice.run("verify", moved, "--against", workspace.sourcePath()).succeeds();
        assertThat(workspace.archive()).doesNotExist();
    }
}
