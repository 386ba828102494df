package io.sluice.bacula.job;

import io.sluice.ptcomm.codec.Frame;
import io.sluice.ptcomm.codec.FrameWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The frames that go to the FD. Each call puts whole frames, so several threads may talk: a message
 * of one comes between two frames of the other. Blocks while the FD takes nothing.
 */
public final class FdOutput {
    /** Fails the job; the FD closes its side then. */
    private static final byte ABORT = 'A';

    /** What a message may have: beyond that it is no line of a log any more. */
    private static final int MOST_MESSAGE_BYTES = 8000;

    private final WritableByteChannel channel;

    /** Since when, by nanoTime, the FD has not taken what is there; 0 while it takes. */
    private volatile long held;

    /** Written under the lock. */
    private volatile long bytes;

    public FdOutput(WritableByteChannel channel) {
        this.channel = channel;
    }

    /** For somebody who writes alone from now on. */
    WritableByteChannel channel() {
        return channel;
    }

    /** Whole frames, as they are. */
    public synchronized void frames(ByteBuffer frames) throws IOException {
        while (frames.hasRemaining()) {
            held = System.nanoTime() | 1;
            bytes = bytes + channel.write(frames);
        }
        held = 0;
    }

    /** All that went to the FD. */
    long bytes() {
        return bytes;
    }

    /** So long the FD has taken nothing of what is there, in milliseconds. */
    long heldMs() {
        long since = held;
        return since == 0 ? 0 : (System.nanoTime() - since) / 1_000_000;
    }

    /** A command, with one byte for each character, and a newline, as stock has it. */
    public void command(String text) throws IOException {
        frame(Frame.COMMAND, bytes(text + "\n"));
    }

    /** A command that carries a path, of any bytes, and so has no newline. */
    void pathCommand(String word, byte[] path) throws IOException {
        byte[] payload = Arrays.copyOf(bytes(word), word.length() + path.length);
        System.arraycopy(path, 0, payload, word.length(), path.length);
        frame(Frame.COMMAND, payload);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** The end of a part, or yes. */
    public void end() throws IOException {
        frame(Frame.END, new byte[0]);
    }

    /** A line of the job's log. */
    public void message(JobMessage kind, String line) throws IOException {
        frame(kind.letter(), text(line));
    }

    /** Fails the job for that reason. */
    public void abort(String reason) throws IOException {
        frame(ABORT, text(reason));
    }

    private static byte[] text(String line) {
        byte[] bytes = (line.strip() + "\n").getBytes(StandardCharsets.UTF_8);
        if (bytes.length <= MOST_MESSAGE_BYTES) {
            return bytes;
        }
        byte[] cut = Arrays.copyOf(bytes, MOST_MESSAGE_BYTES);
        cut[MOST_MESSAGE_BYTES - 1] = '\n';
        return cut;
    }

    private void frame(byte letter, byte[] payload) throws IOException {
        ByteBuffer frame = ByteBuffer.allocate(Frame.HEADER_BYTES + payload.length);
        FrameWriter.header(frame, letter, payload.length);
        frames(frame.put(payload).flip());
    }
}
