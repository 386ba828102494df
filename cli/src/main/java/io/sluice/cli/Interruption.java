package io.sluice.cli;

import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * What Ctrl-C (SIGINT) or SIGTERM does while a command works: the work is told to stop, is given
 * time to clear up behind itself, and the process ends with {@link ExitCode#INTERRUPTED}.
 */
final class Interruption {
    /** Longer than a job takes to be cancelled and its files to be deleted. */
    private static final long CLEAR_UP_WAIT_S = 20;

    private Interruption() {}

    /**
     * Runs {@code work}.
     *
     * @param stop called on another thread to end the work; answers whether that came too late and
     *     the work stands
     * @param stopped what to print when the work was stopped
     */
    static <T> T guard(Callable<T> work, BooleanSupplier stop, String stopped) throws Exception {
        CountDownLatch done = new CountDownLatch(1);
        Thread hook =
                new Thread(
                        () -> {
                            // The hook also runs at an ordinary end.
                            if (done.getCount() > 0) {
                                stop(done, stop, stopped);
                            }
                        },
                        "sluice-interrupt");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            return work.call();
        } finally {
            done.countDown();
        }
    }

    private static void stop(CountDownLatch done, BooleanSupplier stop, String stopped) {
        boolean tooLate = stop.getAsBoolean();
        try {
            done.await(CLEAR_UP_WAIT_S, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (tooLate) {
            SluiceCommand.ERR.println(
                    "sluice: the interrupt came after the commit: the round stands");
            return;
        }
        SluiceCommand.ERR.println("sluice: " + stopped);
        Runtime.getRuntime().halt(ExitCode.INTERRUPTED);
    }

    /** Interrupts the thread that calls this now, whenever it is run. */
    static BooleanSupplier ofThisThread() {
        Thread thread = Thread.currentThread();
        return () -> {
            thread.interrupt();
            return false;
        };
    }
}
