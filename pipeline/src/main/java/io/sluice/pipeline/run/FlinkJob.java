package io.sluice.pipeline.run;

import io.sluice.pipeline.launch.RunningJob;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.client.JobCancellationException;
import org.apache.flink.runtime.client.JobExecutionException;
import org.apache.flink.util.ExceptionUtils;

/** A job on a cluster, seen through its client. */
final class FlinkJob implements RunningJob {
    private final JobClient client;
    private final CompletableFuture<Throwable> ended;

    FlinkJob(JobClient client) {
        this.client = client;
        ended =
                client.getJobExecutionResult()
                        .handle((result, failure) -> failure == null ? null : cause(failure));
    }

    /** Of the job's end; what is no end of the job, but of the way to it, is thrown. */
    private static Throwable cause(Throwable failure) {
        if (ExceptionUtils.findThrowable(failure, JobCancellationException.class).isPresent()) {
            return null;
        }
        return ExceptionUtils.findThrowable(failure, JobExecutionException.class)
                .<Throwable>map(end -> end.getCause() == null ? end : end.getCause())
                .orElseThrow(
                        () ->
                                new CompletionException(
                                        Unreachable.refusal(
                                                "the cluster does not tell of it any more",
                                                failure)));
    }

    @Override
    public CompletableFuture<Throwable> ended() {
        return ended;
    }

    /** A cluster's client is not told; the job's end will be. */
    @Override
    public CompletableFuture<Throwable> restartedAfter() {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<String> stopWithSavepoint(Path directory) {
        return client.stopWithSavepoint(
                false, directory.toUri().toString(), SavepointFormatType.NATIVE);
    }

    @Override
    public CompletableFuture<?> cancel() {
        return client.cancel();
    }
}
