package io.sluice.pipeline.run;

import io.sluice.pipeline.launch.Launcher;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * While it is open, the process's end (SIGINT, SIGTERM) ends the round first: the job is cancelled,
 * and what it left in the archive cleared away.
 */
final class EndOfClient implements AutoCloseable {
    private static final long CLEAR_UP_WAIT_S = 20;

    private final CountDownLatch over = new CountDownLatch(1);
    private final Thread hook;

    private EndOfClient(Launcher launcher) {
        hook =
                new Thread(
                        () -> {
                            if (!launcher.interrupt() && !isOver()) {
                                System.err.println("sluice: interrupted, cannot clear up");
                            }
                        },
                        "sluice end of client");
    }

    static EndOfClient guard(Launcher launcher) {
        EndOfClient end = new EndOfClient(launcher);
        Runtime.getRuntime().addShutdownHook(end.hook);
        return end;
    }

    private boolean isOver() {
        try {
            return over.await(CLEAR_UP_WAIT_S, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void close() {
        over.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending: the hook runs, or has run.
            return;
        }
    }
}
