package io.sluice.bacula.restore;

import io.sluice.ptcomm.codec.Frame;
import io.sluice.ptcomm.codec.FrameWriter;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Frames to the FD, written by a thread of its own: a plugin that gives back entry after entry
 * reads messages only now and then, and while it waits for room in one pipe, nobody here may wait
 * for room in the other. What waits is bounded by what {@link RestoreLog} lets through.
 * Thread-safe.
 */
final class FrameQueue implements Closeable {
    /** A line of a log; what is longer is cut. */
    static final int MAX_TEXT_BYTES = 8000;

    private final WritableByteChannel channel;
    private final LinkedBlockingQueue<Piece> queue = new LinkedBlockingQueue<>();
    private final Thread thread = new Thread(this::write, "frames to the FD");
    private volatile IOException failure;

    /** A frame, or a place in the queue that somebody waits for; the last one has neither. */
    private record Piece(ByteBuffer frame, CountDownLatch reached) {}

    FrameQueue(WritableByteChannel channel) {
        this.channel = channel;
        thread.setDaemon(true);
        thread.start();
    }

    private void write() {
        try {
            for (Piece piece = queue.take(); ; piece = queue.take()) {
                if (piece.reached != null) {
                    piece.reached.countDown();
                } else if (piece.frame == null) {
                    return;
                } else if (failure == null) {
                    write(piece.frame);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void write(ByteBuffer frame) {
        try {
            while (frame.hasRemaining()) {
                channel.write(frame);
            }
        } catch (IOException e) {
            failure = e;
        }
    }

    void frame(byte letter, String text) {
        byte[] payload = text.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(payload.length, MAX_TEXT_BYTES);
        ByteBuffer frame = ByteBuffer.allocate(Frame.HEADER_BYTES + length);
        FrameWriter.header(frame, letter, length);
        queue.add(new Piece(frame.put(payload, 0, length).flip(), null));
    }

    /**
     * Waits until all frames are written.
     *
     * @throws IOException when they cannot be
     */
    void flush() throws IOException, InterruptedException {
        CountDownLatch reached = new CountDownLatch(1);
        queue.add(new Piece(null, reached));
        reached.await();
        if (failure != null) {
            throw new IOException("the FD takes no messages", failure);
        }
    }

    /** Ends the thread behind what is queued. */
    @Override
    public void close() {
        queue.add(new Piece(null, null));
    }
}
