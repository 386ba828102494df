package io.sluice.ptcomm.fd;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * What a bridge hands the stream to: an FD job, a file, a command. Used by one thread at a time,
 * but for {@link #close}; may block for as long as it wants, a tape mount for example. An exception
 * ends the bridge.
 */
public interface BridgeConsumer extends Closeable {
    /** Takes whole frames. */
    void write(ByteBuffer frames) throws IOException;

    /**
     * The round stands, and what comes is the final F: the last moment for messages into the
     * stream. May come again where the first time failed.
     */
    default void releasing() throws IOException {}

    /** The round stands, and the stream is complete. Durable on return, where that is possible. */
    void finish() throws IOException;

    /**
     * Without {@link #finish} before: the stream is given up. May come twice, and from another
     * thread while {@link #write} is blocked, which is then to throw.
     */
    @Override
    void close() throws IOException;
}
