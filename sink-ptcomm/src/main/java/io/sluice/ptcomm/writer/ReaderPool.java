package io.sluice.ptcomm.writer;

import io.sluice.common.thread.Joins;
import java.io.Closeable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The reading threads of a subtask, shared by its shards. Slices are prepared in the order they
 * come; how many there may be at a time is the streams' to bound. Each thread has descriptors and
 * buffers of its own: {@link BufferSizes}.
 */
final class ReaderPool implements Closeable {
    private final BlockingQueue<Slice> waiting = new LinkedBlockingQueue<>();
    private final List<Thread> threads = new ArrayList<>();

    ReaderPool(int count, WriterOptions options) {
        for (int i = 0; i < count; i++) {
            Thread thread = new Thread(() -> read(options), "sluice-reader-" + i);
            thread.setDaemon(true);
            threads.add(thread);
            thread.start();
        }
    }

    void prepare(Slice slice) {
        waiting.add(slice);
    }

    private void read(WriterOptions options) {
        SlicePreparer preparer = null;
        try {
            while (true) {
                Slice slice = waiting.take();
                try {
                    if (preparer == null) {
                        preparer = new SlicePreparer(options, reader(options));
                    }
                    preparer.prepare(slice);
                    slice.prepared(null);
                } catch (Throwable problem) {
                    slice.prepared(problem);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            if (preparer != null) {
                preparer.close();
            }
        }
    }

    private static EntryReader reader(WriterOptions options) {
        return new EntryReader(options, BufferSizes.MAX_DIRECTORIES);
    }

    /** Stops the threads; the slices that still wait are never prepared. */
    @Override
    public void close() {
        threads.forEach(Thread::interrupt);
        Joins.uninterruptibly(threads);
    }
}
