package io.sluice.ptcomm.writer;

import io.sluice.common.round.Receipt;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The output to a receiver that can go back to a point.
 *
 * <p>What the writing thread does {@link #whole} is in a point as a whole or not at all. So a
 * checkpoint waits for a slice's frames to be taken, and for entries of up to {@link
 * #AWAITED_BYTES} to be read; for a larger one it does not: before that one begins a point is made,
 * and that stands until the entry is complete.
 */
final class PointedReceiver implements ShardOutput {
    /** Read in a moment; and the zstd frame that ends before an entry beyond it costs nothing. */
    static final long AWAITED_BYTES = 1 << 20;

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

    @Override
    public BridgeLink.Begun begun() {
        return null;
    }

    @Override
    public void begunIsClaimed() {}

    @Override
    public void whole(Work work) throws IOException, InterruptedException {
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

    @Override
    public void covers(long known) {
        items = known;
    }

    @Override
    public void whenCovered(Runnable told) {
        told.run();
    }

    /** A durable point. */
    @Override
    public Point point() throws IOException, InterruptedException {
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
    public void entries(ByteBuffer frames, List<Outcome> outcomes) throws IOException {
        receiver.entries(frames, outcomes.size());
    }

    @Override
    public void beginEntry(Outcome outcome, long size) throws IOException {
        if (size > AWAITED_BYTES) {
            beforeEntry = new Point(items, receiver.point(), null);
        }
        receiver.beginEntry(size);
        if (beforeEntry != null) {
            lock.unlock();
        }
    }

    @Override
    public void entryPart(ByteBuffer frames, Outcome outcome, EntryProgress progress)
            throws IOException {
        receiver.entryPart(frames);
    }

    @Override
    public void endEntry(Outcome outcome) throws IOException {
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

    @Override
    public void finish() throws IOException, InterruptedException {
        whole(() -> receipt = receiver.finish());
    }

    @Override
    public Receipt receipt() {
        return receipt;
    }

    @Override
    public void completed(ReceiverPoint point) {}

    @Override
    public void cancel() {}

    @Override
    public void close() throws IOException {
        receiver.close();
    }
}
