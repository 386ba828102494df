package io.sluice.ptcomm.fd;

import io.sluice.common.round.Receipt;
import io.sluice.ptcomm.codec.Frame;
import io.sluice.ptcomm.codec.ProtocolException;
import io.sluice.ptcomm.writer.BridgeAbortException;
import io.sluice.ptcomm.writer.BridgeDialer;
import io.sluice.ptcomm.writer.BridgeLink;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The writer's end of a shard's connection. Two threads of its own: one hears what the bridge says,
 * one gives signs of life and misses the bridge's.
 */
final class FdLink implements BridgeLink {
    private static final long TICK_MS = 1000;
    private static final long WAIT_MS = 100;

    private final Connection connection;
    private final FdTimes times;
    private final int shard;
    private final Thread keeper;
    private final Thread hearing;
    private final CountDownLatch closed = new CountDownLatch(1);

    /** Used again for each unit. The sending thread's. */
    private final StringBuilder word = new StringBuilder(128);

    private long last;
    private Begun begun;
    private Listener listener;
    private volatile long completed;
    private volatile long toldCompleted;

    // Guarded by this.
    private Receipt accepted;
    private IOException failure;

    /** Opens the protocol on a fresh connection, as {@link BridgeDialer#dial} says. */
    FdLink(
            Connection connection,
            Secret secret,
            FdTimes times,
            Handshake.Caller caller,
            BridgeDialer.Claimed claimed)
            throws IOException {
        this.connection = connection;
        this.times = times;
        shard = caller.names().shard();
        keeper = new Thread(this::keep, "sluice-fd-alive-" + shard);
        keeper.setDaemon(true);
        hearing = new Thread(this::hear, "sluice-fd-" + shard);
        hearing.setDaemon(true);
        keeper.start();
        try {
            Handshake.dial(connection, secret, caller);
            resume(caller.acknowledged(), claimed);
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    private void resume(long acknowledged, BridgeDialer.Claimed claimed) throws IOException {
        long told = acknowledged;
        byte[] entry = null;
        ByteArrayOutputStream chunks = new ByteArrayOutputStream();
        byte[] latest = null;
        boolean resumed = false;
        while (true) {
            Control control = connection.control(Frame.MAX_PAYLOAD_BYTES);
            switch (control.word()) {
                case Control.ALIVE -> {}
                case Control.RESUME -> {
                    last = control.number("last");
                    resumed = true;
                }
                case Control.CLAIMS -> {
                    long first = control.number("first");
                    int count = control.number("count", Frame.MAX_PAYLOAD_BYTES);
                    if (first > told + 1 || first + count - 1 <= told) {
                        throw new ProtocolException(0, "expected the claims behind entry " + told);
                    }
                    told = first + count - 1;
                    claimed.entries(first, count, control.tail());
                }
                case Control.REFUSE -> throw new IOException(control.text());
                case Control.BEGUN -> entry = control.tail();
                case Control.CHUNKS -> chunks.writeBytes(control.tail());
                case Control.LATEST -> latest = control.tail();
                case Control.ABORT -> throw aborted(control);
                case Control.READY -> {
                    if (!resumed || told != last || (entry == null) != (latest == null)) {
                        throw new ProtocolException(
                                0, "expected Resume and all claims before Ready");
                    }
                    begun = entry == null ? null : new Begun(entry, chunks.toByteArray(), latest);
                    return;
                }
                default ->
                        throw new ProtocolException(
                                0, "expected where the stream stands, found " + control.word());
            }
        }
    }

    private BridgeAbortException aborted(Control control) {
        return new BridgeAbortException(
                "the bridge of shard "
                        + shard
                        + " at "
                        + connection.peer()
                        + " gave up: "
                        + control.text());
    }

    @Override
    public long last() {
        return last;
    }

    @Override
    public Begun begun() {
        return begun;
    }

    @Override
    public void listen(Listener to) {
        listener = to;
        hearing.start();
    }

    private void hear() {
        try {
            while (true) {
                Control control = connection.control(Handshake.MOST_BYTES * 3);
                switch (control.word()) {
                    case Control.ALIVE -> {}
                    case Control.TAKEN -> listener.taken(control.number("number"));
                    case Control.ACCEPTED -> {
                        synchronized (this) {
                            accepted =
                                    new Receipt(
                                            shard,
                                            control.number("entries"),
                                            control.number("bytes"),
                                            List.of());
                            notifyAll();
                        }
                    }
                    case Control.ABORT -> throw aborted(control);
                    default ->
                            throw new ProtocolException(
                                    0, "expected what became of the stream, not " + control.word());
                }
            }
        } catch (IOException e) {
            failed(
                    e instanceof BridgeAbortException
                            ? e
                            : new IOException(
                                    "the connection to the bridge of shard "
                                            + shard
                                            + " at "
                                            + connection.peer()
                                            + " was lost: "
                                            + e.getMessage(),
                                    e));
        }
    }

    private void failed(IOException problem) {
        synchronized (this) {
            failure = problem;
            notifyAll();
        }
        listener.failed(problem);
        connection.close();
    }

    /** Every second, until the link is closed. */
    private void keep() {
        long aliveAt = System.nanoTime();
        try {
            while (!closed.await(TICK_MS, TimeUnit.MILLISECONDS)) {
                if (connection.isSilent(times.silenceMs())) {
                    connection.close();
                    return;
                }
                long now = System.nanoTime();
                if (toldCompleted < completed) {
                    tellCompleted();
                } else if (now - aliveAt > TimeUnit.MILLISECONDS.toNanos(times.aliveMs())) {
                    aliveAt = now;
                    connection.sendIfIdle(Control.ALIVE);
                }
            }
        } catch (IOException e) {
            connection.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The bridge's memory is bounded by this, not its truth: it may come late, or never. */
    private void tellCompleted() throws IOException {
        long number = completed;
        if (connection.sendIfIdle(Control.COMPLETED + " number=" + number)) {
            toldCompleted = number;
        }
    }

    @Override
    public void send(
            Unit unit, long first, int count, ByteBuffer notes, int added, ByteBuffer frames)
            throws IOException {
        long counted = completed;
        if (toldCompleted < counted) {
            // While the bridge is slower than this, the keeper never finds the connection idle.
            connection.send(Control.COMPLETED + " number=" + counted);
            toldCompleted = counted;
        }
        word.setLength(0);
        word.append(Control.UNIT).append(" kind=").append(unit.name());
        word.append(" first=").append(first).append(" count=").append(count);
        word.append(" added=").append(added).append(" length=").append(frames.remaining());
        connection.send(word, notes, frames);
    }

    @Override
    public void completed(long number) {
        completed = Math.max(completed, number);
    }

    @Override
    public Receipt finish() throws IOException, InterruptedException {
        connection.sendEnd();
        synchronized (this) {
            while (accepted == null && failure == null) {
                wait(WAIT_MS);
            }
            if (accepted == null) {
                throw failure;
            }
            return accepted;
        }
    }

    @Override
    public void close() {
        closed.countDown();
        connection.close();
    }
}
