package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * TaskManagers that die while their shards stream to bridges, which cannot give back a byte. One
 * death in the middle of a large file; others at random, as many as {@code -Dsluice.kills} says.
 */
class FdKillITCase {
    private static final int KILLS = Integer.getInteger("sluice.kills", 2);
    private static final int MAX_DELAY_MS = 4_000;
    private static final int LARGE_MIB = 192;

    @RegisterExtension final Workspace workspace = new Workspace();

    private final Random random = SlowSource.random("FdKillITCase");

    private void large(Path file) throws IOException {
        byte[] block = new byte[1 << 20];
        try (OutputStream out = Files.newOutputStream(file)) {
            for (int i = 0; i < LARGE_MIB; i++) {
                random.nextBytes(block);
                out.write(block);
            }
        }
    }

    /** A moment of the running round at which its TaskManager is to die. */
    private interface Moment {
        void await(RunningSluice run, FdBridges bridges) throws Exception;
    }

    private void round(FlinkCluster cluster, int round, int shards, Moment moment)
            throws Exception {
        cluster.awaitTaskManagers(2);
        Path archive = workspace.base().resolve("state-" + round);
        Path whole = workspace.base().resolve("whole-" + round);
        try (FdBridges bridges = new FdBridges(workspace.base().resolve("fd-" + round))) {
            for (int shard = 0; shard < shards; shard++) {
                bridges.start();
            }
            List<Object> words =
                    new ArrayList<>(List.of("--path", workspace.sourcePath(), "--to", archive));
            words.addAll(bridges.options());
            List<String> options = List.of("-p", "2", "-D", "execution.checkpointing.interval=1s");
            try (RunningSluice run = cluster.run(options, words.toArray())) {
                run.await("the round's job", () -> !cluster.runningJobs().isEmpty());
                moment.await(run, bridges);
                cluster.killTaskManager(0);
                cluster.killTaskManager(0);
                cluster.startTaskManager();
                cluster.startTaskManager();
                Result result = run.result();
                assertThat(result.exit()).as("kill %d: %s", round, result).isZero();
            }
            bridges.succeed();
            bridges.intoArchive(archive, 1, whole);
        }
        Sluice.run("verify", whole, "--against", workspace.sourcePath()).succeeds();
        JsonNode report =
                new com.fasterxml.jackson.databind.ObjectMapper()
                        .readTree(archive.resolve("rounds/1/report.json").toFile());
        System.out.println("round " + round + ": torn " + report.path("torn"));
    }

    @Test
    void aRoundIsWholeWhoeverDies() throws Exception {
        SlowSource.fill(workspace.sourcePath(), random);
        large(workspace.sourcePath().resolve("large-1"));
        large(workspace.sourcePath().resolve("large-2"));
        try (FlinkCluster cluster = FlinkCluster.start("FdKillITCase")) {
            round(
                    cluster,
                    0,
                    1,
                    (run, bridges) -> {
                        Path part = bridges.stream(0).resolveSibling("stream-0.part");
                        long half = (LARGE_MIB / 2L) << 20;
                        run.await("half of a large file", () -> Files.size(part) > half);
                    });
            for (int kill = 1; kill <= KILLS; kill++) {
                int delay = random.nextInt(MAX_DELAY_MS);
                round(cluster, kill, 2, (run, bridges) -> Thread.sleep(delay));
            }
        }
    }
}
