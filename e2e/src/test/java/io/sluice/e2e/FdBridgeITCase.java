package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.testing.Certificates;
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
    void withTlsEachSideNamesWhatItRefuses() throws Exception {
        workspace.smallSource();
        Path stores = workspace.base().resolve("stores");
        Certificates certificates = new Certificates(stores);
        Path trust = certificates.authority("authority");
        Path strangers = certificates.authority("strangers");
        Path own = certificates.signed("own", "authority", "dns:backup.example");
        Path stranger = certificates.signed("stranger", "strangers", "dns:backup.example");
        Object[] tls = {
            "--tls-key-store", certificates.signed("bridge", "authority", "ip:127.0.0.1"),
            "--tls-trust-store", trust,
            "--tls-password-file", certificates.passwordFile()
        };
        Path whole = workspace.base().resolve("whole");
        try (FdBridges bridges = new FdBridges(workspace.base().resolve("fd"), tls)) {
            bridges.start().start();
            RunningSluice bridge = bridges.bridge(0);
            assertThat(refusal(bridges, stranger, trust))
                    .contains("does not accept this side's certificate");
            bridge.await(
                    "the reason",
                    () -> bridge.errorSoFar().contains("has shown no certificate that"));
            assertThat(refusal(bridges, own, strangers))
                    .contains("cannot reach the bridge of shard 0 at 127.0.0.1:")
                    .contains("is not signed by an authority of this side's trust store");
            assertThat(Sluice.run(backup(bridges)).refuses(1))
                    .contains("the other side speaks TLS");
            Sluice.run(backup(bridges, tls(own, trust))).succeeds();
            bridges.succeed();
            // Each refused one has used its number.
            bridges.intoArchive(workspace.archive(), 4, whole);
        }
        Sluice.run("verify", whole, "--against", workspace.sourcePath()).succeeds();
        assertThat(
                        Sluice.run(
                                        "backup",
                                        workspace.sourcePath(),
                                        "--to",
                                        whole,
                                        "--fd",
                                        "127.0.0.1:1",
                                        "--secret-file",
                                        trust,
                                        "--tls-key-store",
                                        own)
                                .error())
                .contains("--tls-key-store, --tls-trust-store and --tls-password-file go together");
    }

    private Object[] tls(Path keyStore, Path trustStore) {
        return new Object[] {
            "--tls-key-store", keyStore,
            "--tls-trust-store", trustStore,
            "--tls-password-file", keyStore.resolveSibling("password")
        };
    }

    private String refusal(FdBridges bridges, Path keyStore, Path trustStore) throws Exception {
        return Sluice.run(backup(bridges, tls(keyStore, trustStore))).refuses(1);
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
