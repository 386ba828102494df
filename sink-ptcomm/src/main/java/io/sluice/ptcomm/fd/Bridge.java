package io.sluice.ptcomm.fd;

import io.sluice.common.SluiceException;
import io.sluice.ptcomm.codec.Frame;
import io.sluice.ptcomm.codec.FrameReader;
import io.sluice.ptcomm.codec.ProtocolException;
import io.sluice.ptcomm.writer.BridgeAbortException;
import io.sluice.ptcomm.writer.BridgeLink;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
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

    private static final int CHUNK_FRAME_BYTES = 800_000;

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

    /** Held while a unit is handed on, so that nothing else happens to the stream meanwhile. */
    private final Object streaming = new Object();

    // Guarded by streaming.
    private final BridgeStream stream;
    private final FrameReader frames = new FrameReader();

    private volatile long taken;
    private volatile boolean inEntry;

    /** The launcher has closed its connection behind the word that the stream is released. */
    private volatile boolean releaseIsHeard;

    // Guarded by this.
    private int writers;
    private long receivedBefore;
    private RoundNames names;
    private int attempt = -1;
    private Served holder;

    /** When the last proven connection ended, by nanoTime; 0 before the first. */
    private long deserted;

    /** The connection is not wanted; another one may be. */
    private static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1L;

        RefusedException(String message) {
            super(message);
        }
    }

    /** Who dialed, and what of it. */
    private static final class Served {
        final Connection connection;
        final long since = System.nanoTime();
        final CountDownLatch done = new CountDownLatch(1);
        volatile boolean proven;
        volatile boolean streams;

        /** A writer's, whose bytes count. Guarded by the bridge. */
        boolean writes;

        volatile long told;
        volatile long aliveAt = System.nanoTime();

        /** Closed by then, by nanoTime, whatever the other side does; 0 while it is of use. */
        volatile long closeAt;

        /** A launcher's, which has been told that the stream is released. */
        volatile boolean toldReleased;

        Served(Connection connection) {
            this.connection = connection;
        }
    }

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
        stream = new BridgeStream(consumer, directory);
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
                stream(served, caller);
            }
        } catch (RefusedException e) {
            LOG.warn("Refused {}: {}", connection.peer(), e.getMessage());
            say(served, Control.refuse(e.getMessage()));
            drain(served);
        } catch (BridgeAbortException e) {
            LOG.warn("Refused {}: {}", connection.peer(), e.getMessage());
            abort(served, e.getMessage());
            drain(served);
        } catch (BridgeStream.LostException e) {
            fail(e.getMessage());
            drain(served);
        } catch (ProtocolException e) {
            LOG.warn("Closed the connection of {}: {}", connection.peer(), e.getMessage());
            abort(served, e.getMessage());
            drain(served);
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
            connections.remove(served);
            releaseIsHeard |= served.toldReleased && heard;
            synchronized (this) {
                receivedBefore += served.writes ? connection.received() : 0;
                served.writes = false;
                if (served.proven) {
                    deserted = System.nanoTime() | 1;
                }
            }
            served.done.countDown();
        }
    }

    private static void abort(Served served, String reason) {
        say(served, Control.abort(reason));
    }

    /** The last word. */
    private static void say(Served served, String word) {
        served.closeAt = (System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LINGER_MS)) | 1;
        try {
            served.connection.send(word);
            served.connection.finishWriting();
        } catch (IOException e) {
            // The other side is gone, and so needs no reason.
            served.connection.close();
        }
    }

    /** What is closed with bytes unread takes back what was written last: the reason. */
    private static void drain(Served served) {
        ByteBuffer unread = ByteBuffer.allocate(64 * 1024);
        try {
            while (served.connection.read(unread.clear()) >= 0) {
                // Of no use any more.
            }
        } catch (IOException e) {
            // Closed by either side.
            return;
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

    private void stream(Served served, Handshake.Caller caller)
            throws IOException, InterruptedException {
        Served former;
        synchronized (this) {
            if (caller.attempt() < attempt) {
                // Numbers begin anew with another JobManager, so the next one may be right.
                throw new RefusedException(
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
                    throw new RefusedException("a newer attempt has the stream");
                }
            }
            resume(served, caller.acknowledged());
        }
        served.streams = true;
        frames.restart(served.connection);
        while (frames.next()) {
            synchronized (streaming) {
                if (stream.isFinished()) {
                    throw new BridgeAbortException("the stream is released, and ends here");
                }
                if (frames.letter() == Frame.END) {
                    stream.end();
                    accepted(served);
                } else if (frames.letter() == Frame.CONTROL) {
                    control(served, Control.parse(frames.payload(), frames.offset()));
                } else {
                    throw new ProtocolException(frames.offset(), "expected control");
                }
            }
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

    private void control(Served served, Control control) throws IOException {
        switch (control.word()) {
            case Control.UNIT -> {
                BridgeLink.Unit unit = unit(control.field("kind"));
                int length = control.number("length", BridgeLink.MAX_UNIT_BYTES);
                int notes = control.tail().length;
                stream.take(
                        unit,
                        control.number("first"),
                        control.number("count", Frame.MAX_PAYLOAD_BYTES),
                        control.tail(),
                        control.number("added", notes),
                        frames.run(length));
                taken = stream.last();
                inEntry = unit == BridgeLink.Unit.OPEN || unit == BridgeLink.Unit.PART;
                if (unit == BridgeLink.Unit.WHOLE || unit == BridgeLink.Unit.CLOSE) {
                    told(served);
                }
            }
            case Control.COMPLETED -> stream.ledger().forget(control.number("number"));
            case Control.ALIVE -> {}
            case Control.ABORT -> fail("the writer gave up: " + control.text());
            default ->
                    throw new ProtocolException(
                            frames.offset(), "unknown control '" + control.word() + "'");
        }
    }

    private static BridgeLink.Unit unit(String kind) throws ProtocolException {
        for (BridgeLink.Unit unit : BridgeLink.Unit.values()) {
            if (unit.name().equals(kind)) {
                return unit;
            }
        }
        throw new ProtocolException(0, "expected a kind of unit");
    }

    private void told(Served served) throws IOException {
        long number = taken;
        served.connection.send(Control.TAKEN + " number=" + number);
        served.told = number;
    }

    private void accepted(Served served) throws IOException {
        told(served);
        served.connection.send(
                Control.ACCEPTED + " entries=" + stream.last() + " bytes=" + stream.bytesWithEnd());
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
                    release(control.number("entries"));
                    connection.send(Control.RELEASED);
                    served.toldReleased = true;
                    ended.complete(null);
                }
                default -> throw new ProtocolException(0, "expected Release, Abort or Alive");
            }
        }
    }

    private void release(long entries) throws IOException {
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
        long closeAt = served.closeAt;
        if (closeAt != 0 && now - closeAt > 0) {
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
            long number = taken;
            if (served.streams
                    && served.told != number
                    && connection.sendIfIdle(Control.TAKEN + " number=" + number)) {
                served.told = number;
            }
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
                    abort(served, reason);
                } else {
                    served.connection.close();
                }
            }
            try {
                // It may be what the streaming thread waits for.
                stream.abandon();
            } catch (IOException e) {
                LOG.warn("The consumer could not be closed", e);
            }
        }
    }

    /** What was noted with the head of the entry that is begun and not ended; else null. */
    byte[] begun() {
        synchronized (streaming) {
            BridgeLink.Begun begun = stream.begun();
            return begun == null ? null : begun.entry();
        }
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
        long entries;
        long bytes;
        synchronized (streaming) {
            entries = stream.last();
            bytes = stream.isFinished() ? stream.bytesWithEnd() : stream.bytes();
        }
        synchronized (this) {
            long received = receivedBefore;
            for (Served served : connections) {
                received += served.writes ? served.connection.received() : 0;
            }
            return new Done(entries, bytes, received, writers);
        }
    }

    /** Ends the bridge; its writers and its launcher hear why. */
    public void giveUp(String reason) {
        fail(reason);
    }

    /** Number of the last entry that the consumer has whole. */
    public long taken() {
        return taken;
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
        synchronized (streaming) {
            stream.close();
        }
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
