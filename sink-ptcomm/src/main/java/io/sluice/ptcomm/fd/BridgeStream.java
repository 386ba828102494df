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
    private boolean begun;
    private final ByteArrayOutputStream entry = new ByteArrayOutputStream();
    private final ByteArrayOutputStream added = new ByteArrayOutputStream();
    private final ByteArrayOutputStream latest = new ByteArrayOutputStream();

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
        return begun
                ? new Begun(entry.toByteArray(), added.toByteArray(), latest.toByteArray())
                : null;
    }

    /** The consumer or the disk, and not the connection, has failed: nothing can go on. */
    static final class LostException extends IOException {
        private static final long serialVersionUID = 1L;

        LostException(String what, IOException cause) {
            super(what + " failed: " + cause.getMessage(), cause);
        }
    }

    /** Hands a unit on; its notes are as {@link BridgeLink#send} has them. */
    void take(UnitHead unit, ByteBuffer frames) throws IOException {
        boolean begins = unit.unit() == Unit.WHOLE || unit.unit() == Unit.OPEN;
        if (begins == begun || unit.first() != last() + 1) {
            throw new ProtocolException(
                    0,
                    "expected "
                            + (begun ? "a part of entry " : "a new entry ")
                            + (last() + 1)
                            + ", found "
                            + unit.unit()
                            + " of entry "
                            + unit.first());
        }
        if (ended) {
            throw new ProtocolException(0, "expected nothing after the stream's end");
        }
        if (unit.count() < 1 || (unit.unit() != Unit.WHOLE && unit.count() > 1)) {
            throw new ProtocolException(0, "expected one entry in a unit, or several whole ones");
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
            note(unit);
        } catch (IOException e) {
            throw new LostException("the ledger of what was handed on", e);
        }
    }

    private void note(UnitHead unit) throws IOException {
        switch (unit.unit()) {
            case WHOLE, CLOSE -> {
                ByteBuffer records = ByteBuffer.wrap(unit.notes(), 0, unit.notesLength());
                ledger.add(unit.first(), unit.count(), records);
                begun = false;
            }
            case OPEN -> {
                entry.reset();
                added.reset();
                progress(entry, unit);
                begun = true;
            }
            case PART -> progress(added, unit);
        }
    }

    private void progress(ByteArrayOutputStream to, UnitHead unit) {
        to.write(unit.notes(), 0, unit.added());
        latest.reset();
        latest.write(unit.notes(), unit.added(), unit.notesLength() - unit.added());
    }

    /** All entries have come. The consumer hears of it when the round stands. */
    void end() throws ProtocolException {
        if (begun) {
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
            consumer.releasing();
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
