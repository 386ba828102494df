package io.sluice.cli;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * What Ctrl-C (SIGINT), SIGTERM or SIGHUP does while a command works: the work is told to stop, is
 * given time to clear up behind itself, one line is printed, and the process ends with {@link
 * ExitCode#INTERRUPTED}. Where the work was past its last step, it ends as if nothing had come.
 *
 * <p>By handlers and not by a shutdown hook: in a hook the exit status is already that of the
 * signal, and a command that is through at that moment could not end with its own.
 */
final class Interruption {
    private static final List<String> SIGNALS = List.of("INT", "TERM", "HUP");

    /** Longer than a job takes to be cancelled and its files to be deleted. */
    private static final long CLEAR_UP_WAIT_S = 20;

    /** Done when the command is through and the process about to end by itself. */
    private static final CompletableFuture<Void> EXIT = new CompletableFuture<>();

    private final CompletableFuture<Void> worked = new CompletableFuture<>();
    private final AtomicBoolean arrived = new AtomicBoolean();
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
        for (String name : SIGNALS) {
            handle(new Signal(name), signal -> interruption.come(stop, stopped));
        }
        try {
            T result = work.call();
            interruption.worked.complete(null);
            return result;
        } catch (Throwable e) {
            interruption.worked.complete(null);
            while (interruption.stopping) {
                // The failure is the interrupt's own; its handler says so and ends the process.
                LockSupport.park();
            }
            throw e;
        }
    }

    /** The command is through: no signal changes what the process ends with. */
    static void through() {
        EXIT.complete(null);
    }

    private static void handle(Signal signal, SignalHandler handler) {
        SignalHandler before = Signal.handle(signal, handler);
        if (before == SignalHandler.SIG_IGN) {
            // nohup, or a shell's background job: ignored it stays.
            Signal.handle(signal, before);
        }
    }

    /** On a thread of the signal's own. */
    private void come(BooleanSupplier stop, String stopped) {
        if (!arrived.compareAndSet(false, true)) {
            return;
        }
        if (!worked.isDone()) {
            stopping = true;
            if (!stop.getAsBoolean()) {
                await(worked);
                SluiceCommand.ERR.println("sluice: " + stopped);
                end(ExitCode.INTERRUPTED);
            }
            stopping = false;
        }
        // It is printing what it has done; where nobody reads that, it is not waited for forever.
        if (!await(EXIT)) {
            end(ExitCode.OK);
        }
    }

    @SuppressWarnings("SystemExitOutsideMain") // The main thread may be held for good.
    private static void end(int code) {
        System.exit(code);
    }

    /** Whether {@code awaited} came in time. */
    private static boolean await(CompletableFuture<?> awaited) {
        try {
            awaited.get(CLEAR_UP_WAIT_S, TimeUnit.SECONDS);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException | TimeoutException e) {
            return false;
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
