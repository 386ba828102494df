package io.sluice.ptcomm.writer;

import io.sluice.ptcomm.codec.DataSum;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Adds the parts of a run to a checksum in their order, whatever order they are read in: on the
 * thread that has read the one that was missing, whose caches still have it. So the writing thread
 * only sends. The owner gives the order; reading threads tell what they have read.
 */
final class RunSum {
    /** That are not added yet, in order. */
    private final Queue<ReadAhead.Part> due = new ArrayDeque<>();

    private final DataSum sum;
    private boolean adding;

    /**
     * @param sum which belongs to this until {@link #stop} has returned, or all parts are added
     */
    RunSum(DataSum sum) {
        this.sum = sum;
    }

    /** The owner's: the next in order, before it is read. */
    synchronized void expect(ReadAhead.Part part) {
        due.add(part);
    }

    /** Some part has been read: adds all that now can be. By any thread. */
    void add() {
        synchronized (this) {
            if (adding) {
                // Whoever adds looks for more before it leaves.
                return;
            }
            adding = true;
        }
        for (ReadAhead.Part part = next(); part != null; part = next()) {
            part.addTo(sum);
        }
    }

    private synchronized ReadAhead.Part next() {
        ReadAhead.Part first = due.peek();
        if (first == null || !first.isRead()) {
            adding = false;
            notifyAll();
            return null;
        }
        return due.remove();
    }

    /** Nothing more is added; when this returns, nobody is about to. */
    synchronized void stop() {
        due.clear();
        boolean interrupted = false;
        while (adding) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
