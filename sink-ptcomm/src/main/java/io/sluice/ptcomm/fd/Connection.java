package io.sluice.ptcomm.fd;

import io.sluice.ptcomm.codec.Frame;
import io.sluice.ptcomm.codec.FrameWriter;
import io.sluice.ptcomm.codec.ProtocolException;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One connection between a writer, or a launcher, and a bridge. One thread reads; any may write,
 * one frame or one unit at a time. Whoever has it may close it from any thread: that ends every
 * call on it with an exception.
 */
final class Connection implements Closeable, ReadableByteChannel {
    /** What a record of TLS begins with that refuses plain text (RFC 8446, 5.1). */
    private static final byte TLS_ALERT = 21;

    private final Transport transport;
    private final ReentrantLock writing = new ReentrantLock();
    private final ByteBuffer head = ByteBuffer.allocateDirect(4096);
    private ByteBuffer large = head;

    /** When the reading thread began to wait, by {@link System#nanoTime}; 0 while it does not. */
    private volatile long waitingSince;

    private volatile boolean closed;

    private final LongAdder received = new LongAdder();

    Connection(Transport transport) {
        this.transport = transport;
    }

    /** Who is at the other side. */
    String peer() {
        return transport.peer();
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        waitingSince = System.nanoTime() | 1;
        try {
            int length = transport.read(into);
            received.add(Math.max(0, length));
            return length;
        } finally {
            waitingSince = 0;
        }
    }

    /** Bytes that came through it. */
    long received() {
        return received.sum();
    }

    /** Whether the reading thread has waited for so long without a byte. */
    boolean isSilent(long millis) {
        long since = waitingSince;
        return since != 0 && System.nanoTime() - since > millis * 1_000_000;
    }

    /** Reads exactly so much. */
    private void readFully(ByteBuffer into) throws IOException {
        while (into.hasRemaining()) {
            if (read(into) < 0) {
                throw new EOFException("the connection was closed");
            }
        }
    }

    /** Reads the header of a frame; a refusal of TLS is shorter than that. */
    private ByteBuffer header() throws IOException {
        ByteBuffer header = ByteBuffer.allocate(Frame.HEADER_BYTES);
        while (header.hasRemaining()) {
            int length = read(header);
            if (header.position() > 0 && header.get(0) == TLS_ALERT) {
                throw new ProtocolException(
                        0, "expected a control frame, and the other side speaks TLS");
            }
            if (length < 0) {
                throw new EOFException("the connection was closed");
            }
        }
        return header;
    }

    /**
     * Reads one control frame and not a byte more.
     *
     * @param most bytes of its payload
     */
    Control control(int most) throws IOException {
        ByteBuffer header = header();
        if (header.get(0) != Frame.CONTROL || header.get(7) != '\n') {
            throw new ProtocolException(0, "expected a control frame");
        }
        int length = 0;
        for (int i = 1; i <= 6; i++) {
            int digit = header.get(i) - '0';
            if (digit < 0 || digit > 9) {
                throw new ProtocolException(0, "expected six digits of a frame's length");
            }
            length = 10 * length + digit;
        }
        if (length > most) {
            throw new ProtocolException(0, "expected a control of at most " + most + " bytes");
        }
        ByteBuffer payload = ByteBuffer.allocate(length);
        readFully(payload);
        return Control.parse(payload.flip(), 0);
    }

    /** Sends a control frame. */
    void send(String text) throws IOException {
        send(text, null, null);
    }

    /**
     * Sends a control frame unless another thread is sending, whose bytes are a sign of life too.
     *
     * @return whether it was sent
     */
    boolean sendIfIdle(String text) throws IOException {
        if (!writing.tryLock()) {
            return false;
        }
        try {
            send(text, null, null);
            return true;
        } finally {
            writing.unlock();
        }
    }

    /**
     * Sends a control frame, and what follows it.
     *
     * @param tail bytes of the control behind its text, or null
     * @param frames to be sent right behind, or null
     */
    void send(CharSequence text, ByteBuffer tail, ByteBuffer frames) throws IOException {
        writing.lock();
        try {
            int length = text.length() + (tail == null ? 0 : 1 + tail.remaining());
            ByteBuffer out = room(Frame.HEADER_BYTES + length);
            FrameWriter.header(out, Frame.CONTROL, length);
            for (int i = 0; i < text.length(); i++) {
                out.put((byte) text.charAt(i));
            }
            if (tail != null) {
                int position = tail.position();
                out.put((byte) '\n').put(tail);
                tail.position(position);
            }
            out.flip();
            if (frames == null) {
                transport.write(out);
            } else {
                transport.write(out, frames);
            }
        } finally {
            writing.unlock();
        }
    }

    /** Sends the frame that ends the stream. */
    void sendEnd() throws IOException {
        writing.lock();
        try {
            ByteBuffer out = room(Frame.HEADER_BYTES);
            FrameWriter.header(out, Frame.END, 0);
            transport.write(out.flip());
        } finally {
            writing.unlock();
        }
    }

    /** Nothing more will be sent. */
    void finishWriting() throws IOException {
        transport.finishWriting();
    }

    private ByteBuffer room(int bytes) {
        if (bytes <= head.capacity()) {
            return head.clear();
        }
        if (large.capacity() < bytes) {
            large = ByteBuffer.allocateDirect(Math.max(bytes, 2 * large.capacity()));
        }
        return large.clear();
    }

    boolean isClosed() {
        return closed;
    }

    @Override
    public boolean isOpen() {
        return !closed;
    }

    @Override
    public void close() {
        closed = true;
        try {
            transport.close();
        } catch (IOException e) {
            // It is of no use any more.
        }
    }
}
