package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rounds by {@code flink run} on a session cluster of separate processes, some of which die. */
class FlinkRunITCase {
    private static final String LOOK_AFTER_THE_JOB_MANAGER =
            "nothing committed; look after the JobManager and run again";

    @RegisterExtension final Workspace workspace = new Workspace();

    private static FlinkCluster cluster;

    @BeforeAll
    static void start() throws Exception {
        cluster = FlinkCluster.start("FlinkRunITCase");
    }

    @AfterAll
    static void stop() throws IOException {
        cluster.close();
    }

    /** Each test begins with a cluster that has nothing to do. */
    @BeforeEach
    void await() throws Exception {
        cluster.awaitTaskManagers(2);
    }

    private RunningSluice backup(Object... options) throws IOException {
        List<Object> words =
                new ArrayList<>(
                        List.of("--path", workspace.sourcePath(), "--to", workspace.archive()));
        words.addAll(Arrays.asList(options));
        return cluster.run(List.of("-p", "4"), words.toArray());
    }

    private Result runBackup(Object... options) throws IOException {
        try (RunningSluice run = backup(options)) {
            return run.result();
        }
    }

    private void largeSource() throws IOException {
        SlowSource.fill(workspace.sourcePath(), SlowSource.random("FlinkRunITCase"));
    }

    /** A round of few workers, that is writing data. */
    private RunningSluice backupInTheMiddle(int round) throws Exception {
        return backup("--workers", "1")
                .await("the round's first bytes", () -> workspace.writes(round));
    }

    private void nothingIsCommitted() throws IOException {
        assertThat(workspace.list("--json").succeeds().json().findValuesAsText("round")).isEmpty();
    }

    private void nextRunSucceeds() throws IOException {
        Result next = runBackup();
        assertThat(next.exit()).as("%s", next).isZero();
        workspace.verify("--against", workspace.sourcePath()).succeeds();
    }

    /** The one line that a failed run says. */
    private static String refusal(Result result, int code) {
        result.exits(code);
        assertThat(result.errorLines()).as("%s", result).hasSize(1);
        System.out.println(result.error());
        assertThat(result.error()).startsWith("sluice: ");
        return result.errorLines().get(0);
    }

    @Test
    void roundIsWholeAndTheArchiveTheCommandsToo() throws Exception {
        workspace.smallSource();
        assertThat(runBackup().succeeds().out())
                .contains("Job has been submitted")
                .contains("\nfiles=3 bytes=11 ");
        workspace.verify("--against", workspace.sourcePath()).succeeds();
        workspace.backup().succeeds();
        workspace.restore("--round", "1").succeeds();
    }

    @Test
    void whatCannotBeIsSaidInOneLine() throws Exception {
        workspace.smallSource();
        assertThat(refusal(runBackup("--shards", "0"), 2))
                .isEqualTo("sluice: --shards must be 1 to 256, not 0");
        try (RunningSluice run =
                cluster.run(
                        List.of(), "--path", workspace.sourcePath(), "--to", "/tmp/an archive")) {
            assertThat(refusal(run.result(), 1)).contains("letters, digits and '/._-' only");
        }
        try (RunningSluice run =
                cluster.run(
                        List.of("-s", "/nowhere"),
                        "--path",
                        workspace.sourcePath(),
                        "--to",
                        workspace.archive())) {
            assertThat(refusal(run.result(), 1)).contains("savepoint '/nowhere'");
        }
        assertThat(workspace.archive()).doesNotExist();
    }

    @Test
    void killedClientHoldsNoLockAndItsJobIsCancelled() throws Exception {
        largeSource();
        List<String> jobs;
        try (RunningSluice run = backupInTheMiddle(1)) {
            jobs = cluster.runningJobs();
            run.signal("KILL").result().exits(137);
        }
        assertThat(jobs).hasSize(1);
        nothingIsCommitted();
        // Its job may still run, and write into its own round's directory.
        nextRunSucceeds();
        cluster.awaitNoJob();
        assertThat(cluster.rest("jobs/" + jobs.get(0)).path("state").textValue())
                .isIn("CANCELED", "FAILED");
        assertThat(workspace.list("--json").json().findValuesAsText("round")).containsExactly("2");
    }

    @Test
    void interruptedClientCancelsItsJobAndClearsUp() throws Exception {
        largeSource();
        try (RunningSluice run = backupInTheMiddle(1)) {
            Result result = run.signal("TERM").result();
            assertThat(refusal(result, 143)).isEqualTo("sluice: interrupted, nothing committed");
        }
        assertThat(cluster.runningJobs()).isEmpty();
        workspace.nothingIsLeft();
        nextRunSucceeds();
    }

    /** In the midst of the job, while the client waits for the job to begin, and before. */
    @Test
    void killedJobManagerCommitsNothing() throws Exception {
        largeSource();
        try (RunningSluice run = backupInTheMiddle(1)) {
            cluster.jobManager().kill();
            assertThat(refusal(run.result(), 1)).endsWith(LOOK_AFTER_THE_JOB_MANAGER);
        }
        nothingIsCommitted();
        assertThat(refusal(runBackup(), 1)).endsWith(LOOK_AFTER_THE_JOB_MANAGER);
        cluster.startJobManager();
        cluster.awaitTaskManagers(2);
        try (RunningSluice run = backup("--workers", "1")) {
            run.await("the job", () -> !cluster.runningJobs().isEmpty());
            cluster.jobManager().kill();
            assertThat(refusal(run.result(), 1)).endsWith(LOOK_AFTER_THE_JOB_MANAGER);
        }
        nothingIsCommitted();
        cluster.startJobManager();
        cluster.awaitTaskManagers(2);
        nextRunSucceeds();
    }

    /** What {@code flink stop}, {@code flink stop --drain} and {@code flink cancel} ask for. */
    @Test
    void jobThatIsEndedFromOutsideCommitsNothing() throws Exception {
        largeSource();
        String savepoints = workspace.base().resolve("elsewhere").toString();
        String stop = "{\"targetDirectory\": \"" + savepoints + "\", \"drain\": %s}";
        List<String> said = new ArrayList<>();
        try (RunningSluice run = backupInTheMiddle(1)) {
            stop(run, String.format(stop, false));
            said.add(refusal(run.result(), 1));
        }
        workspace.nothingIsLeft();
        try (RunningSluice run = backupInTheMiddle(2)) {
            stop(run, String.format(stop, true));
            said.add(refusal(run.result(), 1));
        }
        workspace.nothingIsLeft();
        try (RunningSluice run = backupInTheMiddle(3)) {
            cluster.rest("PATCH", "jobs/" + job(), "");
            said.add(refusal(run.result(), 1));
        }
        workspace.nothingIsLeft();
        String stopped =
                "sluice: the job was stopped or cancelled from outside, nothing committed; run again";
        assertThat(said.get(0)).isEqualTo(stopped);
        assertThat(said.get(1)).startsWith("sluice: round 2 was ended from outside");
        assertThat(said.get(2)).isEqualTo(stopped);
        // A savepoint alone does no harm.
        try (RunningSluice run = backupInTheMiddle(4)) {
            cluster.rest(
                    "POST",
                    "jobs/" + job() + "/savepoints",
                    "{\"target-directory\": \"" + savepoints + "\"}");
            run.result().succeeds();
        }
        workspace.verify("--against", workspace.sourcePath()).succeeds();
    }

    /** Flink refuses while one task of the job is not running yet. */
    private static void stop(RunningSluice run, String request) throws Exception {
        String job = job();
        JsonNode done;
        do {
            String id =
                    cluster.rest("POST", "jobs/" + job + "/stop", request)
                            .path("request-id")
                            .textValue();
            do {
                Thread.sleep(20);
                done = cluster.rest("jobs/" + job + "/savepoints/" + id);
            } while (!done.path("status").path("id").textValue().equals("COMPLETED"));
        } while (done.toString().contains("Not all required tasks are currently running")
                && run.isAlive());
    }

    private static String job() throws IOException {
        List<String> jobs = cluster.runningJobs();
        assertThat(jobs).hasSize(1);
        return jobs.get(0);
    }
}
