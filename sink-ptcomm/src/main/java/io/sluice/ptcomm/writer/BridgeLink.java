package io.sluice.ptcomm.writer;

import io.sluice.common.round.Receipt;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A shard's connection to its bridge, which takes units: each comes whole to the bridge's consumer
 * or not at all, with what the writer wants to know of it after a failure. Units are sent by one
 * thread at a time; {@link #completed} and {@link #close} may come from any.
 */
public interface BridgeLink extends Closeable {
    /** What a unit is. */
    enum Unit {
        /** Some whole entries. */
        WHOLE,
        /** The head of an entry that comes in parts. */
        OPEN,
        /** The next part of the open entry. */
        PART,
        /** The last part of the open entry. */
        CLOSE
    }

    /** Hears of the bridge. Called on a thread of the link's. */
    interface Listener {
        /** The bridge has handed on all entries up to this number. */
        void taken(long number);

        /** The connection is lost, or the bridge has given up. */
        void failed(IOException problem);
    }

    /**
     * The entry that was begun and not ended, in what its writer noted with its parts.
     *
     * @param entry what was added with its head
     * @param chunks all that was added with later parts
     * @param latest what replaced the former with its last part
     */
    record Begun(byte[] entry, byte[] chunks, byte[] latest) {}

    /** Number of the last entry that the bridge had whole when the connection was made. */
    long last();

    /** The entry that must be finished before all others, or null. */
    Begun begun();

    /** Begins to listen; once, before the first {@link #send}. */
    void listen(Listener listener);

    /**
     * Sends a unit; blocks while the bridge takes nothing.
     *
     * @param first number of its first entry
     * @param count of whole entries; 1 for parts
     * @param notes from position to limit: for {@code WHOLE} and {@code CLOSE} the entries'
     *     records; else first what is added to what the bridge keeps of the open entry, then what
     *     replaces the latest
     * @param added how many of the notes' bytes are added; 0 but for parts
     * @param frames from position to limit, whole ones, at most {@link #MAX_UNIT_BYTES}
     */
    void send(Unit unit, long first, int count, ByteBuffer notes, int added, ByteBuffer frames)
            throws IOException;

    /** Most bytes of frames in a unit: the largest part of an entry is a head of two long paths. */
    int MAX_UNIT_BYTES = 3 << 20;

    /** A checkpoint that counts all entries up to this number is complete. Does not block. */
    void completed(long number);

    /** Ends the stream, and waits until the bridge has accepted it. */
    Receipt finish() throws IOException, InterruptedException;

    @Override
    void close();
}
