package io.sluice.ptcomm.codec;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * What {@link EntryDecoder} tells while it reads a stream, in the stream's order and on the reading
 * thread. For each entry: {@link #entry}; any number of {@link #extent} and {@link #data}; {@link
 * #torn} perhaps; any number of {@link #block}; {@link #end}. An exception ends the reading.
 *
 * <p>Where a stream is damaged, an {@link #entry} may not be followed by its {@link #end}: then the
 * entry is incomplete, and what was begun for it must be given up when the reading ends, when
 * {@code DamageListener.damaged} is told, or with the next {@link #entry} or {@link #deleted}.
 */
public interface EntryHandler {
    /**
     * The head of an entry. Any data follows.
     *
     * @return whether its data and blocks are wanted; if not, {@link #extent}, {@link #data},
     *     {@link #torn} and {@link #block} are left out, the checksum is not computed, and {@link
     *     #end} says {@link DataState#NOT_READ}
     */
    boolean entry(StreamEntry entry) throws IOException;

    /** The next {@code length} bytes of data belong at {@code offset}. */
    void extent(long offset, long length) throws IOException;

    /** Data bytes; the buffer is the decoder's and holds only until this returns. */
    void data(ByteBuffer bytes) throws IOException;

    /** The entry was not read whole at its source. */
    void torn(int errno, String text) throws IOException;

    /** An attribute block: {@code ACL}, {@code XATTR}, {@code LAYOUT} or {@code HSM}. */
    void block(String kind, byte[] content) throws IOException;

    /** The entry is complete. */
    void end(DataState state) throws IOException;

    /** A tombstone. */
    void deleted(byte[] path, boolean directory) throws IOException;

    /** How the data of an entry compares with its checksum. */
    enum DataState {
        /** There is no data, or it is as it was read at the source. */
        INTACT,
        /** Its checksum differs: the archive is damaged. */
        DAMAGED,
        /** Nobody wanted it. */
        NOT_READ
    }
}
