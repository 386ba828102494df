package io.sluice.common.thread;

import java.util.List;

/** Waiting for threads to end. */
public final class Joins {
    private Joins() {}

    /** Waits until all have ended; an interrupt meanwhile is kept for the caller. */
    public static void uninterruptibly(List<Thread> threads) {
        boolean interrupted = false;
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
