package io.sluice.ptcomm.fd;

import io.sluice.ptcomm.writer.BridgeAbortException;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * The launcher's connections to the bridges of a round, one each: as long as they stand, no bridge
 * gives up; through them it hears that the round stands, or is given up, and the launcher that a
 * bridge is lost. One that breaks is made anew. A thread for each bridge, and one that gives signs
 * of life.
 */
public final class FdLeases implements Closeable {
    private static final long TICK_MS = 1000;

    private final FdDialer dialer;
    private final List<Lease> leases = new ArrayList<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final CompletableFuture<String> lost = new CompletableFuture<>();
    private final Thread keeper = new Thread(this::keep, "sluice-fd-leases");

    private FdLeases(FdDialer dialer) {
        this.dialer = dialer;
        keeper.setDaemon(true);
    }

    /**
     * Connects to all bridges.
     *
     * @throws IOException naming the first bridge that cannot be reached, or refuses
     */
    public static FdLeases take(FdDialer dialer) throws IOException {
        FdLeases all = new FdLeases(dialer);
        boolean done = false;
        all.keeper.start();
        try {
            for (int shard = 0; shard < dialer.addresses().size(); shard++) {
                Lease lease = all.new Lease(shard);
                synchronized (all.leases) {
                    all.leases.add(lease);
                }
                lease.connect();
                lease.start();
            }
            done = true;
            return all;
        } finally {
            if (!done) {
                all.close();
            }
        }
    }

    /** Why the first bridge was lost that was; null as long as all are there. */
    public String lost() {
        return lost.getNow(null);
    }

    private List<Lease> all() {
        synchronized (leases) {
            return List.copyOf(leases);
        }
    }

    private void keep() {
        long aliveAt = System.nanoTime();
        FdTimes times = dialer.times();
        try {
            while (!closed.await(TICK_MS, TimeUnit.MILLISECONDS)) {
                long now = System.nanoTime();
                boolean due = now - aliveAt > TimeUnit.MILLISECONDS.toNanos(times.aliveMs());
                aliveAt = due ? now : aliveAt;
                for (Lease lease : all()) {
                    Connection connection = lease.connection;
                    if (connection == null) {
                        continue;
                    }
                    if (connection.isSilent(times.silenceMs())) {
                        connection.close();
                    } else if (due && lease.ready) {
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
            connection.close();
        }
    }

    /**
     * The round stands: each bridge ends its stream, the last shard's first. Each may wait for its
     * consumer; whoever serves shard 0 and waits for the launcher has the least to wait then.
     *
     * @param savepoint for the bridges' logs, without a blank
     * @param entries of each shard's stream, by the shards' numbers
     * @throws IOException naming the bridge that did not; those of higher shards did
     */
    public void release(String savepoint, List<Long> entries)
            throws IOException, InterruptedException {
        List<Lease> lastFirst = new ArrayList<>(all());
        lastFirst.sort(Comparator.comparingInt((Lease lease) -> lease.shard).reversed());
        for (Lease lease : lastFirst) {
            lease.release(savepoint, entries.get(lease.shard));
        }
    }

    /** The round is given up: each bridge fails its job with that reason. */
    public void abort(String reason) {
        closed.countDown();
        for (Lease lease : all()) {
            try {
                Connection connection = lease.connection;
                if (lease.ready && connection != null) {
                    connection.send(Control.abort(reason));
                    connection.finishWriting();
                }
            } catch (IOException e) {
                // It gives up by itself.
            }
        }
    }

    @Override
    public void close() {
        closed.countDown();
        for (Lease lease : all()) {
            Connection connection = lease.connection;
            if (connection != null) {
                connection.close();
            }
        }
    }

    /** The connection to one bridge. */
    private final class Lease {
        private final int shard;
        private volatile Connection connection;

        /** Both sides are proven, and anything may be said. */
        private volatile boolean ready;

        /** What is to be said until it is answered; else null. */
        private volatile String releasing;

        private volatile CompletableFuture<Void> released = new CompletableFuture<>();

        Lease(int shard) {
            this.shard = shard;
        }

        void connect() throws IOException {
            ready = false;
            Connection fresh = dialer.connect(shard);
            connection = fresh;
            try {
                Handshake.dial(
                        fresh,
                        dialer.secret(),
                        new Handshake.Caller(Handshake.LAUNCHER, dialer.names(shard), 0, 0));
            } catch (ClosedChannelException | SocketException | EOFException e) {
                throw new IOException(named("is gone: " + told(e)), e);
            }
            ready = true;
            sayRelease();
        }

        /** May be said twice, and must not be lost. */
        private void sayRelease() throws IOException {
            String word = releasing;
            if (word != null && ready) {
                connection.send(word);
            }
        }

        void start() {
            Thread thread = new Thread(this::hear, "sluice-fd-lease-" + shard);
            thread.setDaemon(true);
            thread.start();
        }

        private void hear() {
            long lastHeard = System.nanoTime();
            while (closed.getCount() > 0) {
                try {
                    while (true) {
                        Control control = connection.control(3 * Handshake.MOST_BYTES);
                        lastHeard = System.nanoTime();
                        if (control.is(Control.ABORT)) {
                            throw new BridgeAbortException(control.text());
                        } else if (control.is(Control.RELEASED)) {
                            released.complete(null);
                        }
                    }
                } catch (BridgeAbortException e) {
                    fail("gave up: " + e.getMessage());
                    return;
                } catch (IOException e) {
                    connection.close();
                    long silent = System.nanoTime() - lastHeard;
                    boolean late =
                            silent > TimeUnit.MILLISECONDS.toNanos(dialer.times().resumeMs());
                    if (released.isDone() || closed.getCount() == 0) {
                        return;
                    }
                    if (late || !again()) {
                        fail("is gone: " + told(e));
                        return;
                    }
                }
            }
        }

        /** Whether it may be there: a host that answers, and has no bridge, has lost it. */
        private boolean again() {
            try {
                closed.await(TICK_MS, TimeUnit.MILLISECONDS);
                connect();
                return true;
            } catch (BridgeAbortException e) {
                return false;
            } catch (IOException e) {
                return !(e.getCause() instanceof ConnectException);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }

        /** Whoever closes a connection here had waited long for the other side. */
        private static String told(IOException e) {
            return e instanceof ClosedChannelException ? "it does not answer" : e.getMessage();
        }

        private String named(String what) {
            return "the bridge of shard "
                    + shard
                    + " at "
                    + dialer.addresses().get(shard)
                    + " "
                    + what;
        }

        private void fail(String what) {
            String reason = named(what);
            lost.complete(reason);
            released.completeExceptionally(new IOException(reason));
        }

        void release(String savepoint, long entries) throws IOException, InterruptedException {
            if (released.isDone() && !released.isCompletedExceptionally()) {
                released = new CompletableFuture<>();
            }
            // Whoever makes the connection anew says it too.
            releasing = Control.RELEASE + " savepoint=" + savepoint + " entries=" + entries;
            try {
                sayRelease();
            } catch (IOException e) {
                connection.close();
            }
            try {
                released.get();
            } catch (ExecutionException e) {
                throw new IOException(e.getCause().getMessage(), e.getCause());
            } finally {
                releasing = null;
            }
        }
    }
}
