package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * TaskManagers that die at any moment of a round, and are replaced. So many as {@code
 * -Dsluice.kills} says, one a round.
 */
class TaskManagerKillITCase {
    private static final int KILLS = Integer.getInteger("sluice.kills", 5);

    /** Full rounds that begin a chain; the others are incremental. */
    private static final int CHAIN = 4;

    /** Rounds that have no checkpoint to go on from. */
    private static final int UNSAVED = 3;

    /** Rounds of a chain where the death comes just before the last savepoint, or in it. */
    private static final int AT_THE_END = 2;

    /** About what a round's job takes. */
    private static final int MAX_DELAY_MS = 5_000;

    private static final int DIRECTORIES = 300;
    private static final int FILES = 100;

    @RegisterExtension final Workspace workspace = new Workspace();

    private final Random random = SlowSource.random("TaskManagerKillITCase");
    private int missed;

    @Test
    void roundsAreWholeWhateverDies() throws Exception {
        SlowSource.fill(workspace.sourcePath(), random);
        try (FlinkCluster cluster = FlinkCluster.start("TaskManagerKillITCase")) {
            for (int kill = 1; kill <= KILLS; kill++) {
                boolean full = kill % CHAIN == 1;
                if (!full) {
                    change(kill);
                }
                cluster.awaitTaskManagers(2);
                roundWithAKill(cluster, kill, full);
                if (kill % CHAIN == 0) {
                    workspace.verify("--against", workspace.sourcePath()).succeeds();
                }
            }
        }
        System.out.println(missed + " of " + KILLS + " kills were outside of their round's job");
        assertThat(missed).isLessThanOrEqualTo(KILLS / 2);
        workspace.verify("--against", workspace.sourcePath()).succeeds();
        workspace.restore().succeeds();
        assertThat(
                        Shell.run(
                                "diff -r --no-dereference "
                                        + Shell.quote(workspace.sourcePath())
                                        + " "
                                        + Shell.quote(workspace.target())))
                .isEmpty();
    }

    private void roundWithAKill(FlinkCluster cluster, int round, boolean full) throws Exception {
        String level = full ? "full" : "incremental";
        List<Object> words =
                new ArrayList<>(
                        List.of("--path", workspace.sourcePath(), "--to", workspace.archive()));
        words.addAll(List.of("--workers", "1", "--shards", "4", "--level", level));
        String interval = round % UNSAVED == 0 ? "1h" : "1s";
        List<String> options =
                List.of("-p", "4", "-D", "execution.checkpointing.interval=" + interval);
        long begun;
        long killed;
        int delay = random.nextInt(MAX_DELAY_MS);
        try (RunningSluice run = cluster.run(options, words.toArray())) {
            run.await("the round's job", () -> !cluster.runningJobs().isEmpty());
            begun = System.nanoTime();
            if (round % CHAIN == AT_THE_END) {
                Path report = workspace.archive().resolve("rounds/" + round + "/report.json");
                run.await("the round's report", () -> Files.exists(report));
            } else {
                Thread.sleep(delay);
            }
            killed = System.nanoTime();
            cluster.killTaskManager(random.nextInt(2));
            cluster.startTaskManager();
            Result result = run.result();
            assertThat(result.exit()).as("kill %d: %s", round, result).isZero();
        }
        JsonNode job = lastJob(cluster);
        String id = job.path("jid").textValue();
        JsonNode failures = cluster.rest("jobs/" + id + "/exceptions").path("exceptionHistory");
        JsonNode checkpoints = cluster.rest("jobs/" + id + "/checkpoints").path("counts");
        missed += failures.path("entries").isEmpty() ? 1 : 0;
        System.out.printf(
                "round %d, %s: killed after %d ms, done after %d ms; %d failures, %d checkpoints, %d restored%n",
                round,
                level,
                (killed - begun) / 1_000_000,
                (System.nanoTime() - begun) / 1_000_000,
                failures.path("entries").size(),
                checkpoints.path("completed").asInt(),
                checkpoints.path("restored").asInt());
    }

    private static JsonNode lastJob(FlinkCluster cluster) throws IOException {
        JsonNode last = null;
        for (JsonNode job : cluster.rest("jobs/overview").path("jobs")) {
            long started = job.path("start-time").asLong();
            last = last == null || started > last.path("start-time").asLong() ? job : last;
        }
        return last;
    }

    /** Rewrites a third of the directories' files, and removes, renames and adds some. */
    private void change(int round) throws IOException {
        for (int d = round % 3; d < DIRECTORIES; d += 3) {
            Path directory = workspace.sourcePath().resolve("d" + d % 17 + "/" + d);
            for (int f = 0; f < FILES; f++) {
                Path file = directory.resolve("f" + f);
                switch (random.nextInt(20)) {
                    case 0 -> Files.deleteIfExists(file);
                    case 1 -> {
                        if (Files.exists(file)) {
                            Files.move(file, directory.resolve("r" + round + "." + f));
                        }
                    }
                    default -> SlowSource.file(file, random);
                }
            }
        }
    }
}
