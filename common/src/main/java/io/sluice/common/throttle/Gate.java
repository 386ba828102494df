package io.sluice.common.throttle;

import java.util.concurrent.Semaphore;

/**
 * Lets so many threads in at a time, first come, first served; the number may change while they are
 * in. Thread-safe.
 */
final class Gate {
    /** More than there can be threads. */
    private static final int OPEN = 1 << 20;

    private static final class Permits extends Semaphore {
        Permits() {
            // Fair: a thread that leaves for a moment would else mostly be the next one in.
            super(OPEN, true);
        }

        void resize(int by) {
            if (by > 0) {
                release(by);
            } else {
                reducePermits(-by);
            }
        }
    }

    private final Permits permits = new Permits();
    private int cap = OPEN;

    /**
     * @param threads from now on; those that are in beyond it are asked to leave by {@link
     *     #isOverfull}
     */
    synchronized void cap(int threads) {
        int now = Math.min(threads, OPEN);
        permits.resize(now - cap);
        cap = now;
    }

    void enter() throws InterruptedException {
        permits.acquire();
    }

    void leave(int threads) {
        permits.release(threads);
    }

    boolean isOverfull() {
        return permits.availablePermits() < 0;
    }
}
