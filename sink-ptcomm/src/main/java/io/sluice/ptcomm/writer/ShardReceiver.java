package io.sluice.ptcomm.writer;

import io.sluice.common.round.Receipt;
import java.io.Closeable;
import java.io.IOException;

/**
 * Where one shard's FD stream goes: a file of an archive, or a bridge. Used by one thread at a
 * time, but for {@link #sync}.
 */
public interface ShardReceiver extends EntrySink, Closeable {
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
