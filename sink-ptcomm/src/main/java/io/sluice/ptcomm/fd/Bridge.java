package io.sluice.ptcomm.fd;

import io.sluice.common.SluiceException;
import io.sluice.ptcomm.codec.ProtocolException;
import io.sluice.ptcomm.writer.BridgeAbortException;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of one shard's FD stream on the host of its consumer. Listens; a writer dials, an attempt
 * after the other if they fail, and goes on each time where the consumer stands; the launcher dials
 * too, and says in the end that the round stands. docs/formats.md has the protocol.
 *
 * <p>Belongs to the first run whose writer or launcher proves itself. Ends when it is released,
 * when its consumer fails, when it is told to give up, or when nobody has held a connection for
 * {@link FdTimes#resumeMs} since the first.
 *
 * <p>Memory: 4 MiB off the heap for the connection that streams; 16 MiB for what must be known of
 * entries that no completed checkpoint counts, whatever their number: the rest lies in a file.
 */
public final class Bridge implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(Bridge.class);

    /** A connection that is not proven by then is closed. */
    private static final long HANDSHAKE_MS = 10_000;

    /** So many connections at once that have not proven themselves. */
    private static final int MOST_UNPROVEN = 32;

    private static final long TICK_MS = 1000;
    private static final long LINGER_MS = 2000;

    /** So long a launcher that lost its connection may ask again whether the stream is released. */
    private static final long GRACE_MS = 30_000;

    private final ServerSocketChannel server;
    private final TransportFactory transports;
    private final Secret secret;
    private final FdTimes times;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final Set<Served> connections = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService ticks =
            Executors.newSingleThreadScheduledExecutor(
                    task -> {
                        Thread thread = new Thread(task, "sluice-bridge-timer");
                        thread.setDaemon(true);
                        return thread;
                    });

    private final Future<?> ticking;

    /** The launcher has closed its connection behind the word that the stream is released. */
    private volatile boolean releaseIsHeard;

    private final BridgeWriters writers;

    // Guarded by this.
    private RoundNames names;

    /** When the last proven connection ended, by nanoTime; 0 before the first. */
    private long deserted;

    /**
     * Begins to listen.
     *
     * @param address port 0 for any free one
     * @param consumer closed with this
     * @param directory where the ledger's file lies if it is needed
     * @throws SluiceException if the address cannot be listened at
     */
    public Bridge(
            InetSocketAddress address,
            TransportFactory transports,
            Secret secret,
            BridgeConsumer consumer,
            FdTimes times,
            Path directory) {
        this.transports = transports;
        this.secret = secret;
        this.times = times;
        writers = new BridgeWriters(new BridgeStream(consumer, directory), this::fail);
        try {
            server = ServerSocketChannel.open();
            server.bind(address);
        } catch (IOException | RuntimeException e) {
            throw new SluiceException(
                    "cannot listen at "
                            + address.getHostString()
                            + ":"
                            + address.getPort()
                            + ": "
                            + e.getMessage(),
                    e);
        }
        Thread accepting = new Thread(this::accept, "sluice-bridge-accept");
        accepting.setDaemon(true);
        accepting.start();
        ticking = ticks.scheduleWithFixedDelay(this::tick, TICK_MS, TICK_MS, TimeUnit.MILLISECONDS);
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        try {
            SocketAddress local = server.getLocalAddress();
            return (InetSocketAddress) local;
        } catch (IOException e) {
            throw new IllegalStateException("the bridge is closed", e);
        }
    }

    /**
     * Waits for the bridge's end.
     *
     * @throws SluiceException in one line, if it is not that the stream was released
     */
    public void await() throws InterruptedException {
        try {
            ended.get();
        } catch (ExecutionException e) {
            throw new SluiceException(e.getCause().getMessage(), e.getCause());
        }
    }

    /** As {@link #await()}; false if it has not ended by then. */
    public boolean await(long millis) throws InterruptedException {
        try {
            ended.get(millis, TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new SluiceException(e.getCause().getMessage(), e.getCause());
        }
    }

    private void accept() {
        while (true) {
            SocketChannel channel;
            try {
                channel = server.accept();
            } catch (IOException e) {
                if (server.isOpen()) {
                    fail("cannot accept connections: " + e.getMessage());
                }
                return;
            }
            try {
                makeRoom();
                serve(new Connection(transports.accepted(channel)));
            } catch (IOException | RuntimeException | Error e) {
                LOG.info("A connection broke before it was used: {}", e.toString());
                close(channel);
            }
        }
    }

    /** On a thread of its own. */
    private void serve(Connection connection) {
        Served served = new Served(connection);
        Thread thread = new Thread(() -> serve(served), "sluice-bridge-" + connection.peer());
        thread.setDaemon(true);
        connections.add(served);
        boolean started = false;
        try {
            thread.start();
            started = true;
        } finally {
            if (!started) {
                connections.remove(served);
            }
        }
    }

    private static void close(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            // It is of no use any more.
        }
    }

    /** Whoever proves nothing must not keep those out who can. */
    private void makeRoom() {
        List<Served> unproven =
                connections.stream()
                        .filter(served -> !served.proven)
                        .sorted(Comparator.comparingLong(served -> served.since))
                        .toList();
        for (int i = 0; i <= unproven.size() - MOST_UNPROVEN; i++) {
            unproven.get(i).connection.close();
        }
    }

    private void serve(Served served) {
        Connection connection = served.connection;
        boolean heard = false;
        try {
            Handshake.Caller caller = Handshake.accept(connection, secret);
            belong(caller);
            served.proven = true;
            if (caller.role().equals(Handshake.LAUNCHER)) {
                lease(served);
            } else {
                writers.serve(served, caller);
            }
        } catch (Served.RefusedException e) {
            LOG.warn("Refused {}: {}", connection.peer(), e.getMessage());
            served.refuse(e.getMessage());
            served.drain();
        } catch (BridgeAbortException e) {
            LOG.warn("Refused {}: {}", connection.peer(), e.getMessage());
            served.abort(e.getMessage());
            served.drain();
        } catch (BridgeStream.LostException e) {
            fail(e.getMessage());
            served.drain();
        } catch (ProtocolException e) {
            LOG.warn("Closed the connection of {}: {}", connection.peer(), e.getMessage());
            served.abort(e.getMessage());
            served.drain();
        } catch (SSLException e) {
            if (connection.isClosed() || connection.received() > 0) {
                LOG.info("The connection of {} ended: {}", connection.peer(), e.getMessage());
            } else {
                LOG.warn("Closed a connection: {}", e.getMessage());
            }
        } catch (EOFException e) {
            // In good order.
            heard = true;
        } catch (IOException e) {
            LOG.info("The connection of {} ended: {}", connection.peer(), e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            LOG.error("The connection of {} failed", connection.peer(), e);
            if (served.proven) {
                fail("the bridge failed: " + e);
            }
        } finally {
            connection.close();
            writers.left(served);
            connections.remove(served);
            releaseIsHeard |= served.toldReleased && heard;
            synchronized (this) {
                if (served.proven) {
                    deserted = System.nanoTime() | 1;
                }
            }
            served.done.countDown();
        }
    }

    /** The first that proves itself says whose bridge this is. */
    private synchronized void belong(Handshake.Caller caller) throws BridgeAbortException {
        RoundNames wanted = caller.names();
        if (names == null) {
            names = wanted;
        } else if (!names.equals(wanted)) {
            throw new BridgeAbortException(
                    "this bridge is of " + names.text() + ", and not of " + wanted.text());
        }
        boolean released = ended.isDone() && !ended.isCompletedExceptionally();
        if (ended.isDone() && !(released && caller.role().equals(Handshake.LAUNCHER))) {
            throw new BridgeAbortException("this bridge has ended");
        }
    }

    /** The launcher's connection: as long as it stands, so does the bridge. */
    private void lease(Served served) throws IOException {
        Connection connection = served.connection;
        while (true) {
            Control control = connection.control(Handshake.MOST_BYTES);
            switch (control.word()) {
                case Control.ALIVE -> {}
                case Control.ABORT -> {
                    fail(control.text());
                    return;
                }
                case Control.RELEASE -> {
                    writers.release(control.number("entries"));
                    connection.send(Control.RELEASED);
                    served.toldReleased = true;
                    ended.complete(null);
                }
                default -> throw new ProtocolException(0, "expected Release, Abort or Alive");
            }
        }
    }

    /** Once a second. */
    private void tick() {
        try {
            long now = System.nanoTime();
            boolean proven = false;
            for (Served served : connections) {
                proven |= served.proven;
                tick(served, now);
            }
            long since;
            synchronized (this) {
                since = deserted;
            }
            if (!proven
                    && since != 0
                    && now - since > TimeUnit.MILLISECONDS.toNanos(times.resumeMs())) {
                fail(
                        "no writer and no launcher for "
                                + times.resumeMs() / 1000
                                + " s: the backup has died");
            }
        } catch (RuntimeException e) {
            fail("the bridge failed: " + e);
        }
    }

    private void tick(Served served, long now) {
        Connection connection = served.connection;
        boolean late =
                !served.proven && now - served.since > TimeUnit.MILLISECONDS.toNanos(HANDSHAKE_MS);
        if (served.isOverdue(now)) {
            connection.close();
            return;
        }
        if (late || connection.isSilent(times.silenceMs())) {
            LOG.warn("Closed the connection of {}: it said nothing", connection.peer());
            connection.close();
            return;
        }
        if (!served.proven) {
            return;
        }
        try {
            writers.tellTaken(served);
            if (now - served.aliveAt > TimeUnit.MILLISECONDS.toNanos(times.aliveMs())) {
                served.aliveAt = now;
                connection.sendIfIdle(Control.ALIVE);
            }
        } catch (IOException e) {
            connection.close();
        }
    }

    private void fail(String reason) {
        if (ended.completeExceptionally(new SluiceException(reason))) {
            LOG.error("The bridge gives up: {}", reason);
            for (Served served : connections) {
                if (served.proven) {
                    served.abort(reason);
                } else {
                    served.connection.close();
                }
            }
            try {
                // It may be what the streaming thread waits for.
                writers.abandon();
            } catch (IOException e) {
                LOG.warn("The consumer could not be closed", e);
            }
        }
    }

    /**
     * What went through.
     *
     * @param entries that the consumer has
     * @param bytes that the consumer has
     * @param received bytes that writers sent, which is more: notes, and what was sent again
     * @param writers connections that had the stream, one after the other
     */
    public record Done(long entries, long bytes, long received, int writers) {}

    public Done done() {
        return writers.done();
    }

    /** Number of the last entry that the consumer has whole. */
    public long taken() {
        return writers.taken();
    }

    /** What the writers have brought so far. */
    BridgeWriters writers() {
        return writers;
    }

    /** Ends the bridge; its writers and its launcher hear why. */
    public void giveUp(String reason) {
        fail(reason);
    }

    @Override
    public void close() throws IOException {
        linger(
                GRACE_MS,
                () -> releaseIsHeard || !ended.isDone() || ended.isCompletedExceptionally());
        server.close();
        fail("the bridge was closed");
        linger(LINGER_MS, () -> connections.stream().noneMatch(served -> served.proven));
        for (Served served : connections) {
            served.connection.close();
        }
        ticking.cancel(false);
        ticks.shutdownNow();
        writers.close();
    }

    /** Lets the other sides hear what was said last: they close their connections then. */
    private static void linger(long millis, BooleanSupplier done) {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        try {
            while (!done.getAsBoolean() && System.nanoTime() < until) {
                TimeUnit.MILLISECONDS.sleep(10);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
