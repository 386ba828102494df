package io.sluice.ptcomm.writer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Takes the frames of entries, one after the other. Used by one thread at a time. Every buffer
 * holds whole frames, is read from its position to its limit, and may be used again once the call
 * returns. What the outcomes say of their entries must be final when they are handed over whole or
 * ended.
 */
interface EntrySink {
    /** Takes whole entries: those of {@code outcomes}, in their order. */
    void entries(ByteBuffer frames, List<Outcome> outcomes) throws IOException;

    /** An entry that comes in parts begins; {@code size} is that of the data to come, in bytes. */
    void beginEntry(Outcome outcome, long size) throws IOException;

    /**
     * The next frames of the entry begun.
     *
     * @param progress how far it has got with them
     */
    void entryPart(ByteBuffer frames, Outcome outcome, EntryProgress progress) throws IOException;

    /** The entry begun is complete. */
    void endEntry(Outcome outcome) throws IOException;
}
