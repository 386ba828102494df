package io.sluice.ptcomm.codec;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;

/**
 * Cuts a blocking channel's bytes into frames. Each frame is whole in memory before it is told, so
 * a length that lies costs at most {@link Frame#MAX_PAYLOAD_BYTES} of a buffer that is there
 * already. Not thread-safe.
 */
public final class FrameReader {
    /**
     * More than one frame of the largest size, so that the rest that is moved to the front when the
     * end is reached is mostly small; the buffer is off the heap and lives as long as this object.
     */
    private static final int BUFFER_BYTES = 4 * 1024 * 1024;

    /**
     * A rest of so few is moved to the front at once: what is read there again is in the caches.
     */
    private static final int CHEAP_BYTES = 16 * 1024;

    /** Most bytes of {@link #run}. */
    public static final int MAX_RUN_BYTES = BUFFER_BYTES;

    private final ByteBuffer buffer =
            ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final ByteBuffer payload = buffer.duplicate().order(ByteOrder.LITTLE_ENDIAN);

    private final int readBytes;
    private ReadableByteChannel channel;

    /** Bytes from {@code start} to {@code end} are read from the channel and not yet told. */
    private int start;

    private int end;

    /** Offset in the stream of the byte at {@code start}. */
    private long consumed;

    private byte letter;
    private long offset;

    /** For {@link #restart} to name a channel later. */
    public FrameReader() {
        this(BUFFER_BYTES);
    }

    /**
     * As {@link #FrameReader()}.
     *
     * @param readBytes most that is asked of the channel beyond what is needed just now
     */
    public FrameReader(int readBytes) {
        this.readBytes = readBytes;
    }

    public FrameReader(ReadableByteChannel channel) {
        this();
        restart(channel);
    }

    /** Goes on with another channel, at its byte 0. */
    public void restart(ReadableByteChannel next) {
        channel = next;
        start = 0;
        end = 0;
        consumed = 0;
        offset = 0;
        letter = 0;
    }

    /**
     * Moves to the next frame.
     *
     * @return false when the channel has ended behind a whole frame
     * @throws ProtocolException for a header that is none, and when the channel ends inside a frame
     */
    public boolean next() throws IOException {
        offset = consumed;
        if (!fill(Frame.HEADER_BYTES)) {
            if (end == start) {
                return false;
            }
            throw new ProtocolException(
                    offset, "the stream ends in the middle of a frame's header");
        }
        int length = header(start);
        int frame = Frame.HEADER_BYTES + length;
        if (!fill(frame)) {
            throw new ProtocolException(
                    offset,
                    "the stream ends in the middle of a frame of "
                            + length
                            + " bytes, of which "
                            + (end - start - Frame.HEADER_BYTES)
                            + " are there");
        }
        payload.limit(start + frame).position(start + Frame.HEADER_BYTES);
        start += frame;
        consumed += frame;
        return true;
    }

    /** The length that the header there tells; sets {@link #letter}. */
    private int header(int at) throws ProtocolException {
        letter = buffer.get(at);
        if (!Frame.isKnown(letter)) {
            throw new ProtocolException(
                    offset,
                    String.format("expected a frame, found the unknown letter 0x%02x", letter));
        }
        int length = 0;
        for (int i = at + 1; i <= at + 6; i++) {
            int digit = buffer.get(i) - '0';
            if (digit < 0 || digit > 9) {
                throw new ProtocolException(offset, "expected six digits of a frame's length");
            }
            length = 10 * length + digit;
        }
        if (buffer.get(at + 7) != '\n') {
            throw new ProtocolException(offset, "expected a newline after a frame's length");
        }
        if ((letter == Frame.END || letter == Frame.TERMINATE) && length > 0) {
            throw new ProtocolException(
                    offset, "expected no payload in a frame '" + (char) letter + "'");
        }
        return length;
    }

    /** Reads until {@code length} bytes are there; false when the channel ends before. */
    private boolean fill(int length) throws IOException {
        if (end - start >= length) {
            return true;
        }
        if (start + length > BUFFER_BYTES || end - start <= CHEAP_BYTES) {
            buffer.limit(end).position(start);
            buffer.compact();
            end -= start;
            start = 0;
        }
        buffer.limit(Math.min(start + Math.max(length, readBytes), BUFFER_BYTES));
        while (end - start < length) {
            buffer.position(end);
            int n = channel.read(buffer);
            if (n < 0) {
                return false;
            }
            if (n == 0) {
                throw new IOException("a channel that does not block cannot be read for frames");
            }
            end += n;
        }
        return true;
    }

    /**
     * Moves over so many bytes of frames at once.
     *
     * @param length at most {@link #MAX_RUN_BYTES}
     * @return the bytes, direct; they hold until the next call here
     * @throws ProtocolException when the channel ends before, or they are no whole frames that may
     *     stand in an entry
     */
    public ByteBuffer run(int length) throws IOException {
        if (length < 0 || length > MAX_RUN_BYTES) {
            throw new ProtocolException(consumed, "no run of frames has " + length + " bytes");
        }
        if (!fill(length)) {
            throw new ProtocolException(
                    consumed, "the stream ends in the middle of " + length + " bytes of frames");
        }
        int at = start;
        int last = start + length;
        while (at < last) {
            offset = consumed + (at - start);
            if (last - at < Frame.HEADER_BYTES) {
                throw new ProtocolException(offset, "a run of frames ends within a header");
            }
            at += Frame.HEADER_BYTES + header(at);
            if (letter == Frame.CONTROL || letter == Frame.TERMINATE || at > last) {
                throw new ProtocolException(
                        offset,
                        at <= last
                                ? "expected no frame '" + (char) letter + "' within an entry"
                                : "a run of frames ends within a frame");
            }
        }
        payload.limit(last).position(start);
        start = last;
        consumed += length;
        return payload;
    }

    /** The current frame's letter. */
    public byte letter() {
        return letter;
    }

    /**
     * The current frame's payload, from position to limit; direct, little-endian. Holds until
     * {@link #next}; position and limit are the caller's until then.
     */
    public ByteBuffer payload() {
        return payload;
    }

    /** Offset in the channel of the current frame's first byte; after the end, of the end. */
    public long offset() {
        return offset;
    }
}
