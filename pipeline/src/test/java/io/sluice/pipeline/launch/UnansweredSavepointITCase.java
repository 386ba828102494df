package io.sluice.pipeline.launch;

import static io.sluice.common.testing.TestTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.common.SluiceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.UnaryOperator;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.JobException;
import org.apache.flink.runtime.checkpoint.CheckpointException;
import org.apache.flink.runtime.checkpoint.CheckpointFailureReason;
import org.apache.flink.runtime.rpc.exceptions.RecipientUnreachableException;
import org.apache.flink.runtime.scheduler.stopwithsavepoint.StopWithSavepointStoppingException;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.apache.flink.util.SerializedThrowable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A TaskManager that does not answer when the job is to stop, as when it has just died. */
class UnansweredSavepointITCase {
    @TempDir Path temporary;

    private int asked;

    private static JobCluster.Factory embedded(UnaryOperator<RunningJob> asSeen) {
        JobCluster.Factory embedded = new EmbeddedCluster.Factory();
        return new JobCluster.Factory() {
            @Override
            public int scanParallelism() {
                return embedded.scanParallelism();
            }

            @Override
            public int parallelism() {
                return embedded.parallelism();
            }

            @Override
            public JobCluster make(Configuration settings, Path work, int slots) {
                JobCluster cluster = embedded.make(settings, work, slots);
                return new JobCluster() {
                    @Override
                    public void start() throws Exception {
                        cluster.start();
                    }

                    @Override
                    public RunningJob submit(StreamGraph graph) throws Exception {
                        return asSeen.apply(cluster.submit(graph));
                    }

                    @Override
                    public void close() throws Exception {
                        cluster.close();
                    }
                };
            }
        };
    }

    /** It stops when it is asked for the {@code answered}th time. */
    private RunningJob deafUntil(int answered, RunningJob job) {
        return new RunningJob() {
            @Override
            public CompletableFuture<Throwable> ended() {
                return job.ended();
            }

            @Override
            public CompletableFuture<Throwable> restartedAfter() {
                return job.restartedAfter();
            }

            @Override
            public CompletableFuture<String> stopWithSavepoint(Path directory) {
                if (++asked >= answered) {
                    return job.stopWithSavepoint(directory);
                }
                // As a client of Flink's REST interface sees it.
                Throwable unreachable = new RecipientUnreachableException("job", "task", "message");
                CheckpointException failure =
                        new CheckpointException(
                                CheckpointFailureReason.TRIGGER_CHECKPOINT_FAILURE,
                                new CompletionException(unreachable));
                return CompletableFuture.failedFuture(
                        new CompletionException(new SerializedThrowable(failure)));
            }

            @Override
            public CompletableFuture<?> cancel() {
                return job.cancel();
            }
        };
    }

    /** Its savepoint is made, and then a task dies before all have ended. */
    private static RunningJob dyingAtTheEnd(RunningJob job) {
        CompletableFuture<Throwable> failed = new CompletableFuture<>();
        return new RunningJob() {
            @Override
            public CompletableFuture<Throwable> ended() {
                return failed;
            }

            @Override
            public CompletableFuture<Throwable> restartedAfter() {
                return job.restartedAfter();
            }

            @Override
            public CompletableFuture<String> stopWithSavepoint(Path directory) {
                return job.stopWithSavepoint(directory)
                        .thenCombine(
                                job.ended(),
                                (made, end) -> {
                                    Throwable failure =
                                            new StopWithSavepointStoppingException(
                                                    made, new JobID());
                                    failed.complete(new JobException("not recoverable", failure));
                                    throw new CompletionException(new SerializedThrowable(failure));
                                });
            }

            @Override
            public CompletableFuture<?> cancel() {
                return job.cancel();
            }
        };
    }

    private Launcher launcher(int answered) throws IOException {
        return launcher(job -> deafUntil(answered, job));
    }

    private Launcher launcher(UnaryOperator<RunningJob> asSeen) throws IOException {
        Path source = Files.createDirectories(temporary.toRealPath().resolve("source"));
        Files.writeString(source.resolve("file"), "content");
        BackupRequest request =
                BackupRequest.of(
                                bytes(source.toString()),
                                bytes(source.resolveSibling("archive").toString()))
                        .withShards(2)
                        .build();
        return new Launcher(request, embedded(asSeen)).withSettledMs(200);
    }

    @Test
    void isAskedForAgainWhenNothingElseHappens() throws Exception {
        assertThat(launcher(3).run().round()).isEqualTo(1);
        assertThat(asked).isEqualTo(3);
    }

    @Test
    void endsTheRoundWhenATaskDiesBehindIt() throws Exception {
        assertThat(launcher(UnansweredSavepointITCase::dyingAtTheEnd).run().round()).isEqualTo(1);
        assertThat(launcher(2).run().round()).as("goes on from it").isEqualTo(2);
    }

    @Test
    void failsTheRoundWhenItNeverComes() {
        assertThatThrownBy(() -> launcher(Integer.MAX_VALUE).run())
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("the savepoint failed")
                .hasMessageContaining("RecipientUnreachableException");
        assertThat(asked).isEqualTo(5);
    }
}
