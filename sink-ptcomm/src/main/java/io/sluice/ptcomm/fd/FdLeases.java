package io.sluice.ptcomm.fd;

import io.sluice.ptcomm.writer.BridgeAbortException;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The launcher's connections to the bridges of a round, one each: as long as they stand, no bridge
 * gives up; through them it hears that the round stands, or is given up. One thread, besides the
 * one that gives signs of life.
 */
public final class FdLeases implements Closeable {
    private static final long TICK_MS = 1000;

    private final List<Connection> connections = new ArrayList<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread keeper = new Thread(this::keep, "sluice-fd-leases");

    private final FdTimes times;

    private FdLeases(FdTimes times) {
        this.times = times;
        keeper.setDaemon(true);
    }

    /**
     * Connects to all bridges.
     *
     * @throws IOException naming the first bridge that cannot be reached, or refuses
     */
    public static FdLeases take(FdDialer dialer) throws IOException {
        FdLeases leases = new FdLeases(dialer.times());
        boolean done = false;
        leases.keeper.start();
        try {
            for (int shard = 0; shard < dialer.addresses().size(); shard++) {
                Connection connection = dialer.connect(shard);
                synchronized (leases.connections) {
                    leases.connections.add(connection);
                }
                Handshake.dial(
                        connection,
                        dialer.secret(),
                        new Handshake.Caller(Handshake.LAUNCHER, dialer.names(shard), 0, 0));
            }
            done = true;
            return leases;
        } finally {
            if (!done) {
                leases.close();
            }
        }
    }

    private List<Connection> all() {
        synchronized (connections) {
            return List.copyOf(connections);
        }
    }

    private void keep() {
        long aliveAt = System.nanoTime();
        try {
            while (!closed.await(TICK_MS, TimeUnit.MILLISECONDS)) {
                long now = System.nanoTime();
                boolean due = now - aliveAt > TimeUnit.MILLISECONDS.toNanos(times.aliveMs());
                aliveAt = due ? now : aliveAt;
                for (Connection connection : all()) {
                    if (connection.isSilent(times.silenceMs())) {
                        connection.close();
                    } else if (due) {
                        alive(connection);
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void alive(Connection connection) {
        try {
            connection.sendIfIdle(Control.ALIVE);
        } catch (IOException e) {
            // Who wants something of it will see.
            connection.close();
        }
    }

    /**
     * The round stands: each bridge ends its stream.
     *
     * @param savepoint for the bridges' logs, without a blank
     * @throws IOException naming the first bridge that did not; those before it did
     */
    public void release(String savepoint) throws IOException {
        for (Connection connection : all()) {
            try {
                connection.send(Control.RELEASE + " savepoint=" + savepoint);
                Control answer = connection.control(Handshake.MOST_BYTES * 3);
                while (answer.is(Control.ALIVE)) {
                    answer = connection.control(Handshake.MOST_BYTES * 3);
                }
                if (!answer.is(Control.RELEASED)) {
                    throw new BridgeAbortException(
                            answer.is(Control.ABORT) ? answer.text() : "it says " + answer.word());
                }
            } catch (IOException e) {
                throw new IOException(
                        "the bridge at "
                                + connection.peer()
                                + " did not release its stream: "
                                + e.getMessage(),
                        e);
            }
        }
    }

    /** The round is given up: each bridge fails its job with that reason. */
    public void abort(String reason) {
        for (Connection connection : all()) {
            try {
                connection.send(Control.abort(reason));
            } catch (IOException e) {
                // It gives up by itself.
            }
        }
    }

    @Override
    public void close() {
        closed.countDown();
        all().forEach(Connection::close);
    }
}
