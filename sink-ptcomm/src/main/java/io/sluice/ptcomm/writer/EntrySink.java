package io.sluice.ptcomm.writer;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Takes the frames of entries, one after the other. Used by one thread at a time. Every buffer
 * holds whole frames, is read from its position to its limit, and may be used again once the call
 * returns.
 */
public interface EntrySink {
    /** Takes {@code count} whole entries. */
    void entries(ByteBuffer frames, int count) throws IOException;

    /** An entry that comes in parts begins; {@code size} is its announced size in bytes. */
    void beginEntry(long size) throws IOException;

    /** The next frames of the entry begun. */
    void entryPart(ByteBuffer frames) throws IOException;

    /** The entry begun is complete. */
    void endEntry() throws IOException;
}
