package io.sluice.scan.reader;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What a reader's threads share, under one lock: the stack of directories to read, those in the
 * walkers' hands, and the bounded queue of listings towards the mailbox.
 *
 * <p>The life of a directory:
 *
 * <ol>
 *   <li>pushed, by the mailbox ({@link #add}) or by the walker that read its parent;
 *   <li>taken by a walker ({@link #take}), the newest first;
 *   <li>its listing's parts are queued ({@link #put}), in order; the walker waits while the queue
 *       is full, the mailbox never waits;
 *   <li>with its last part its subdirectories are pushed, in one step ({@link #last});
 *   <li>the mailbox takes the parts ({@link #poll}) and emits them; with the last one emitted
 *       ({@link #emitted}) the directory is finished.
 * </ol>
 *
 * <p>Since the queue is first in, first out, a directory's listing is emitted before any listing of
 * its subdirectories begins. So a checkpoint ({@link #unfinished}) needs only the unfinished
 * directories whose parents are finished: from them a restored reader finds all others.
 *
 * <p>The stack is bounded by depth times fan-out only. Its bound, the spill behind it, and giving
 * up its oldest part to another reader belong here, at the stack's two ends.
 */
final class Walk {
    private final HandOverBounds bounds;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private final Condition room = lock.newCondition();

    private final Deque<DirectoryTask> stack = new ArrayDeque<>();
    private final Set<DirectoryTask> inHand = new LinkedHashSet<>();
    private final Deque<ListingPart> queue = new ArrayDeque<>();
    private long queuedBytes;
    private Throwable failure;
    private boolean closed;

    /** The mailbox has something to do that is not in the queue. */
    private boolean rung;

    private CompletableFuture<Void> available = new CompletableFuture<>();

    Walk(HandOverBounds bounds) {
        this.bounds = bounds;
    }

    /** Mailbox: pushes directories, the last one to be read first. */
    void add(List<byte[]> directories) {
        lock.lock();
        try {
            for (byte[] directory : directories) {
                stack.push(new DirectoryTask(directory, null, null));
            }
            work.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Walker: the newest directory, waited for; null when the walk is closed. */
    DirectoryTask take() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (stack.isEmpty() && !closed) {
                work.await();
            }
            if (closed) {
                return null;
            }
            DirectoryTask task = stack.pop();
            inHand.add(task);
            return task;
        } finally {
            lock.unlock();
        }
    }

    /** Walker: queues a part that is not the last, as soon as there is room. */
    void put(ListingPart part) throws InterruptedException {
        enqueue(part, List.of());
    }

    /**
     * Walker: queues the last part of a directory as soon as there is room; in the same step pushes
     * the subdirectories, the first one on top, and lays the directory down.
     */
    void last(ListingPart part, List<DirectoryTask> subdirectories) throws InterruptedException {
        enqueue(part, subdirectories);
    }

    private void enqueue(ListingPart part, List<DirectoryTask> subdirectories)
            throws InterruptedException {
        CompletableFuture<Void> wake;
        lock.lockInterruptibly();
        try {
            while (!closed && !hasRoomFor(part)) {
                room.await();
            }
            if (closed) {
                throw new InterruptedException("the reader is closed");
            }
            queue.add(part);
            queuedBytes += part.bytes();
            if (part.listing().isLast()) {
                inHand.remove(part.task());
                for (int i = subdirectories.size() - 1; i >= 0; i--) {
                    stack.push(subdirectories.get(i));
                }
                // This walker takes one itself.
                if (subdirectories.size() > 1) {
                    work.signalAll();
                }
            }
            wake = available;
        } finally {
            lock.unlock();
        }
        // Runs the mailbox's callbacks, which must not happen under the lock.
        wake.complete(null);
    }

    private boolean hasRoomFor(ListingPart part) {
        return queue.isEmpty()
                || (queue.size() < bounds.parts() && queuedBytes + part.bytes() <= bounds.bytes());
    }

    /**
     * Mailbox: the next part, or null.
     *
     * @throws WalkFailedException when a walker failed in a way that is no answer of the filesystem
     */
    ListingPart poll() {
        lock.lock();
        try {
            rung = false;
            if (failure != null) {
                throw new WalkFailedException(failure);
            }
            ListingPart part = queue.poll();
            if (part != null) {
                queuedBytes -= part.bytes();
                // All, since the waiting parts differ in size.
                room.signalAll();
            }
            return part;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Mailbox: the part has been emitted. Between {@link #poll} and this no checkpoint is taken.
     */
    void emitted(ListingPart part) {
        if (part.listing().isLast()) {
            lock.lock();
            try {
                part.task().finish();
            } finally {
                lock.unlock();
            }
        }
    }

    /** Mailbox: whether everything pushed has been read, and every part polled. */
    boolean isIdle() {
        lock.lock();
        try {
            return stack.isEmpty() && inHand.isEmpty() && queue.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** Mailbox: makes {@link #isAvailable} complete until the next {@link #poll}. */
    void ring() {
        CompletableFuture<Void> wake;
        lock.lock();
        try {
            rung = true;
            wake = available;
        } finally {
            lock.unlock();
        }
        wake.complete(null);
    }

    /** Mailbox: complete when {@link #poll} has something to say. */
    CompletableFuture<Void> isAvailable() {
        lock.lock();
        try {
            boolean now = rung || failure != null || !queue.isEmpty();
            if (now) {
                available.complete(null);
            } else if (available.isDone()) {
                available = new CompletableFuture<>();
            }
            return available;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Mailbox: the directories from which a restored reader finds everything that is not yet
     * emitted, the one to be read last first.
     */
    List<byte[]> unfinished() {
        lock.lock();
        try {
            List<byte[]> paths = new ArrayList<>();
            stack.descendingIterator().forEachRemaining(task -> addOwn(task, paths));
            inHand.forEach(task -> addOwn(task, paths));
            for (ListingPart part : queue) {
                if (part.listing().isLast()) {
                    addOwn(part.task(), paths);
                }
            }
            return paths;
        } finally {
            lock.unlock();
        }
    }

    private static void addOwn(DirectoryTask task, List<byte[]> to) {
        if (task.isOfItsOwn()) {
            to.add(task.path());
        }
    }

    /** Any thread: directories on the stack and in hand. */
    int directoriesLeft() {
        lock.lock();
        try {
            return stack.size() + inHand.size();
        } finally {
            lock.unlock();
        }
    }

    /** Walker: an error that is no answer of the filesystem; the mailbox will throw it. */
    void fail(Throwable error) {
        CompletableFuture<Void> wake;
        lock.lock();
        try {
            if (failure == null) {
                failure = error;
            }
            wake = available;
        } finally {
            lock.unlock();
        }
        wake.complete(null);
    }

    /** Wakes the walkers, also those before a full queue, and sends them home. */
    void close() {
        lock.lock();
        try {
            closed = true;
            work.signalAll();
            room.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
