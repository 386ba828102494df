package io.sluice.ptcomm.codec;

import com.dynatrace.hash4j.hashing.ByteAccess;
import com.dynatrace.hash4j.hashing.HashStream64;
import io.sluice.common.hash.Xxh3;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The checksum over an entry's data: xxh3 of every chunk of 16 MiB, and a root over the chunks and
 * the extents, as docs/formats.md has it. Running; borders of the updates do not matter. Keeps
 * eight bytes for each chunk (512 KiB for a terabyte). Reusable; not thread-safe.
 */
public final class DataSum {
    public static final int CHUNK_BYTES = 16 * 1024 * 1024;

    private static final ByteAccess<ByteBuffer> LITTLE =
            ByteAccess.forByteBuffer(ByteOrder.LITTLE_ENDIAN);
    private static final ByteAccess<ByteBuffer> BIG =
            ByteAccess.forByteBuffer(ByteOrder.BIG_ENDIAN);

    private final HashStream64 chunk = Xxh3.stream();
    private final HashStream64 extents = Xxh3.stream();
    private final HashStream64 root = Xxh3.stream();
    private long[] whole = new long[4];
    private int wholeChunks;
    private int chunkBytes;
    private long bytes;
    private boolean hasExtents;

    /**
     * Adds the buffer's bytes from position to limit, both of which stay as they are. A direct
     * buffer is read nearly twice as fast (6 GB/s) if its order is little-endian.
     */
    public void update(ByteBuffer data) {
        ByteAccess<ByteBuffer> access = data.order() == ByteOrder.LITTLE_ENDIAN ? LITTLE : BIG;
        int at = data.position();
        while (at < data.limit()) {
            int length = Math.min(data.limit() - at, CHUNK_BYTES - chunkBytes);
            chunk.putBytes(data, at, length, access);
            at += length;
            added(length);
        }
    }

    public void update(byte[] data, int offset, int length) {
        int at = offset;
        int end = offset + length;
        while (at < end) {
            int part = Math.min(end - at, CHUNK_BYTES - chunkBytes);
            chunk.putBytes(data, at, part);
            at += part;
            added(part);
        }
    }

    private void added(int length) {
        bytes += length;
        chunkBytes += length;
        if (chunkBytes == CHUNK_BYTES) {
            if (wholeChunks == whole.length) {
                whole = Arrays.copyOf(whole, 2 * whole.length);
            }
            whole[wholeChunks++] = chunk.getAsLong();
            chunk.reset();
            chunkBytes = 0;
        }
    }

    /** The next data belongs at that place; both in bytes. */
    public void extent(long offset, long length) {
        hasExtents = true;
        extents.putLong(offset).putLong(length);
    }

    /** Number of data bytes so far. */
    public long bytes() {
        return bytes;
    }

    /** Number of chunks so far, the one begun included. */
    public int chunks() {
        return wholeChunks + (chunkBytes > 0 ? 1 : 0);
    }

    /** xxh3 of chunk {@code i} as it is so far. */
    public long chunkHash(int i) {
        return i < wholeChunks ? whole[i] : chunk.getAsLong();
    }

    public long[] chunkHashes() {
        long[] hashes = new long[chunks()];
        Arrays.setAll(hashes, this::chunkHash);
        return hashes;
    }

    /** The hash over the chunks and the extents so far. */
    public long root() {
        root.reset();
        for (int i = 0; i < chunks(); i++) {
            root.putLong(chunkHash(i));
        }
        if (hasExtents) {
            root.putLong(extents.getAsLong());
        }
        return root.getAsLong();
    }

    /** Begins anew. */
    public void reset() {
        chunk.reset();
        extents.reset();
        hasExtents = false;
        wholeChunks = 0;
        chunkBytes = 0;
        bytes = 0;
    }
}
