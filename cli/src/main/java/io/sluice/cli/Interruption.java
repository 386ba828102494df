package io.sluice.cli;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * What Ctrl-C (SIGINT) or SIGTERM does while a command works: the work is told to stop, is given
 * time to clear up behind itself, one line is printed, and the process ends with {@link
 * ExitCode#INTERRUPTED}. Where the work was past its last step, it ends as if nothing had come.
 */
final class Interruption {
    /** Longer than a job takes to be cancelled and its files to be deleted. */
    private static final long CLEAR_UP_WAIT_S = 20;

    /** What the process would end with; known when the command is through. */
    private static final CompletableFuture<Integer> EXIT = new CompletableFuture<>();

    private final CompletableFuture<Void> worked = new CompletableFuture<>();
    private volatile boolean stopping;

    private Interruption() {}

    /**
     * Runs {@code work}.
     *
     * @param stop called on another thread to end the work; answers whether that came too late and
     *     the work stands
     * @param stopped what to print when the work was stopped
     */
    static <T> T guard(Callable<T> work, BooleanSupplier stop, String stopped) throws Exception {
        Interruption interruption = new Interruption();
        Runtime.getRuntime()
                .addShutdownHook(
                        new Thread(() -> interruption.come(stop, stopped), "sluice-interrupt"));
        try {
            T result = work.call();
            interruption.worked.complete(null);
            return result;
        } catch (Throwable e) {
            interruption.worked.complete(null);
            while (interruption.stopping) {
                // The failure is the interrupt's own; its hook says so and ends the process.
                LockSupport.park();
            }
            throw e;
        }
    }

    /** The command is through; the process may end with {@code code} now. */
    static void through(int code) {
        EXIT.complete(code);
    }

    /** In the shutdown hook, which also runs at an ordinary end. */
    private void come(BooleanSupplier stop, String stopped) {
        if (worked.isDone()) {
            if (!EXIT.isDone()) {
                // It is printing what it has done.
                Runtime.getRuntime().halt(await(EXIT, ExitCode.OK));
            }
            return;
        }
        stopping = true;
        boolean tooLate = stop.getAsBoolean();
        if (tooLate) {
            stopping = false;
            Runtime.getRuntime().halt(await(EXIT, ExitCode.OK));
        }
        await(worked, null);
        SluiceCommand.ERR.println("sluice: " + stopped);
        Runtime.getRuntime().halt(ExitCode.INTERRUPTED);
    }

    private static <T> T await(CompletableFuture<T> awaited, T otherwise) {
        try {
            return awaited.get(CLEAR_UP_WAIT_S, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return otherwise;
        } catch (ExecutionException | TimeoutException e) {
            return otherwise;
        }
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
