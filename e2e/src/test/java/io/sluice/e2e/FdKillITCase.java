package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * TaskManagers that die while their shards stream to bridges, which cannot give back a byte. One
 * death in the middle of a file of {@code -Dsluice.large-mib}; others at random, as many as {@code
 * -Dsluice.kills} says.
 */
class FdKillITCase {
    private static final int KILLS = Integer.getInteger("sluice.kills", 2);
    private static final int MAX_DELAY_MS = 4_000;
    private static final int LARGE_MIB = Integer.getInteger("sluice.large-mib", 192);

    /** What may be sent twice: what lay in the bridge's socket, and was no whole unit yet. */
    private static final long TWICE_BYTES = 16 << 20;

    private static final Pattern DONE =
            Pattern.compile(
                    "(?<bytes>[0-9]+) bytes to the consumer; (?<received>[0-9]+) bytes received,"
                            + " over (?<connections>[0-9]+) connections");

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

    /** Runs a round whose TaskManagers die at that moment. */
    private void round(
            FlinkCluster cluster, String name, Path source, FdBridges bridges, Moment moment)
            throws Exception {
        cluster.awaitTaskManagers(2);
        Path archive = workspace.base().resolve("state-" + name);
        Path whole = workspace.base().resolve("whole-" + name);
        List<Object> words = new ArrayList<>(List.of("--path", source, "--to", archive));
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
            assertThat(result.exit()).as("%s: %s", name, result).isZero();
        }
        bridges.succeed();
        bridges.intoArchive(archive, 1, whole);
        Sluice.run("verify", whole, "--against", source).succeeds();
        JsonNode report =
                new ObjectMapper().readTree(archive.resolve("rounds/1/report.json").toFile());
        System.out.println(name + ": torn " + report.path("torn"));
    }

    @Test
    void aRoundIsWholeWhoeverDies() throws Exception {
        SlowSource.fill(workspace.sourcePath(), random);
        large(workspace.sourcePath().resolve("large"));
        try (FlinkCluster cluster = FlinkCluster.start("FdKillITCase")) {
            restOfALargeFile(cluster);
            for (int kill = 1; kill <= KILLS; kill++) {
                int delay = random.nextInt(MAX_DELAY_MS);
                String name = "kill-" + kill;
                try (FdBridges bridges = new FdBridges(workspace.base().resolve(name))) {
                    bridges.start().start();
                    round(
                            cluster,
                            name,
                            workspace.sourcePath(),
                            bridges,
                            (run, running) -> Thread.sleep(delay));
                }
            }
        }
    }

    /**
     * The consumer stops in the middle of the file. Checkpoints are completed nevertheless; and
     * when the TaskManagers have died there, what follows is the rest of the file, and not all of
     * it.
     */
    private void restOfALargeFile(FlinkCluster cluster) throws Exception {
        Path source = Files.createDirectory(workspace.base().resolve("large-source"));
        Files.createLink(source.resolve("large"), workspace.sourcePath().resolve("large"));
        Path name = workspace.base().resolve("large-fd");
        long half = (LARGE_MIB / 2L) << 20;
        try (FdBridges bridges = new FdBridges(name)) {
            String stops = "{ head -c %d; sleep 10; exec cat; } > %s";
            bridges.start("sh", "-c", stops.formatted(half, bridges.stream(0)));
            round(
                    cluster,
                    "large",
                    source,
                    bridges,
                    (run, running) -> {
                        run.await("half of it", () -> Files.size(bridges.stream(0)) >= half);
                        long from = System.currentTimeMillis();
                        run.await("checkpoints", () -> checkpoints(cluster, from).size() >= 2);
                        System.out.println(
                                "checkpoints in the middle of a file of "
                                        + LARGE_MIB
                                        + " MiB took, in milliseconds: "
                                        + checkpoints(cluster, from));
                    });
            Matcher done = DONE.matcher(bridges.bridge(0).result().error());
            assertThat(done.find()).isTrue();
            System.out.println(done.group());
            long stream = Files.size(bridges.stream(0));
            assertThat(Long.parseLong(done.group("bytes"))).isEqualTo(stream);
            assertThat(Long.parseLong(done.group("received")))
                    .isBetween(stream, stream + TWICE_BYTES);
            assertThat(done.group("connections")).isEqualTo("2");
        }
    }

    /** How long the checkpoints took that were begun since. */
    private static List<Long> checkpoints(FlinkCluster cluster, long since) throws IOException {
        List<Long> took = new ArrayList<>();
        for (String job : cluster.runningJobs()) {
            for (JsonNode one : cluster.rest("jobs/" + job + "/checkpoints").path("history")) {
                if (one.path("status").asText().equals("COMPLETED")
                        && one.path("trigger_timestamp").asLong() >= since) {
                    took.add(one.path("end_to_end_duration").asLong());
                }
            }
        }
        return took;
    }
}
