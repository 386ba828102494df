package io.sluice.ptcomm.writer;

import io.sluice.common.posix.NativeBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * A run of items of one shard that one reading thread prepares in one go, and the buffer that it
 * fills. The writing thread waits for it in the items' order.
 */
final class Slice {
    /**
     * Enough that the hand-over between threads, some microseconds, is lost among the items' own
     * cost.
     */
    static final int MAX_ITEMS = 64;

    /** What the frames of an item have beside its path and data, about. */
    static final int ITEM_BYTES = 512;

    final List<Outcome> outcomes = new ArrayList<>(MAX_ITEMS);
    final NativeBuffer buffer;

    /** Outcomes that are settled; the mailbox thread's. */
    int settled;

    private final CountDownLatch prepared = new CountDownLatch(1);
    private Throwable failure;

    Slice(NativeBuffer buffer) {
        this.buffer = buffer;
    }

    /** On the reading thread: done, or given up for a reason that is not an item's. */
    void prepared(Throwable problem) {
        failure = problem;
        prepared.countDown();
    }

    /** On the writing thread. */
    void await() throws InterruptedException {
        prepared.await();
        if (failure != null) {
            throw new IllegalStateException("reading ahead failed", failure);
        }
    }
}
