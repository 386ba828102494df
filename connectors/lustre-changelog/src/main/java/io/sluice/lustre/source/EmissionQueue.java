package io.sluice.lustre.source;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;

/** Between the threads of the MDTs, which wait for room, and the mailbox, which never waits. */
final class EmissionQueue {
    /** A part of a listing is 1 MiB at most, some hundred answers far less. */
    static final int MOST = 32;

    private final Deque<Emission> queue = new ArrayDeque<>();
    private CompletableFuture<Void> available = new CompletableFuture<>();
    private Throwable failure;
    private boolean rung;
    private boolean closed;

    void put(Emission emission) throws InterruptedException {
        CompletableFuture<Void> wake;
        synchronized (this) {
            while (queue.size() >= MOST && !closed) {
                wait();
            }
            if (closed) {
                throw new InterruptedException("the reader is closed");
            }
            queue.add(emission);
            wake = available;
        }
        wake.complete(null);
    }

    /** A thread is at its wits' end: the mailbox throws it. */
    void fail(Throwable problem) {
        CompletableFuture<Void> wake;
        synchronized (this) {
            failure = failure == null ? problem : failure;
            wake = available;
        }
        wake.complete(null);
    }

    /** The mailbox has something to do that is not in the queue. */
    void ring() {
        CompletableFuture<Void> wake;
        synchronized (this) {
            rung = true;
            wake = available;
        }
        wake.complete(null);
    }

    /** The next; null if there is none. */
    synchronized Emission poll() throws Exception {
        rung = false;
        if (failure instanceof Exception known) {
            throw known;
        }
        if (failure != null) {
            throw new IllegalStateException("a reader of changelogs failed", failure);
        }
        Emission next = queue.poll();
        notifyAll();
        return next;
    }

    synchronized CompletableFuture<Void> available() {
        if (rung || failure != null || !queue.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        if (available.isDone()) {
            available = new CompletableFuture<>();
        }
        return available;
    }

    synchronized void close() {
        closed = true;
        notifyAll();
    }
}
