package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.common.testing.TestTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What may be wrong with, or odd about, the directory that is to be backed up. */
class SourceITCase {
    @RegisterExtension final Workspace workspace = new Workspace();

    @Test
    void missingPathIsNamed() throws IOException {
        Path missing = workspace.base().resolve("no/such");
        String line = Sluice.run("backup", missing, "--to", workspace.archive()).refuses(1);
        assertThat(line).isEqualTo("sluice: '" + missing + "' does not exist; is it mounted?");
        assertThat(workspace.archive()).doesNotExist();
    }

    @Test
    void fileIsNoSource() throws IOException {
        workspace.smallSource();
        Path file = workspace.sourcePath().resolve("a.txt");
        String line = Sluice.run("backup", file, "--to", workspace.archive()).refuses(1);
        assertThat(line)
                .isEqualTo(
                        "sluice: '"
                                + file
                                + "' is not a directory; name the directory that holds it");
        assertThat(workspace.archive()).doesNotExist();
    }

    @Test
    void emptyDirectoryIsBackedUpOnlyOnRequest() throws IOException {
        workspace.source();
        String line = workspace.backup().refuses(1);
        assertThat(line)
                .isEqualTo(
                        "sluice: '"
                                + workspace.sourcePath()
                                + "' is empty; if no filesystem is missing there, say --allow-empty");
        assertThat(workspace.archive()).doesNotExist();
        workspace.backup("--allow-empty").succeeds();
        workspace.verify("--against", workspace.sourcePath()).succeeds();
        workspace.restore().succeeds();
        assertThat(workspace.target()).isEmptyDirectory();
    }

    @Test
    void sourceThatBecameEmptyLeavesTheArchiveAsItWas() throws IOException {
        TestTree source = workspace.smallSource();
        workspace.backup().succeeds();
        source.clear();
        workspace.backup().refuses(1);
        assertThat(workspace.list().succeeds().lines()).hasSize(2);
        workspace.archiveStaysUsable();
    }

    @Test
    void pathIsResolvedBeforeItIsRecorded() throws IOException {
        workspace.smallSource();
        Path link = workspace.base().resolve("link");
        Files.createSymbolicLink(link, workspace.sourcePath());
        workspace.backup().succeeds();
        Sluice.run("backup", link, "--to", workspace.archive()).succeeds();
        Sluice.run("backup", workspace.sourcePath() + "/sub/..//", "--to", workspace.archive())
                .succeeds();
        assertThat(workspace.list("--json").succeeds().json())
                .hasSize(3)
                .allSatisfy(
                        round ->
                                assertThat(round.get("path").textValue())
                                        .isEqualTo(workspace.sourcePath().toString()));
    }

    @Test
    void unreadableRootIsRefused() throws IOException {
        assumeOrdinaryUser();
        workspace.smallSource().mode("", 0000);
        workspace.openToAll();
        String line = workspace.backupCommand().asOrdinaryUser().run().refuses(1);
        assertThat(line)
                .startsWith("sluice: cannot read '" + workspace.sourcePath() + "': ")
                .contains("EACCES")
                .endsWith("; run as a user who may read it");
        workspace.source().mode("", 0755);
        workspace.backupCommand().asOrdinaryUser().run().succeeds();
        workspace.verify().succeeds();
    }

    @Test
    void unreadableSubtreeAndFileAreNamedAndTheRestIsKept() throws IOException {
        assumeOrdinaryUser();
        TestTree source = workspace.smallSource().file("shut/in.txt", "in").file("shut.txt", "x");
        source.mode("shut", 0000).mode("shut.txt", 0000);
        workspace.openToAll();
        Result result = workspace.backupCommand().asOrdinaryUser().run().exits(3);
        assertThat(result.error()).as("%s", result).isEmpty();
        assertThat(result.lines())
                .as("%s", result)
                .anyMatch(line -> line.contains("'shut'") && line.contains("EACCES"))
                .anyMatch(line -> line.contains("'shut.txt'") && line.contains("EACCES"))
                .anyMatch(line -> line.matches("files=.* errors=2 .*"));
        workspace.verify().succeeds();
        assertThat(workspace.listedPaths())
                .contains("", "a.txt", "sub", "sub/b.txt", "shut")
                .doesNotContain("shut/in.txt");

        source.mode("shut", 0755).mode("shut.txt", 0644);
        workspace.backupCommand().asOrdinaryUser().run().succeeds();
        workspace.verify("--against", workspace.sourcePath()).succeeds();
        assertThat(workspace.listedPaths()).contains("shut/in.txt", "shut.txt");
    }

    @Test
    void archiveInsideTheSourceIsLeftOut() throws IOException {
        workspace.smallSource().directory("backups");
        Path archive = workspace.sourcePath().resolve("backups/archive");
        for (int round = 1; round <= 2; round++) {
            Sluice.run("backup", workspace.sourcePath(), "--to", archive).succeeds();
        }
        Result listed = Sluice.run("list", archive, "--files").succeeds();
        assertThat(listed.out())
                .contains("sub/b.txt", "backups")
                .doesNotContain("manifest", "archive.json");
        Sluice.run("verify", archive).succeeds();
        Sluice.run("restore", archive, "--target", workspace.target()).succeeds();
        assertThat(workspace.target().resolve("sub/b.txt")).hasContent("beta\n");
        assertThat(workspace.target().resolve("backups/archive/archive.json")).doesNotExist();
    }

    @Test
    void archiveThatHoldsItsSourceIsRefused() throws IOException {
        workspace.source();
        String line =
                Sluice.run(
                                "backup",
                                workspace.sourcePath(),
                                "--to",
                                workspace.sourcePath(),
                                "--allow-empty")
                        .refuses(1);
        assertThat(line)
                .contains("lies inside the archive")
                .endsWith("; put the archive elsewhere");
        assertThat(workspace.sourcePath()).isEmptyDirectory();

        workspace.smallSource();
        workspace.backup().succeeds();
        Path rounds = workspace.archive().resolve("rounds");
        List<Path> before = workspace.segments(1);
        Sluice.run("backup", rounds, "--to", workspace.archive()).refuses(1);
        assertThat(workspace.segments(1)).isEqualTo(before);
        workspace.archiveStaysUsable();
    }

    private static void assumeOrdinaryUser() {
        assumeTrue(Sluice.noOrdinaryUser() == null, Sluice.noOrdinaryUser());
    }
}
