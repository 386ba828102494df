package io.sluice.restore;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** Runs one task for each shard, each in a thread of its own. */
final class ShardThreads {
    /** Shards beyond this wait for a thread: each has buffers and open directories. */
    private static final int MAX_THREADS = 64;

    private ShardThreads() {}

    /** How many tasks of so many shards run at a time. */
    static int atOnce(int shards) {
        return Math.min(shards, MAX_THREADS);
    }

    /** A shard's task. */
    interface Task {
        void run(int shard) throws IOException;
    }

    /**
     * Returns when all tasks have ended.
     *
     * @param stop called at the first failure and on interruption, to make the other tasks end
     * @throws IOException the first failure
     */
    static void run(int shards, Task task, Runnable stop) throws IOException, InterruptedException {
        AtomicReference<Throwable> first = new AtomicReference<>();
        ExecutorService threads = Executors.newFixedThreadPool(atOnce(shards));
        boolean ended = false;
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < shards; i++) {
                int shard = i;
                running.add(threads.submit(() -> guarded(shard, task, stop, first)));
            }
            for (Future<?> each : running) {
                each.get();
            }
            ended = true;
        } catch (ExecutionException e) {
            first.compareAndSet(null, e.getCause());
        } finally {
            threads.shutdown();
            if (!ended) {
                stop.run();
                awaitEnd(threads);
            }
        }
        rethrow(first.get());
    }

    private static void guarded(
            int shard, Task task, Runnable stop, AtomicReference<Throwable> first) {
        if (first.get() != null) {
            return;
        }
        try {
            task.run(shard);
        } catch (Throwable e) {
            // The first failure is the cause; those that follow are its echo.
            first.compareAndSet(null, e);
            stop.run();
        }
    }

    private static void awaitEnd(ExecutorService threads) throws InterruptedException {
        while (!threads.awaitTermination(1, TimeUnit.MINUTES)) {
            // A task ends at its next entry; a hung filesystem is waited for.
        }
    }

    private static void rethrow(Throwable failure) throws IOException {
        if (failure instanceof IOException e) {
            throw e;
        }
        if (failure instanceof RuntimeException e) {
            throw e;
        }
        if (failure instanceof Error e) {
            throw e;
        }
    }
}
