package io.sluice.ptcomm.writer;

import io.sluice.common.round.Receipt;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Where one shard's FD stream goes when it can be cut back: a file of an archive. Used by one
 * thread at a time, but for {@link #sync}. Every buffer holds whole frames, is read from its
 * position to its limit, and may be used again once the call returns.
 */
public interface ShardReceiver extends Closeable {
    /** Takes {@code count} whole entries. */
    void entries(ByteBuffer frames, int count) throws IOException;

    /** An entry that comes in parts begins; {@code size} is its announced size in bytes. */
    void beginEntry(long size) throws IOException;

    /** The next frames of the entry begun. */
    void entryPart(ByteBuffer frames) throws IOException;

    /** The entry begun is complete. */
    void endEntry() throws IOException;

    /**
     * Names what has come so far, between two entries. A receiver that is opened with a point goes
     * on behind it, whatever came after it. Lasting only after {@link #sync}.
     */
    ReceiverPoint point() throws IOException;

    /**
     * Makes durable what the points so far name. May come from another thread while {@link
     * #entryPart} runs, and during no other call.
     */
    void sync() throws IOException;

    /** Ends the stream and makes it durable. */
    Receipt finish() throws IOException;

    /** Gives up what is not finished; after {@link #finish} it only releases what is held. */
    @Override
    void close() throws IOException;
}
