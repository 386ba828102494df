package io.sluice.ptcomm.fd;

import io.sluice.ptcomm.codec.Frame;
import io.sluice.ptcomm.codec.FrameReader;
import io.sluice.ptcomm.codec.ProtocolException;
import io.sluice.ptcomm.writer.BridgeAbortException;
import io.sluice.ptcomm.writer.BridgeLink;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * The writers of a bridge's stream, one after the other: the newest attempt has it, and is told
 * where it stands. Thread-safe.
 */
final class BridgeWriters implements Closeable {
    private static final int CHUNK_FRAME_BYTES = 800_000;

    /**
     * Heads of units are short, and what a unit has is read together: so its bytes are still in the
     * processor's caches when the consumer gets them.
     */
    private static final int READ_BYTES = 16 * 1024;

    private final Consumer<String> fail;

    /** Held while a unit is handed on, so that nothing else happens to the stream meanwhile. */
    private final Object streaming = new Object();

    // Guarded by streaming.
    private final BridgeStream stream;
    private final FrameReader frames = new FrameReader(READ_BYTES);
    private final UnitHead unit = new UnitHead();

    private volatile long taken;
    private volatile boolean inEntry;

    // Guarded by this.
    private int writers;
    private long received;
    private int attempt = -1;
    private Served holder;

    /**
     * @param fail ends the bridge, with a reason
     */
    BridgeWriters(BridgeStream stream, Consumer<String> fail) {
        this.stream = stream;
        this.fail = fail;
    }

    /** Until the connection ends. On its thread. */
    void serve(Served served, Handshake.Caller caller) throws IOException, InterruptedException {
        Served former;
        synchronized (this) {
            if (caller.attempt() < attempt) {
                // Numbers begin anew with another JobManager, so the next one may be right.
                throw new Served.RefusedException(
                        "attempt " + attempt + " has the stream, and not " + caller.attempt());
            }
            attempt = caller.attempt();
            former = holder;
            holder = served;
            writers++;
            served.writes = true;
        }
        if (former != null) {
            former.connection.close();
            // It may be in the midst of handing a unit on, which is not to be broken off.
            former.done.await();
        }
        synchronized (streaming) {
            synchronized (this) {
                if (holder != served) {
                    throw new Served.RefusedException("a newer attempt has the stream");
                }
            }
            resume(served, caller.acknowledged());
        }
        served.streams = true;
        frames.restart(served.connection);
        while (frames.next()) {
            synchronized (streaming) {
                next(served);
            }
        }
    }

    /**
     * The connection has ended; when this returns another writer may have the stream. So whatever
     * has failed with it must have been told before.
     */
    void left(Served served) {
        served.streams = false;
        synchronized (this) {
            received += served.writes ? served.connection.received() : 0;
            served.writes = false;
            if (holder == served) {
                holder = null;
            }
        }
    }

    private void next(Served served) throws IOException {
        if (stream.isFinished()) {
            throw new BridgeAbortException("the stream is released, and ends here");
        }
        if (frames.letter() == Frame.END) {
            stream.end();
            accepted(served);
        } else if (frames.letter() != Frame.CONTROL) {
            throw new ProtocolException(frames.offset(), "expected control");
        } else if (unit.read(frames.payload(), frames.offset())) {
            stream.take(unit, frames.run(unit.length()));
            taken = stream.last();
            inEntry = !unit.endsEntries();
            if (!inEntry) {
                told(served);
            }
        } else {
            control(Control.parse(frames.payload(), frames.offset()));
        }
    }

    private void resume(Served served, long acknowledged) throws IOException {
        Connection connection = served.connection;
        Ledger ledger = stream.ledger();
        if (acknowledged > ledger.last() || acknowledged < ledger.forgotten()) {
            throw new BridgeAbortException(
                    "the writer counts "
                            + acknowledged
                            + " entries, this bridge has "
                            + ledger.last()
                            + " and knows those behind "
                            + ledger.forgotten()
                            + ": the streams do not belong together");
        }
        if (stream.isFinished()) {
            throw new BridgeAbortException("the stream is released, and ends here");
        }
        stream.reopen();
        served.told = stream.last();
        connection.send(Control.RESUME + " last=" + stream.last());
        ledger.visit(
                acknowledged,
                (first, count, records) ->
                        connection.send(
                                Control.CLAIMS + " first=" + first + " count=" + count,
                                records,
                                null));
        BridgeLink.Begun begun = stream.begun();
        if (begun != null) {
            connection.send(Control.BEGUN, ByteBuffer.wrap(begun.entry()), null);
            byte[] chunks = begun.chunks();
            for (int at = 0; at < chunks.length; at += CHUNK_FRAME_BYTES) {
                int length = Math.min(CHUNK_FRAME_BYTES, chunks.length - at);
                connection.send(Control.CHUNKS, ByteBuffer.wrap(chunks, at, length), null);
            }
            connection.send(Control.LATEST, ByteBuffer.wrap(begun.latest()), null);
        }
        connection.send(Control.READY);
    }

    private void control(Control control) throws IOException {
        switch (control.word()) {
            case Control.COMPLETED -> stream.ledger().forget(control.number("number"));
            case Control.ALIVE -> {}
            case Control.ABORT -> fail.accept("the writer gave up: " + control.text());
            default ->
                    throw new ProtocolException(
                            frames.offset(), "unknown control '" + control.word() + "'");
        }
    }

    private void told(Served served) throws IOException {
        long number = taken;
        served.connection.send(Control.TAKEN + " number=" + number);
        served.told = number;
    }

    /** If it does not know yet, and nobody else is sending just now. */
    void tellTaken(Served served) throws IOException {
        long number = taken;
        if (served.streams
                && served.told != number
                && served.connection.sendIfIdle(Control.TAKEN + " number=" + number)) {
            served.told = number;
        }
    }

    private void accepted(Served served) throws IOException {
        told(served);
        served.connection.send(
                Control.ACCEPTED + " entries=" + stream.last() + " bytes=" + stream.bytesWithEnd());
    }

    /** The round stands, with so many entries in this stream. */
    void release(long entries) throws IOException {
        synchronized (streaming) {
            if (!stream.hasEnded()) {
                throw new BridgeAbortException("the stream has not ended, and cannot be released");
            }
            if (entries != stream.last()) {
                throw new BridgeAbortException(
                        "the round has "
                                + entries
                                + " entries, and the stream "
                                + stream.last()
                                + ": it is not that round's");
            }
            stream.finish();
        }
    }

    /** What was noted with the head of the entry that is begun and not ended; else null. */
    byte[] begun() {
        synchronized (streaming) {
            BridgeLink.Begun begun = stream.begun();
            return begun == null ? null : begun.entry();
        }
    }

    /** Number of the last entry that the consumer has whole. */
    long taken() {
        return taken;
    }

    /** Whether an entry has begun, and not ended. */
    boolean isInEntry() {
        return inEntry;
    }

    /** Whether all entries have come. */
    boolean hasEnded() {
        return stream.hasEnded();
    }

    /** Entries up to this number are counted by a completed checkpoint. */
    long forgotten() {
        synchronized (streaming) {
            return stream.ledger().forgotten();
        }
    }

    Bridge.Done done() {
        long entries;
        long bytes;
        synchronized (streaming) {
            entries = stream.last();
            bytes = stream.isFinished() ? stream.bytesWithEnd() : stream.bytes();
        }
        synchronized (this) {
            long now = holder == null ? 0 : holder.connection.received();
            return new Bridge.Done(entries, bytes, received + now, writers);
        }
    }

    /** Gives the consumer up, from any thread: it may be what the streaming one waits for. */
    void abandon() throws IOException {
        stream.abandon();
    }

    @Override
    public void close() throws IOException {
        synchronized (streaming) {
            stream.close();
        }
    }
}
