package io.sluice.ptcomm.fd;

import io.sluice.ptcomm.writer.BridgeDialer;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A real bridge on loopback, whose consumer is the test. */
public final class TestBridge implements Closeable {
    /** What the test does before the consumer takes something; may block or fail. */
    public interface Consuming {
        void beforeTaking() throws IOException;
    }

    public static final Secret SECRET = new Secret(Control.bytes("the secret of all tests"));

    private final ByteArrayOutputStream stream = new ByteArrayOutputStream();
    private volatile boolean finished;
    final Bridge bridge;

    public TestBridge(Path directory, Consuming consuming) {
        this(directory, consuming, FdTimes.DEFAULT);
    }

    public TestBridge(Path directory, Consuming consuming, FdTimes times) {
        this(directory, consuming, times, TransportFactory.PLAIN);
    }

    TestBridge(Path directory, Consuming consuming, FdTimes times, TransportFactory transports) {
        bridge =
                new Bridge(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        transports,
                        SECRET,
                        new BridgeConsumer() {
                            @Override
                            public void write(ByteBuffer frames) throws IOException {
                                consuming.beforeTaking();
                                synchronized (stream) {
                                    Channels.newChannel(stream).write(frames);
                                }
                            }

                            @Override
                            public void finish() {
                                finished = true;
                            }

                            @Override
                            public void close() {}
                        },
                        times,
                        directory);
    }

    public BridgeAddress address() {
        InetSocketAddress local = bridge.address();
        return new BridgeAddress(local.getAddress().getHostAddress(), local.getPort());
    }

    /** What the consumer has. */
    public byte[] stream() {
        synchronized (stream) {
            return stream.toByteArray();
        }
    }

    public boolean isFinished() {
        return finished;
    }

    public static BridgeDialer dialer(List<TestBridge> bridges, long round, String run) {
        return fdDialer(bridges, round, run);
    }

    /** One that dials these addresses, of bridges or of what stands before them. */
    public static BridgeDialer dialerOf(
            List<BridgeAddress> addresses, FdTimes times, long round, String run) {
        return new FdDialer(addresses, TransportFactory.PLAIN, SECRET, times, round, run);
    }

    /** Number of the last entry that the consumer has whole. */
    public long taken() {
        return bridge.writers().taken();
    }

    /** Number of the last entry that it has heard to be counted. */
    public long forgotten() {
        return bridge.writers().forgotten();
    }

    /** Whether an entry has begun, and not ended. */
    public boolean isInEntry() {
        return bridge.writers().isInEntry();
    }

    /** Whether all entries have come. */
    public boolean hasEnded() {
        return bridge.writers().hasEnded();
    }

    /** The entry that is begun and not ended, as its writer noted it; null without one. */
    public byte[] begun() {
        return bridge.writers().begun();
    }

    static FdDialer fdDialer(List<TestBridge> bridges, long round, String run) {
        List<BridgeAddress> addresses = new ArrayList<>();
        bridges.forEach(bridge -> addresses.add(bridge.address()));
        return new FdDialer(addresses, TransportFactory.PLAIN, SECRET, FdTimes.DEFAULT, round, run);
    }

    /** As a launcher does. */
    public static void release(List<TestBridge> bridges, long round, String run)
            throws IOException, InterruptedException {
        try (FdLeases leases = FdLeases.take(fdDialer(bridges, round, run))) {
            leases.release(
                    "savepoint",
                    bridges.stream().map(bridge -> bridge.bridge.writers().taken()).toList());
        }
        for (TestBridge bridge : bridges) {
            bridge.bridge.await();
        }
    }

    @Override
    public void close() throws IOException {
        bridge.close();
    }
}
