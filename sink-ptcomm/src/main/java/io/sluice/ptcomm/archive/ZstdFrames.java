package io.sluice.ptcomm.archive;

import com.github.luben.zstd.EndDirective;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Compresses into zstd frames with content checksums, through one buffer off the heap. */
final class ZstdFrames implements Closeable {
    /** zstd's own default: faster than most disks at two to one. */
    private static final int LEVEL = 3;

    /** Large enough that a write to the file is a large one. */
    private static final int BUFFER_BYTES = 1024 * 1024;

    private final ZstdCompressCtx context = new ZstdCompressCtx();
    private final ByteBuffer compressed = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final ByteBuffer nothing = ByteBuffer.allocateDirect(0);
    private ByteBuffer staging;
    private long input;

    ZstdFrames() {
        context.setLevel(LEVEL).setChecksum(true);
    }

    /** Bytes of input in the open frame; 0 if none is open. */
    long input() {
        return input;
    }

    void write(ByteBuffer bytes, SegmentFile file) throws IOException {
        input += bytes.remaining();
        if (bytes.isDirect()) {
            compress(bytes, file);
            return;
        }
        if (staging == null) {
            staging = ByteBuffer.allocateDirect(BUFFER_BYTES);
        }
        while (bytes.hasRemaining()) {
            int length = Math.min(bytes.remaining(), BUFFER_BYTES);
            staging.clear();
            staging.put(0, bytes, bytes.position(), length).limit(length);
            bytes.position(bytes.position() + length);
            compress(staging, file);
        }
    }

    private void compress(ByteBuffer bytes, SegmentFile file) throws IOException {
        while (bytes.hasRemaining()) {
            step(bytes, EndDirective.CONTINUE);
            if (!compressed.hasRemaining()) {
                drain(file);
            }
        }
    }

    /** Ends the open frame, if there is one. What is compressed may still be in the buffer. */
    void endFrame(SegmentFile file) throws IOException {
        if (input == 0) {
            return;
        }
        while (!step(nothing, EndDirective.END)) {
            drain(file);
        }
        input = 0;
    }

    private boolean step(ByteBuffer bytes, EndDirective directive) throws IOException {
        try {
            return context.compressDirectByteBufferStream(compressed, bytes, directive);
        } catch (ZstdException e) {
            throw new IOException("zstd: " + e.getMessage(), e);
        }
    }

    /** Bytes that are compressed and not yet in the file. */
    int pending() {
        return compressed.position();
    }

    /** Hands all that is compressed to the file. */
    void drain(SegmentFile file) throws IOException {
        compressed.flip();
        file.write(compressed);
        compressed.clear();
    }

    @Override
    public void close() {
        context.close();
    }
}
