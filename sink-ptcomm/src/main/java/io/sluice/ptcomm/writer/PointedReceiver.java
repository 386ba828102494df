package io.sluice.ptcomm.writer;

import io.sluice.common.round.Receipt;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A stream's receiver between its writing thread, which hands over frames, and the mailbox thread,
 * which takes a {@link #point} of it for each checkpoint.
 *
 * <p>What the writing thread does {@link #whole} is in a point as a whole or not at all. So a
 * checkpoint waits for a slice's frames to be taken, and for entries of up to {@link
 * #AWAITED_BYTES} to be read; for a larger one it does not: before that one begins a point is made,
 * and that stands until the entry is complete.
 */
final class PointedReceiver implements EntrySink, Closeable {
    /** Read in a moment; and the zstd frame that ends before an entry beyond it costs nothing. */
    static final long AWAITED_BYTES = 1 << 20;

    /**
     * @param items that it covers: of those that this attempt's stream was given, the first so many
     * @param stream up to there, or null when the stream is finished
     * @param receipt of the finished stream, else null
     */
    record Point(long items, ReceiverPoint stream, Receipt receipt) {}

    /** A part of the work that is not to be parted. */
    interface Work {
        void run() throws IOException;
    }

    private final ShardReceiver receiver;

    /** Fair: the writing thread would else take it again before a checkpoint has it. */
    private final ReentrantLock lock = new ReentrantLock(true);

    // Guarded by the lock.
    private long items;
    private Point beforeEntry;
    private Receipt receipt;
    private Throwable failure;

    PointedReceiver(ShardReceiver receiver) {
        this.receiver = receiver;
    }

    /** On the writing thread. After a failure there are no more points. */
    void whole(Work work) throws IOException, InterruptedException {
        lock.lockInterruptibly();
        Throwable problem = null;
        try {
            work.run();
        } catch (Throwable e) {
            problem = e;
            throw e;
        } finally {
            if (!lock.isHeldByCurrentThread()) {
                // It broke within a large entry.
                lock.lock();
            }
            failure = problem;
            lock.unlock();
        }
    }

    /** Within {@link #whole}: the outcomes of the first so many items are known, and final. */
    void covers(long known) {
        items = known;
    }

    /** A durable point. On the mailbox thread. */
    Point point() throws IOException, InterruptedException {
        lock.lockInterruptibly();
        try {
            if (failure != null) {
                throw new IOException("the stream has failed", failure);
            }
            if (receipt != null) {
                return new Point(items, null, receipt);
            }
            Point point =
                    beforeEntry != null ? beforeEntry : new Point(items, receiver.point(), null);
            receiver.sync();
            return point;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void entries(ByteBuffer frames, int count) throws IOException {
        receiver.entries(frames, count);
    }

    @Override
    public void beginEntry(long size) throws IOException {
        if (size > AWAITED_BYTES) {
            beforeEntry = new Point(items, receiver.point(), null);
        }
        receiver.beginEntry(size);
        if (beforeEntry != null) {
            lock.unlock();
        }
    }

    @Override
    public void entryPart(ByteBuffer frames) throws IOException {
        receiver.entryPart(frames);
    }

    @Override
    public void endEntry() throws IOException {
        if (!lock.isHeldByCurrentThread()) {
            try {
                lock.lockInterruptibly();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException();
            }
        }
        receiver.endEntry();
        beforeEntry = null;
    }

    /** Within {@link #whole}. */
    void finish() throws IOException {
        receipt = receiver.finish();
    }

    /** On the writing thread, which has finished. */
    Receipt receipt() {
        return receipt;
    }

    @Override
    public void close() throws IOException {
        receiver.close();
    }
}
