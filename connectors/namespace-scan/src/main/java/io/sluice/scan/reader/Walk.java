package io.sluice.scan.reader;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What a reader's threads share, under one lock: the stack of directories to read, those in the
 * walkers' hands, those given up to other readers, and the bounded queue of listings towards the
 * mailbox.
 *
 * <p>The life of a directory:
 *
 * <ol>
 *   <li>pushed, by the mailbox ({@link #add}) or by the walker that read its parent;
 *   <li>taken by a walker ({@link #take}), the newest first; or given up to another reader ({@link
 *       #giveUp}), the oldest first, and kept until that is acknowledged;
 *   <li>its listing's parts are queued ({@link #put}), in order; the walker waits while the queue
 *       is full, the mailbox never waits;
 *   <li>with its last part its subdirectories are pushed, in one step; if they are very many, it is
 *       resumable, and they are pushed as they are found;
 *   <li>the mailbox takes the parts ({@link #poll}) and emits them; with the last one emitted
 *       ({@link #emitted}) the directory is finished; a resumable one also needs that none of its
 *       subdirectories waits any more.
 * </ol>
 *
 * <p>Since the queue is first in, first out, a directory's listing is emitted before any listing of
 * its subdirectories begins, unless it is resumable. So a checkpoint ({@link #unfinished}) needs
 * only the unfinished directories that stand below no unfinished one: from them a restored reader
 * finds all others.
 */
final class Walk {
    private final WalkBounds bounds;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private final Condition room = lock.newCondition();

    private final DirectoryStack stack;
    private final Set<DirectoryTask> inHand = new LinkedHashSet<>();
    private final Set<DirectoryTask> resumable = new LinkedHashSet<>();
    private final Map<Long, List<DirectoryTask>> givenUp = new HashMap<>();
    private final Deque<NameBatch> batches = new ArrayDeque<>();
    private final Deque<ListingPart> queue = new ArrayDeque<>();
    private long queuedBytes;
    private int shared;
    private Throwable failure;
    private boolean closed;

    /**
     * Walkers that wait for work, less those that have been woken since. Written under the lock.
     */
    private int idle;

    private long workSignals;

    /** Walkers that wait for room in the queue, less those that have been woken since. */
    private int blocked;

    private long roomSignals;

    /** The mailbox has something to do that is not in the queue. */
    private boolean rung;

    private CompletableFuture<Void> available = new CompletableFuture<>();

    /**
     * @param spillDirectory for the part of the stack that is beyond its bound
     */
    Walk(WalkBounds bounds, Path spillDirectory) {
        this.bounds = bounds;
        stack = new DirectoryStack(bounds, new StackFile(spillDirectory));
    }

    WalkBounds bounds() {
        return bounds;
    }

    /** Mailbox: pushes directories, the last one to be read first. */
    void add(List<byte[]> directories) {
        lock.lock();
        try {
            for (byte[] directory : directories) {
                push(new DirectoryTask(directory, null, null));
            }
            wakeIdle();
        } finally {
            lock.unlock();
        }
    }

    private void wakeIdle() {
        if (idle > 0) {
            idle = 0;
            workSignals++;
            work.signalAll();
        }
    }

    private void wakeBlocked() {
        if (blocked > 0) {
            blocked = 0;
            roomSignals++;
            room.signalAll();
        }
    }

    private void push(DirectoryTask task) {
        task.waits();
        try {
            stack.push(task);
        } catch (IOException e) {
            UncheckedIOException told = new UncheckedIOException(e.getMessage(), e);
            broken(told);
            throw told;
        } catch (Throwable e) {
            broken(e);
            throw e;
        }
    }

    /**
     * The stack has lost directories. Noted before the lock is given back: no checkpoint may be
     * taken of what is left, and no part be emitted whose subdirectories are not there.
     */
    private void broken(Throwable problem) {
        if (failure == null) {
            failure = problem;
        }
    }

    /**
     * Walker: the newest directory, or names of one that another walker reads, waited for; null
     * when the walk is closed.
     */
    Work take() throws InterruptedException, IOException {
        lock.lockInterruptibly();
        try {
            while (stack.isEmpty() && batches.isEmpty() && !closed) {
                idle++;
                long woken = workSignals;
                work.await();
                if (woken == workSignals) {
                    idle--;
                }
            }
            if (closed) {
                return null;
            }
            DirectoryTask task = pop();
            if (task == null) {
                return batches.peek();
            }
            task.taken();
            inHand.add(task);
            return task;
        } finally {
            lock.unlock();
        }
    }

    private DirectoryTask pop() throws IOException {
        try {
            return stack.pop();
        } catch (Throwable e) {
            broken(e);
            throw e;
        }
    }

    /** Walker: whether another one has nothing to do. */
    boolean hasIdle() {
        lock.lock();
        try {
            return idle > 0;
        } finally {
            lock.unlock();
        }
    }

    /** Walker: lets idle ones take part in a batch, until {@link #withdraw}. */
    void share(NameBatch batch) {
        lock.lock();
        try {
            batches.add(batch);
            shared++;
            wakeIdle();
        } finally {
            lock.unlock();
        }
    }

    /** Any thread: batches that have been shared. */
    int shared() {
        lock.lock();
        try {
            return shared;
        } finally {
            lock.unlock();
        }
    }

    /** Walker: all pieces of the batch are taken. */
    void withdraw(NameBatch batch) {
        lock.lock();
        try {
            batches.remove(batch);
        } finally {
            lock.unlock();
        }
    }

    /** Walker: see {@link DirectoryTask#setResumable}. */
    void setResumable(DirectoryTask task) {
        lock.lock();
        try {
            task.setResumable();
            resumable.add(task);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Walker: queues a part as soon as there is room; in the same step pushes subdirectories, the
     * first one on top, and with the last part lays the directory down.
     *
     * @param subdirectories all of them with the last part; before it only those of a resumable
     *     directory
     */
    void put(ListingPart part, List<DirectoryTask> subdirectories) throws InterruptedException {
        CompletableFuture<Void> wake;
        lock.lockInterruptibly();
        try {
            while (!closed && !hasRoomFor(part)) {
                blocked++;
                long woken = roomSignals;
                room.await();
                if (woken == roomSignals) {
                    blocked--;
                }
            }
            if (closed) {
                throw new InterruptedException("the reader is closed");
            }
            queue.add(part);
            queuedBytes += part.bytes();
            if (part.listing().isLast()) {
                inHand.remove(part.task());
            }
            for (int i = subdirectories.size() - 1; i >= 0; i--) {
                push(subdirectories.get(i));
            }
            // One of them this walker takes itself, if it has read the last part.
            if (subdirectories.size() > (part.listing().isLast() ? 1 : 0)) {
                wakeIdle();
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
     * Mailbox: gives up the older half of the stack to other readers. Until {@link #acknowledge}
     * these directories are in the checkpoints of both.
     *
     * @param sequence number of this hand-over, not used before
     * @param most number of directories
     * @param bytes of their paths
     * @return their paths, the oldest first, as in a stack from its bottom
     */
    List<byte[]> giveUp(long sequence, int most, long bytes) {
        lock.lock();
        try {
            // One for a walker of its own, if none has any: else the last ones would wander.
            int half = (stack.size() + (inHand.isEmpty() ? 0 : 1)) / 2;
            List<DirectoryTask> given = stack.takeOldest(Math.min(half, most), bytes);
            if (given.isEmpty()) {
                return List.of();
            }
            given.forEach(DirectoryTask::taken);
            givenUp.put(sequence, given);
            return given.stream().map(DirectoryTask::path).toList();
        } catch (IOException e) {
            broken(e);
            throw new UncheckedIOException(e.getMessage(), e);
        } finally {
            lock.unlock();
        }
    }

    /** Mailbox: another's checkpoint holds what was given up. */
    void acknowledge(long sequence) {
        lock.lock();
        try {
            givenUp.remove(sequence);
        } finally {
            lock.unlock();
        }
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
                wakeBlocked();
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
                part.task().emitted();
                resumable.removeIf(DirectoryTask::isFinished);
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
     *
     * @throws WalkFailedException when a walker failed: what it had is not known any more
     */
    List<byte[]> unfinished() {
        lock.lock();
        try {
            if (failure != null) {
                throw new WalkFailedException(failure);
            }
            resumable.removeIf(DirectoryTask::isFinished);
            Set<DirectoryTask> tasks = new LinkedHashSet<>();
            addOwn(resumable, tasks);
            givenUp.values().forEach(given -> addOwn(given, tasks));
            stack.forEachOfItsOwn(tasks::add);
            addOwn(inHand, tasks);
            for (ListingPart part : queue) {
                if (part.listing().isLast()) {
                    addOwn(List.of(part.task()), tasks);
                }
            }
            return tasks.stream().map(DirectoryTask::path).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        } finally {
            lock.unlock();
        }
    }

    private static void addOwn(Collection<DirectoryTask> tasks, Set<DirectoryTask> to) {
        tasks.stream().filter(DirectoryTask::isOfItsOwn).forEach(to::add);
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

    /** Any thread: how large the stack of waiting directories is and was. */
    DirectoryStack.Figures stack() {
        lock.lock();
        try {
            return stack.figures();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Any thread: whether so many walkers all wait, for work or for the mailbox. Nothing moves then
     * until the mailbox does.
     */
    boolean isAtRest(int walkers) {
        lock.lock();
        try {
            return failure != null || idle + blocked == walkers;
        } finally {
            lock.unlock();
        }
    }

    /** Any thread: how many of so many walkers wait for nothing. */
    int busy(int walkers) {
        lock.lock();
        try {
            return walkers - idle - blocked;
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
    void close() throws IOException {
        lock.lock();
        try {
            closed = true;
            wakeIdle();
            wakeBlocked();
            stack.close();
        } finally {
            lock.unlock();
        }
    }
}
