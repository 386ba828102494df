package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.common.testing.Privileges;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** One Director with the File Daemons of two hosts, and a Storage Daemon with two devices. */
class BaculaTwoHostsITCase {
    private static final int ACCEPT_S = 60;
    private static final int FEW_DEVICES_ACCEPT_S = 5;

    @TempDir static Path directory;
    private static BaculaSite site;
    private static BaculaRig other;

    @RegisterExtension final Workspace workspace = new Workspace();

    @BeforeAll
    static void startBacula() throws IOException {
        BaculaRig.assumePossible();
        assumeTrue(Privileges.isRoot(), "a restore of owners needs root");
        Path shared = directory.resolve("shared");
        site = new BaculaSite(directory.resolve("one"), ACCEPT_S);
        site.rig().with("SLUICE_SHARED_DIR", shared);
        site.up();
        other =
                new BaculaRig(directory.resolve("other"))
                        .with("SLUICE_BACKEND", Sluice.executable())
                        .with("SLUICE_STATE_DIR", directory.resolve("state"))
                        .with("SLUICE_SHARED_DIR", shared)
                        .with("SLUICE_ACCEPT_TIMEOUT_SECS", ACCEPT_S)
                        .with("RIG_DEVICES", 2);
        other.plugins(BaculaRig.plugin()).up();
    }

    @AfterAll
    static void stopBacula() throws IOException {
        if (other != null) {
            other.close();
        }
        if (site != null) {
            site.close();
        }
    }

    @BeforeEach
    void fill() throws IOException {
        BaculaSite.fill(workspace.sourcePath());
    }

    @AfterEach
    void noProcessIsLeft() throws Exception {
        site.isIdle();
        ProcessHandle fd = other.fd();
        BaculaSite.eventually("no backend", () -> fd.children().findAny().isEmpty());
    }

    /** The other rig's File Daemon, as a client of this one's Director. */
    private static void addClient(String name) throws IOException {
        String port = Files.readString(other.home().resolve("etc/ports")).split(" ", -1)[1];
        Files.writeString(
                site.rig().home().resolve("jobs.d/" + name + ".conf"),
                "Client { Name = "
                        + name
                        + "; Address = 127.0.0.1; FDPort = "
                        + port
                        + "; Catalog = Catalog; Password = \"rig\"; TLS PSK Enable = yes; TLS Enable = no"
                        + "; MaximumConcurrentJobs = 64 }\n");
    }

    @Test
    void twoFileDaemonsServeOneSet() throws Exception {
        Path tree = workspace.sourcePath();
        Path state = directory.resolve("shared");
        addClient("other-fd");
        BaculaSet set = new BaculaSet(site.rig(), "hosts", BaculaSite.SHARDS, tree.toString());
        for (int shard = 2; shard < BaculaSite.SHARDS; shard++) {
            site.rig()
                    .job(
                            set.job(shard),
                            "sluice:path=" + tree + ";shard=" + shard + "/4;set=hosts",
                            "--job",
                            "Client = other-fd");
        }
        List<BaculaRig.Ended> full = set.round("Full");
        for (BaculaRig.Ended job : full) {
            assertThat(job.log()).contains("set hosts, round 1 (full)");
        }
        assertThat(full.get(1).log()).contains("Client:                 \"rig-fd\"");
        assertThat(full.get(3).log()).contains("Client:                 \"other-fd\"");
        assertThat(site.rig().sql("SELECT count(*) FROM File NATURAL JOIN Path"))
                .containsExactly(Long.toString(entries(tree)));

        BaculaSite.change(tree, 1);
        for (BaculaRig.Ended job : set.round("Incremental")) {
            assertThat(job.log()).contains("round 2 (incremental since round 1)");
        }
        assertThat(set.stands(state, 2)).isTrue();
        set.restores(state, tree, workspace.target());
    }

    private static long entries(Path tree) throws IOException {
        try (var files = Files.walk(tree)) {
            return files.count();
        }
    }

    /** Without spooling two jobs wait in the Storage Daemon for a device. */
    @Test
    void fewerDevicesThanJobsAreNamedAndNothingHangs() throws Exception {
        other.with("SLUICE_ACCEPT_TIMEOUT_SECS", FEW_DEVICES_ACCEPT_S).restart("fd");
        BaculaSet set =
                new BaculaSet(
                        other, "devices", BaculaSite.SHARDS, workspace.sourcePath().toString());
        List<String> logs = new ArrayList<>();
        for (BaculaRig.Ended job : set.await(set.begin("Full"))) {
            assertThat(job.status()).as(job.log()).isEqualTo('f');
            logs.add(job.log());
        }
        other.with("SLUICE_ACCEPT_TIMEOUT_SECS", ACCEPT_S).restart("fd");
        assertThat(logs)
                .anyMatch(log -> log.contains("2 of 4 jobs are there, waiting for shard "))
                .anyMatch(
                        log ->
                                log.contains(" of 4 have not come within 5 s")
                                        && log.contains("there are fewer devices than shards"));
    }
}
