package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code backup --fd} and {@code fd-bridge}, as their users start them. */
class FdBridgeITCase {
    @RegisterExtension final Workspace workspace = new Workspace();

    private Object[] backup(FdBridges bridges, Object... more) {
        List<Object> words =
                new ArrayList<>(
                        List.of("backup", workspace.sourcePath(), "--to", workspace.archive()));
        words.addAll(bridges.options());
        words.addAll(List.of(more));
        return words.toArray();
    }

    @Test
    void twoRoundsGoToFilesAndToACommand() throws Exception {
        SlowSource.fill(workspace.sourcePath(), SlowSource.random("FdBridgeITCase"));
        Path whole = workspace.base().resolve("whole");
        try (FdBridges bridges = new FdBridges(workspace.base().resolve("first"))) {
            bridges.start().start("sh", "-c", "exec cat > " + bridges.stream(1));
            Sluice.run(backup(bridges, "--level", "full")).succeeds();
            bridges.succeed();
            bridges.intoArchive(workspace.archive(), 1, whole);
        }
        Sluice.run("verify", whole, "--against", workspace.sourcePath()).succeeds();
        Files.writeString(workspace.sourcePath().resolve("d0/0/f1"), "another");
        Files.delete(workspace.sourcePath().resolve("d0/0/f2"));
        try (FdBridges bridges = new FdBridges(workspace.base().resolve("second"))) {
            bridges.start().start();
            Result second = Sluice.run(backup(bridges));
            second.succeeds();
            assertThat(second.out()).contains("(incremental").contains("deleted=1");
            bridges.succeed();
            bridges.intoArchive(workspace.archive(), 2, whole);
        }
        Sluice.run("verify", whole, "--against", workspace.sourcePath()).succeeds();
        assertThat(Sluice.run("verify", workspace.archive()).refuses(1))
                .contains("the streams of round")
                .contains("went to bridges");
        assertThat(
                        Sluice.run("backup", workspace.sourcePath(), "--to", workspace.archive())
                                .refuses(1))
                .contains("is of backups that go to bridges: say --fd");
    }

    @Test
    void aBridgeThatIsNotThereOrHasAnotherSecretIsNamedAtOnce() throws Exception {
        workspace.smallSource();
        try (FdBridges bridges = new FdBridges(workspace.base().resolve("fd"));
                FdBridges others = new FdBridges(workspace.base().resolve("others"))) {
            bridges.start();
            Files.writeString(others.secret(), "not the secret that the bridge has\n");
            String refused =
                    Sluice.run(
                                    "backup",
                                    workspace.sourcePath(),
                                    "--to",
                                    workspace.archive(),
                                    "--fd",
                                    bridges.options().get(1),
                                    "--secret-file",
                                    others.secret())
                            .refuses(1);
            assertThat(refused).contains("the secret is not this bridge's");
            bridges.bridge(0).signal("TERM");
            assertThat(bridges.bridge(0).result().exit()).isEqualTo(130);
            assertThat(Sluice.run(backup(bridges)).refuses(1))
                    .contains("cannot reach the bridge of shard 0 at 127.0.0.1:")
                    .contains("Connection refused");
        }
        assertThat(workspace.archive().resolve("rounds")).isEmptyDirectory();
    }

    @Test
    void aCommandThatEndsEarlyEndsTheRound() throws Exception {
        SlowSource.fill(workspace.sourcePath(), SlowSource.random("FdBridgeITCase"));
        try (FdBridges bridges = new FdBridges(workspace.base().resolve("fd"))) {
            bridges.start("sh", "-c", "head -c 100000 > /dev/null; exit 3");
            assertThat(Sluice.run(backup(bridges)).refuses(1))
                    .contains("gave up: the consumer failed: 'sh' ended with 3");
            Result bridge = bridges.bridge(0).result();
            assertThat(bridge.exit()).isEqualTo(1);
            assertThat(bridge.error()).contains("the consumer failed: 'sh' ended with 3");
        }
        assertThat(workspace.archive().resolve("rounds")).isEmptyDirectory();
    }

    @Test
    void anInterruptedBackupIsWhatItsBridgeSays() throws Exception {
        SlowSource.fill(workspace.sourcePath(), SlowSource.random("FdBridgeITCase"));
        try (FdBridges bridges = new FdBridges(workspace.base().resolve("fd"))) {
            bridges.start();
            Path part = bridges.stream(0).resolveSibling("stream-0.part");
            try (RunningSluice backup = Sluice.command(backup(bridges, "--workers", "1")).start()) {
                backup.await("data", () -> Files.size(part) > 0);
                backup.signal("TERM");
                assertThat(backup.result().exit()).isEqualTo(130);
            }
            Result bridge = bridges.bridge(0).result();
            assertThat(bridge.exit()).isEqualTo(1);
            assertThat(bridge.error()).contains("interrupted, nothing committed");
            assertThat(bridges.stream(0)).doesNotExist();
        }
    }

    @Test
    void wrongWordsAreRefused() throws Exception {
        workspace.smallSource();
        Path secret = Files.writeString(workspace.base().resolve("open"), "a".repeat(32));
        Object[] start = {"fd-bridge", "--listen", "127.0.0.1:0", "--secret-file", secret};
        assertThat(Sluice.run(start).refuses(1)).contains("is open to others than its owner");
        assertThat(Sluice.run("fd-bridge", "--listen", "here", "--secret-file", secret).error())
                .contains("'here' is not HOST:PORT");
        Object[] words = {
            "backup", workspace.sourcePath(), "--to", workspace.archive(), "--fd", "127.0.0.1:1"
        };
        Result unsecret = Sluice.run(words);
        assertThat(unsecret.exit()).isEqualTo(2);
        assertThat(unsecret.error()).contains("--fd needs --secret-file");
    }
}
