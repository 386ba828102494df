package io.sluice.ptcomm.writer;

import io.sluice.common.round.Receipt;
import java.io.Closeable;
import java.io.IOException;

/**
 * A stream's receiver between its writing thread, which hands over frames, and the mailbox thread,
 * which takes a {@link #point} of it for each checkpoint.
 */
interface ShardOutput extends EntrySink, Closeable {
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

    /** The entry that an earlier attempt began and that is to be finished first, or null. */
    BridgeLink.Begun begun();

    /** The claim of that entry is in state, so that points may count it. On the mailbox thread. */
    void begunIsClaimed();

    /** On the writing thread. After a failure there are no more points. */
    void whole(Work work) throws IOException, InterruptedException;

    /** Within {@link #whole}: the outcomes of the first so many items are known, and final. */
    void covers(long known);

    /** Calls back when points may cover what was covered last, perhaps at once. */
    void whenCovered(Runnable told);

    /** A point of the stream. On the mailbox thread. */
    Point point() throws IOException, InterruptedException;

    /** Ends the stream. On the writing thread. */
    void finish() throws IOException, InterruptedException;

    /** On the writing thread, which has finished. */
    Receipt receipt();

    /** A checkpoint with that point is complete. On the mailbox thread. */
    void completed(ReceiverPoint point);

    /** Makes the writing thread come back from what it waits for; it is interrupted besides. */
    void cancel();
}
