package io.sluice.pipeline.launch;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

/** A submitted job. Thread-safe. */
public interface RunningJob {
    /**
     * Completes when the job has ended in whatever way: with what made it fail, or with null when
     * it was stopped or cancelled. Fails when the job was lost.
     */
    CompletableFuture<Throwable> ended();

    /** What the job was restarted after last; null when nothing has failed yet. */
    CompletableFuture<Throwable> restartedAfter();

    /**
     * Stops the job with a savepoint in Flink's native format.
     *
     * @param directory that the savepoint becomes a directory of
     * @return the savepoint's path, as a URI
     */
    CompletableFuture<String> stopWithSavepoint(Path directory);

    CompletableFuture<?> cancel();
}
