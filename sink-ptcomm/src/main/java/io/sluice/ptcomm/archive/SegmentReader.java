package io.sluice.ptcomm.archive;

import com.dynatrace.hash4j.hashing.HashStream64;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import io.sluice.common.hash.HashFeed;
import io.sluice.common.hash.Xxh3;
import io.sluice.common.round.Receipt;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.Set;

/**
 * The part of a stream that a segment holds, decompressed. Every stored byte that is read is
 * hashed; {@link #check} reads the rest and compares. Whatever is wrong with the file is a {@link
 * DamagedSegmentException}. Not thread-safe.
 */
final class SegmentReader implements ReadableByteChannel {
    /** What a {@link DamagedSegmentException} says of a file that is not there. */
    static final String MISSING = "it is missing";

    private static final int BUFFER_BYTES = 1024 * 1024;

    /** Reusable memory of readers that follow each other on one thread. */
    static final class Buffers implements AutoCloseable {
        private final ByteBuffer stored = ByteBuffer.allocateDirect(BUFFER_BYTES);
        private final HashStream64 hash = Xxh3.stream();
        private final HashFeed feed = new HashFeed(hash::putBytes);
        private ZstdDecompressCtx context;

        private ZstdDecompressCtx context() {
            if (context == null) {
                context = new ZstdDecompressCtx();
            }
            context.reset();
            return context;
        }

        @Override
        public void close() {
            if (context != null) {
                context.close();
            }
        }
    }

    private final Receipt.Segment segment;
    private final FileChannel file;
    private final ByteBuffer stored;
    private final HashStream64 hash;
    private final HashFeed feed;
    private final ZstdDecompressCtx zstd;
    private long length;
    private boolean inFrame;

    /** Output of the decompressor may be left although all input is taken. */
    private boolean pending;

    SegmentReader(Path round, Receipt.Segment segment, Compression compression, Buffers buffers)
            throws IOException {
        this.segment = segment;
        this.stored = buffers.stored.clear().limit(0);
        this.hash = buffers.hash.reset();
        this.feed = buffers.feed;
        this.zstd = compression == Compression.ZSTD ? buffers.context() : null;
        try {
            this.file =
                    FileChannel.open(
                            round.resolve(segment.name()),
                            Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
        } catch (NoSuchFileException e) {
            throw new DamagedSegmentException(MISSING, e);
        } catch (IOException e) {
            throw new DamagedSegmentException("it cannot be opened: " + e.getMessage(), e);
        }
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        int before = into.position();
        while (into.position() == before) {
            if (!stored.hasRemaining() && !pending && !fill()) {
                if (inFrame) {
                    throw new DamagedSegmentException(
                            "it ends in the middle of a zstd frame, at byte " + length, null);
                }
                return -1;
            }
            if (zstd == null) {
                int n = Math.min(stored.remaining(), into.remaining());
                into.put(before, stored, stored.position(), n).position(before + n);
                stored.position(stored.position() + n);
            } else {
                decompress(into);
            }
        }
        return into.position() - before;
    }

    private void decompress(ByteBuffer into) throws IOException {
        try {
            inFrame = !zstd.decompressDirectByteBufferStream(into, stored);
            pending = inFrame && !into.hasRemaining();
        } catch (ZstdException e) {
            throw new DamagedSegmentException(
                    "zstd: " + e.getMessage() + ", before byte " + (length - stored.remaining()),
                    e);
        }
    }

    /** Reads more of the file; false at its end. */
    private boolean fill() throws IOException {
        stored.clear();
        int n;
        try {
            n = file.read(stored);
        } catch (IOException e) {
            stored.limit(0);
            throw new DamagedSegmentException(
                    "it cannot be read at byte " + length + ": " + e.getMessage(), e);
        }
        stored.flip();
        if (n <= 0) {
            return false;
        }
        feed.put(stored);
        length += n;
        return true;
    }

    /**
     * Reads what is left and compares length and checksum with the manifest's.
     *
     * @throws DamagedSegmentException if one differs
     */
    void check() throws IOException {
        while (fill()) {
            // hashed
        }
        if (length != segment.length()) {
            throw new DamagedSegmentException(
                    "it has " + length + " bytes instead of " + segment.length(), null);
        }
        if (hash.getAsLong() != segment.xxh3()) {
            throw new DamagedSegmentException(
                    "its checksum is "
                            + HexFormat.of().toHexDigits(hash.getAsLong())
                            + " instead of "
                            + HexFormat.of().toHexDigits(segment.xxh3()),
                    null);
        }
    }

    @Override
    public boolean isOpen() {
        return file.isOpen();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
