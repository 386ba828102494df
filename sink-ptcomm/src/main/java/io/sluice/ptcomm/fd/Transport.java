package io.sluice.ptcomm.fd;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Bytes to and from the other side. Closing it ends every blocked call with an exception. */
public interface Transport extends Closeable {
    /** Blocks for at least one byte; -1 at the end. By one thread. */
    int read(ByteBuffer into) throws IOException;

    /** Writes all of it. By one thread at a time. */
    void write(ByteBuffer bytes) throws IOException;

    /** Writes all of both, in one go. By one thread at a time. */
    void write(ByteBuffer first, ByteBuffer second) throws IOException;

    /** Nothing more will be written; the other side may read all that was. */
    void finishWriting() throws IOException;

    /** Address of the other side. */
    String peer();
}
