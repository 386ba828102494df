package io.sluice.ptcomm.codec;

import com.dynatrace.hash4j.hashing.HashStream64;
import io.sluice.common.hash.HashFeed;
import io.sluice.common.hash.Xxh3;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The checksum over an entry's data: xxh3 of every chunk of 16 MiB, and a root over the chunks and
 * the extents, as docs/formats.md has it. Running; borders of the updates do not matter. Keeps
 * eight bytes for each chunk (512 KiB for a terabyte). Reusable; not thread-safe.
 */
public final class DataSum {
    public static final int CHUNK_BYTES = 16 * 1024 * 1024;

    private final HashStream64 chunk = Xxh3.stream();
    private final HashStream64 extents = Xxh3.stream();
    private final HashStream64 root = Xxh3.stream();
    private final HashFeed feed = new HashFeed(this::update);

    /**
     * Hashes of the whole chunks, of which none changes any more: whoever knows a chunk to be whole
     * may ask for its hash while another thread adds, and replaces this by a longer copy.
     */
    private volatile long[] whole = new long[4];

    private int wholeChunks;
    private int chunkBytes;
    private long bytes;
    private boolean hasExtents;

    /** Adds the buffer's bytes from position to limit, both of which stay as they are. */
    public void update(ByteBuffer data) {
        feed.put(data);
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

    /** xxh3 of a chunk that is whole. Any thread that knows that it is. */
    public long wholeChunkHash(int i) {
        return whole[i];
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

    /**
     * Where this sum stands, so that another one can go on from it; the hashes of whole chunks are
     * not part of it: they are told one by one, and given back to {@link #resume}.
     */
    public void save(DataOutput out) throws IOException {
        out.writeLong(bytes);
        writeState(out, chunk);
        out.writeBoolean(hasExtents);
        if (hasExtents) {
            writeState(out, extents);
        }
    }

    private static void writeState(DataOutput out, HashStream64 hash) throws IOException {
        byte[] state = hash.getState();
        out.writeShort(state.length);
        out.write(state);
    }

    /**
     * Goes on from what {@link #save} wrote.
     *
     * @param chunkHashes of all chunks that were whole then
     */
    public void resume(DataInput in, long[] chunkHashes) throws IOException {
        reset();
        bytes = in.readLong();
        chunkBytes = (int) (bytes % CHUNK_BYTES);
        wholeChunks = Math.toIntExact(bytes / CHUNK_BYTES);
        if (bytes < 0 || chunkHashes.length != wholeChunks) {
            throw new IOException(
                    chunkHashes.length + " hashes of chunks for a sum over " + bytes + " bytes");
        }
        whole = Arrays.copyOf(chunkHashes, Math.max(4, wholeChunks));
        chunk.setState(readState(in));
        hasExtents = in.readBoolean();
        if (hasExtents) {
            extents.setState(readState(in));
        }
    }

    /**
     * Goes back to where {@link #save} was called earlier on this sum.
     *
     * @param chunks that were whole then
     */
    public void back(DataInput in, int chunks) throws IOException {
        resume(in, Arrays.copyOf(whole, chunks));
    }

    private static byte[] readState(DataInput in) throws IOException {
        byte[] state = new byte[in.readUnsignedShort()];
        in.readFully(state);
        return state;
    }

    /** Number of whole chunks so far. */
    public int wholeChunks() {
        return wholeChunks;
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
