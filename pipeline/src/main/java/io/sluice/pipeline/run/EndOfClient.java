package io.sluice.pipeline.run;

import io.sluice.pipeline.launch.Launcher;
import java.io.PrintStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * While it is open, the process's end (SIGINT, SIGTERM) ends the round first: the job is cancelled,
 * what it left in the archive cleared away, and one line printed.
 */
final class EndOfClient implements AutoCloseable {
    private static final long CLEAR_UP_WAIT_S = 20;

    private final CountDownLatch over = new CountDownLatch(1);
    private final CompletableFuture<Boolean> stands = new CompletableFuture<>();
    private final Thread hook;

    private EndOfClient(Launcher launcher, PrintStream error) {
        hook = new Thread(() -> end(launcher, error), "sluice end of client");
    }

    static EndOfClient guard(Launcher launcher, PrintStream error) {
        EndOfClient end = new EndOfClient(launcher, error);
        Runtime.getRuntime().addShutdownHook(end.hook);
        return end;
    }

    private void end(Launcher launcher, PrintStream error) {
        boolean committed = launcher.interrupt();
        stands.complete(committed);
        try {
            boolean cleared = over.await(CLEAR_UP_WAIT_S, TimeUnit.SECONDS);
            if (!committed) {
                error.println(
                        "sluice: interrupted, nothing committed"
                                + (cleared ? "" : "; the next run clears up"));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Does not return where the process is ending and its round with it. */
    @Override
    public void close() {
        over.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException ending) {
            while (!stands.join()) {
                LockSupport.park();
            }
        }
    }
}
