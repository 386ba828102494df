package io.sluice.ptcomm.fd;

import io.sluice.ptcomm.codec.ProtocolException;
import io.sluice.ptcomm.writer.BridgeLink.Begun;
import io.sluice.ptcomm.writer.BridgeLink.Unit;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * What a bridge has of its shard's stream: how far its consumer has got, and what a new attempt
 * must know to go on there. A unit counts when the consumer has taken all of it. One thread at a
 * time.
 */
final class BridgeStream implements Closeable {
    private static final byte[] END = Control.bytes("F000000\n");

    private final BridgeConsumer consumer;
    private final Ledger ledger;

    /** The stream's bytes so far, with the final F when it has ended. */
    private long bytes;

    private volatile boolean ended;
    private volatile boolean finished;

    // Of the entry begun, if there is one.
    private byte[] entry;
    private final ByteArrayOutputStream added = new ByteArrayOutputStream();
    private byte[] latest;

    BridgeStream(BridgeConsumer consumer, Path directory) {
        this.consumer = consumer;
        ledger = new Ledger(directory);
    }

    Ledger ledger() {
        return ledger;
    }

    long last() {
        return ledger.last();
    }

    long bytes() {
        return bytes;
    }

    boolean hasEnded() {
        return ended;
    }

    boolean isFinished() {
        return finished;
    }

    Begun begun() {
        return entry == null ? null : new Begun(entry, added.toByteArray(), latest);
    }

    /** The consumer or the disk, and not the connection, has failed: nothing can go on. */
    static final class LostException extends IOException {
        private static final long serialVersionUID = 1L;

        LostException(String what, IOException cause) {
            super(what + " failed: " + cause.getMessage(), cause);
        }
    }

    /**
     * Hands a unit on.
     *
     * @param notes as {@link io.sluice.ptcomm.writer.BridgeLink#send} has them
     */
    void take(Unit unit, long first, int count, byte[] notes, int addedBytes, ByteBuffer frames)
            throws IOException {
        boolean begins = unit == Unit.WHOLE || unit == Unit.OPEN;
        if (begins != (entry == null) || first != last() + 1) {
            throw new ProtocolException(
                    0,
                    "expected "
                            + (entry == null ? "a new entry " : "a part of entry ")
                            + (last() + 1)
                            + ", found "
                            + unit
                            + " of entry "
                            + first);
        }
        if (ended) {
            throw new ProtocolException(0, "expected nothing after the stream's end");
        }
        if (count < 1) {
            throw new ProtocolException(0, "expected at least one entry in a unit");
        }
        bytes += frames.remaining();
        if (frames.hasRemaining()) {
            try {
                consumer.write(frames);
            } catch (IOException e) {
                throw new LostException("the consumer", e);
            }
        }
        try {
            note(unit, first, count, notes, addedBytes);
        } catch (IOException e) {
            throw new LostException("the ledger of what was handed on", e);
        }
    }

    private void note(Unit unit, long first, int count, byte[] notes, int addedBytes)
            throws IOException {
        switch (unit) {
            case WHOLE -> ledger.add(first, count, ByteBuffer.wrap(notes));
            case OPEN -> {
                entry = part(notes, 0, addedBytes);
                added.reset();
                latest = part(notes, addedBytes, notes.length);
            }
            case PART -> {
                added.write(notes, 0, addedBytes);
                latest = part(notes, addedBytes, notes.length);
            }
            case CLOSE -> {
                ledger.add(first, 1, ByteBuffer.wrap(notes));
                entry = null;
                latest = null;
                added.reset();
            }
        }
    }

    private static byte[] part(byte[] bytes, int from, int to) {
        return java.util.Arrays.copyOfRange(bytes, from, to);
    }

    /** All entries have come. The consumer hears of it when the round stands. */
    void end() throws ProtocolException {
        if (entry != null) {
            throw new ProtocolException(0, "expected the rest of entry " + (last() + 1));
        }
        ended = true;
    }

    /** A newer attempt goes on with a stream that had ended; it will end again. */
    void reopen() {
        ended = false;
    }

    /** With the final F. */
    long bytesWithEnd() {
        return bytes + END.length;
    }

    /** The round stands: the consumer gets the stream's end. Again without effect. */
    void finish() throws IOException {
        if (finished) {
            return;
        }
        try {
            consumer.write(ByteBuffer.wrap(END));
            consumer.finish();
        } catch (IOException e) {
            throw new LostException("the consumer", e);
        }
        finished = true;
    }

    /** Gives the consumer up, from any thread: it may be blocked in another. */
    void abandon() throws IOException {
        if (!finished) {
            consumer.close();
        }
    }

    @Override
    public void close() throws IOException {
        try (consumer;
                ledger) {
            // Both are closed.
        }
    }
}
