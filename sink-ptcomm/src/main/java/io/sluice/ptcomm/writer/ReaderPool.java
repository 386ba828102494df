package io.sluice.ptcomm.writer;

import io.sluice.common.thread.Joins;
import io.sluice.common.throttle.Throttle;
import io.sluice.common.throttle.ThrottledThreads;
import io.sluice.common.throttle.Turn;
import java.io.Closeable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The reading threads of a subtask, shared by its shards. Slices are prepared, and parts of large
 * files read, in the order they come; how many there may be at a time is the streams' to bound.
 * Each thread has descriptors and buffers of its own: {@link BufferSizes}. All of them, and the
 * writing threads, obey one throttle.
 */
final class ReaderPool implements Closeable {
    /** What is to be done on some reading thread. */
    interface Work {
        void run(Worker worker) throws InterruptedException;
    }

    /** What one thread has. */
    final class Worker implements Closeable {
        final Turn turn = throttled.turn();
        private SlicePreparer preparer;

        void prepare(Slice slice) {
            try {
                if (preparer == null) {
                    preparer =
                            new SlicePreparer(
                                    options,
                                    new ThrottledReader(options, BufferSizes.MAX_DIRECTORIES, turn),
                                    recalls);
                }
                preparer.prepare(slice);
                slice.prepared(null);
            } catch (Throwable problem) {
                slice.prepared(problem);
            }
        }

        /** Whether there is other work that nobody has begun. */
        boolean isAwaited() {
            return !waiting.isEmpty();
        }

        /** Lets some other thread add what has been read. */
        void leave(RunSum sum) {
            waiting.add(other -> sum.add());
        }

        @Override
        public void close() {
            if (preparer != null) {
                preparer.close();
            }
        }
    }

    private final BlockingQueue<Work> waiting = new LinkedBlockingQueue<>();
    private final List<Thread> threads = new ArrayList<>();
    private final WriterOptions options;
    private final ThrottledThreads throttled;
    private final Recalls recalls;

    ReaderPool(int count, WriterOptions options) {
        this.options = options;
        throttled = Throttle.readers(options.throttle());
        recalls = Recalls.of(options);
        for (int i = 0; i < count; i++) {
            Thread thread = new Thread(this::read, "sluice-reader-" + i);
            thread.setDaemon(true);
            threads.add(thread);
            thread.start();
        }
    }

    void prepare(Slice slice) {
        waiting.add(worker -> worker.prepare(slice));
    }

    /** Fills a part, on some thread and at some time; its owner may wait for it, or give it up. */
    void read(ReadAhead.Part part) {
        part.asked();
        waiting.add(part);
    }

    private void read() {
        try (Worker worker = new Worker()) {
            while (true) {
                waiting.take().run(worker);
                worker.turn.pause();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * For a writing thread: it obeys the same throttle.
     *
     * @param keptDirectories how many to hold open
     */
    EntryReader readerOfStream(int keptDirectories) {
        return new ThrottledReader(options, keptDirectories, throttled.turn());
    }

    /** For whoever needs data that is on tape; closed with this. */
    Recalls recalls() {
        return recalls;
    }

    /** Stops the threads; the slices that still wait are never prepared. */
    @Override
    public void close() {
        threads.forEach(Thread::interrupt);
        Joins.uninterruptibly(threads);
        recalls.close();
        throttled.close();
    }
}
