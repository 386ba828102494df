package io.sluice.common.throttle;

import java.io.Closeable;

/**
 * Threads of one task that obey a throttle. Thread-safe; each thread takes a {@link Turn} of its
 * own.
 */
public final class ThrottledThreads implements Closeable {
    private final Throttle throttle;
    private final Gate gate;
    private int inside;
    private boolean closed;

    ThrottledThreads(Throttle throttle, Gate gate) {
        this.throttle = throttle;
        this.gate = gate;
    }

    /** For one thread, which need not give it back. */
    public Turn turn() {
        return new Turn(this);
    }

    Throttle throttle() {
        return throttle;
    }

    boolean isOverfull() {
        return gate.isOverfull();
    }

    void enter() throws InterruptedException {
        gate.enter();
        synchronized (this) {
            if (!closed) {
                inside++;
                return;
            }
        }
        gate.leave(1);
        throw new InterruptedException("the task is closed");
    }

    synchronized void leave() {
        if (!closed) {
            inside--;
            gate.leave(1);
        }
    }

    /**
     * Gives up the places of all its threads, also of those that hang in a call to a dead server:
     * the process's other tasks, and this one's next attempt, would else wait for them for ever.
     */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            gate.leave(inside);
        }
        throttle.release();
    }
}
