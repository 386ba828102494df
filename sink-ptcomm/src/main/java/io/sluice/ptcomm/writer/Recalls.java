package io.sluice.ptcomm.writer;

import io.sluice.common.filesystem.FileHooks;
import io.sluice.common.filesystem.FileHooksFactory;
import io.sluice.common.filesystem.HsmOptions;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.PosixException;
import io.sluice.common.thread.Joins;
import java.io.Closeable;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Fetches files back from tape: asks the filesystem for them in batches of one tape archive each,
 * as many at a time and within an hour as the options allow, and looks until each is back. One for
 * each run and process, shared by the subtasks there.
 *
 * <p>A thread of its own asks and looks; it is there from the first file on. Any thread may {@link
 * #ask}, and {@link #await} what it asked for. Nothing waits for a file to be read, so whoever
 * reads in order waits for nobody who reads later. Files are asked for when their slice is
 * prepared: not more than {@link BufferSizes#slices} times {@link Slice#MAX_ITEMS} a shard are back
 * and not read.
 */
final class Recalls implements Closeable {
    /** A file on its way back; its fields are the {@link Recalls}' to guard. */
    static final class Recall {
        private final long archive;
        private final byte[] identity;
        private long askedNanos;
        private long lookNanos;
        private boolean done;
        private int result;

        private Recall(long archive, byte[] identity) {
            this.archive = archive;
            this.identity = identity;
        }
    }

    /** What a filesystem takes in one request: a Lustre client no more than 52. */
    private static final int MAX_BATCH = 50;

    /** A file is looked at again after a twentieth of the time that it has taken so far. */
    private static final long LOOKS = 20;

    private static final long LEAST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long MOST_WAIT_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long HOUR_NANOS = TimeUnit.HOURS.toNanos(1);

    /** Whoever has read a file may still have it open when it is to be released. */
    private static final int RELEASES = 5;

    private record Release(Recall recall, int attempt) {}

    private static final Map<String, Recalls> OF_RUNS = new HashMap<>();

    private final String run;
    private final HsmOptions options;
    private final FileHooksFactory factory;
    private final byte[] root;
    private final LongSupplier clock;

    private int users;
    private Thread thread;
    private boolean closed;
    private Throwable problem;
    private final Map<ByteBuffer, Recall> waiting = new LinkedHashMap<>();
    private final Map<ByteBuffer, Recall> underWay = new LinkedHashMap<>();
    private final ArrayDeque<Long> lastHour = new ArrayDeque<>();
    private Queue<Release> releases = new ArrayDeque<>();

    Recalls(
            String run,
            HsmOptions options,
            FileHooksFactory factory,
            byte[] root,
            LongSupplier clock) {
        this.run = run;
        this.options = options;
        this.factory = factory;
        this.root = root;
        this.clock = clock;
    }

    /** The run's, in this process; to be closed by each who got it. */
    static Recalls of(WriterOptions options) {
        synchronized (OF_RUNS) {
            Recalls recalls =
                    OF_RUNS.computeIfAbsent(
                            options.run(),
                            run ->
                                    new Recalls(
                                            run,
                                            options.hsm(),
                                            options.hooks(),
                                            options.root(),
                                            System::nanoTime));
            recalls.users++;
            return recalls;
        }
    }

    /**
     * Wants a file back; whoever wants one that is on its way already waits for the same.
     *
     * @param identity as {@link FileHooks#identity} told it
     */
    synchronized Recall ask(long archive, byte[] identity) {
        ByteBuffer key = ByteBuffer.wrap(identity);
        Recall known = underWay.getOrDefault(key, waiting.get(key));
        if (known != null) {
            return known;
        }
        Recall recall = new Recall(archive, identity);
        waiting.put(key, recall);
        if (thread == null && !closed) {
            thread = new Thread(this::work, "sluice-recalls");
            thread.setDaemon(true);
            thread.start();
        }
        notifyAll();
        return recall;
    }

    /**
     * Waits for a file.
     *
     * @return 0 when it is back, or gone; else {@code -errno}
     * @throws IllegalStateException if the thread is interrupted, which stays so, or nobody is
     *     asking any more
     */
    synchronized int await(Recall recall) {
        try {
            while (!recall.done) {
                if (closed || problem != null) {
                    throw new IllegalStateException(
                            "nobody fetches files back from tape any more", problem);
                }
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a file came back from tape", e);
        }
        return recall.result;
    }

    /** The entry has been read; its file may go to tape again where the options say so. */
    synchronized void read(Outcome outcome) {
        if (outcome.recall != null && options.releaseAgain()) {
            releases.add(new Release(outcome.recall, 1));
            notifyAll();
        }
        outcome.recall = null;
    }

    private void work() {
        try (FileHooks hooks = factory.open(root)) {
            boolean last = false;
            while (!last) {
                last = awaitWork();
                release(hooks);
                if (!last) {
                    request(hooks);
                    look(hooks);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Throwable e) {
            synchronized (this) {
                problem = e;
                notifyAll();
            }
        }
    }

    /** Until there is something to do; true when it is the last. */
    private synchronized boolean awaitWork() throws InterruptedException {
        while (!closed) {
            long nanos = nextWork() - clock.getAsLong();
            if (nanos <= 0) {
                return false;
            }
            wait(Math.max(1, TimeUnit.NANOSECONDS.toMillis(Math.min(nanos, MOST_WAIT_NANOS))));
        }
        return true;
    }

    private long nextWork() {
        long now = clock.getAsLong();
        long next = now + MOST_WAIT_NANOS;
        if (room(now) > 0 && !waiting.isEmpty()) {
            return now;
        }
        for (Recall recall : underWay.values()) {
            next = Math.min(next, recall.lookNanos);
        }
        return releases.isEmpty() ? next : Math.min(next, now + LEAST_WAIT_NANOS);
    }

    private int room(long now) {
        int room = Math.min(options.recalls() - underWay.size(), MAX_BATCH);
        if (options.recallsPerHour() == 0) {
            return room;
        }
        while (!lastHour.isEmpty() && lastHour.peek() <= now - HOUR_NANOS) {
            lastHour.remove();
        }
        return Math.min(room, options.recallsPerHour() - lastHour.size());
    }

    private void request(FileHooks hooks) {
        List<Recall> batch = batch();
        if (batch.isEmpty()) {
            return;
        }
        List<byte[]> identities = batch.stream().map(recall -> recall.identity).toList();
        int result = hooks.recall(batch.get(0).archive, identities);
        if (result < 0 && batch.size() > 1) {
            // One that has gone meanwhile has all refused.
            for (Recall one : batch) {
                refused(one, hooks.recall(one.archive, List.of(one.identity)));
            }
        } else {
            refused(batch.get(0), result);
        }
    }

    private void refused(Recall recall, int result) {
        if (result < 0) {
            // What is gone is seen by whoever opens it.
            done(recall, Errno.isGone(-result) ? 0 : result);
        }
    }

    /** The first file that waits, and others of its tape archive, while there is room. */
    private synchronized List<Recall> batch() {
        List<Recall> batch = new ArrayList<>();
        long now = clock.getAsLong();
        int room = room(now);
        Iterator<Recall> next = waiting.values().iterator();
        while (next.hasNext() && batch.size() < room) {
            Recall recall = next.next();
            if (batch.isEmpty() || batch.get(0).archive == recall.archive) {
                next.remove();
                batch.add(recall);
                recall.askedNanos = now;
                recall.lookNanos = now + LEAST_WAIT_NANOS;
                underWay.put(ByteBuffer.wrap(recall.identity), recall);
                if (options.recallsPerHour() > 0) {
                    lastHour.add(now);
                }
            }
        }
        return batch;
    }

    private void look(FileHooks hooks) {
        long now = clock.getAsLong();
        List<Recall> due;
        synchronized (this) {
            due = underWay.values().stream().filter(recall -> recall.lookNanos <= now).toList();
        }
        for (Recall recall : due) {
            try {
                if (!hooks.isReleased(recall.identity)) {
                    done(recall, 0);
                    continue;
                }
            } catch (PosixException e) {
                // What is gone is seen by whoever opens it.
                done(recall, Errno.isGone(e.errno()) ? 0 : -e.errno());
                continue;
            }
            long age = clock.getAsLong() - recall.askedNanos;
            if (age > TimeUnit.SECONDS.toNanos(options.recallTimeoutSecs())) {
                done(recall, -Errno.ETIMEDOUT);
                continue;
            }
            long wait = Math.max(LEAST_WAIT_NANOS, Math.min(age / LOOKS, MOST_WAIT_NANOS));
            synchronized (this) {
                recall.lookNanos = clock.getAsLong() + wait;
            }
        }
    }

    private synchronized void done(Recall recall, int result) {
        underWay.remove(ByteBuffer.wrap(recall.identity));
        recall.done = true;
        recall.result = result;
        notifyAll();
    }

    /** What cannot be released stays on disk: nothing depends on it. */
    private void release(FileHooks hooks) {
        Queue<Release> now;
        synchronized (this) {
            now = releases;
            releases = new ArrayDeque<>();
        }
        for (Release release : now) {
            int result = hooks.release(release.recall.archive, List.of(release.recall.identity));
            if (result < 0 && release.attempt < RELEASES) {
                synchronized (this) {
                    releases.add(new Release(release.recall, release.attempt + 1));
                }
            }
        }
    }

    @Override
    public void close() {
        synchronized (OF_RUNS) {
            users--;
            if (users > 0) {
                return;
            }
            OF_RUNS.remove(run, this);
        }
        Thread working;
        synchronized (this) {
            closed = true;
            working = thread;
            notifyAll();
        }
        if (working != null) {
            Joins.uninterruptibly(List.of(working));
        }
    }
}
