package io.sluice.common.hash;

import java.nio.ByteBuffer;

/**
 * Gives a hash the bytes of buffers. Those of a direct buffer go through an array, 16 KiB at a
 * time, which stays in the processor's first cache: hash4j reads an array half as fast again as a
 * direct buffer, this copy included (43 µs for 256 KiB, and 62). Keeps that array; not thread-safe.
 */
public final class HashFeed {
    private static final int COPY_BYTES = 16 * 1024;

    /** A hash, or what has one. */
    public interface Taker {
        void bytes(byte[] bytes, int offset, int length);
    }

    private final Taker taker;
    private byte[] copy;

    public HashFeed(Taker taker) {
        this.taker = taker;
    }

    /** Gives the bytes from position to limit, both of which stay as they are. */
    public void put(ByteBuffer data) {
        if (data.hasArray()) {
            taker.bytes(data.array(), data.arrayOffset() + data.position(), data.remaining());
            return;
        }
        if (copy == null) {
            copy = new byte[COPY_BYTES];
        }
        for (int at = data.position(); at < data.limit(); ) {
            int length = Math.min(data.limit() - at, COPY_BYTES);
            data.get(at, copy, 0, length);
            taker.bytes(copy, 0, length);
            at += length;
        }
    }
}
