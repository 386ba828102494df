package io.sluice.ptcomm.fd;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Stands between a writer and its bridge, and does one thing to the first connection when so many
 * bytes have gone one way. Later connections are left alone.
 */
public final class FaultyWire implements Closeable {
    /** What is done there. */
    public enum Fault {
        /** Both sides see the end. */
        CUT,
        /** Nothing comes any more, and nobody sees an end. */
        STALL,
        /** One byte is another, and all goes on. */
        GARBLE,
        NONE
    }

    private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final BridgeAddress bridge;
    private final Fault fault;
    private final boolean towardsBridge;
    private final long offset;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final ByteArrayOutputStream up = new ByteArrayOutputStream();
    private final ByteArrayOutputStream down = new ByteArrayOutputStream();
    private int connections;
    private volatile boolean struck;
    private volatile BooleanSupplier ready = () -> true;

    /**
     * @param towardsBridge whether the writer's bytes are counted, or the bridge's
     */
    public FaultyWire(BridgeAddress bridge, Fault fault, boolean towardsBridge, long offset)
            throws IOException {
        this.bridge = bridge;
        this.fault = fault;
        this.towardsBridge = towardsBridge;
        this.offset = offset;
        start(this::accept);
    }

    public BridgeAddress address() {
        return new BridgeAddress(server.getInetAddress().getHostAddress(), server.getLocalPort());
    }

    /**
     * The fault waits for that when its bytes have gone. Closing a connection of which something is
     * unread takes back what the other side has not read yet, however far it got.
     */
    public void strikeWhen(BooleanSupplier isReady) {
        ready = isReady;
    }

    /** Whether the fault has happened. */
    public boolean hasStruck() {
        return struck;
    }

    /** All bytes that went that way through the first connection. */
    public byte[] bytes(boolean towards) {
        ByteArrayOutputStream all = towards ? up : down;
        synchronized (all) {
            return all.toByteArray();
        }
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work, "faulty-wire");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        try {
            while (true) {
                Socket writer = server.accept();
                Socket other = new Socket(bridge.host(), bridge.port());
                writer.setTcpNoDelay(true);
                other.setTcpNoDelay(true);
                sockets.add(writer);
                sockets.add(other);
                boolean first = connections++ == 0;
                start(() -> pump(writer, other, first, true));
                start(() -> pump(other, writer, first, false));
            }
        } catch (IOException e) {
            // The test is over, or the bridge is.
            return;
        }
    }

    private void pump(Socket from, Socket to, boolean first, boolean upwards) {
        boolean mine = first && upwards == towardsBridge && fault != Fault.NONE;
        ByteArrayOutputStream all = upwards ? up : down;
        long gone = 0;
        byte[] buffer = new byte[8192];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                if (first) {
                    synchronized (all) {
                        all.write(buffer, 0, n);
                    }
                }
                boolean here = mine && gone <= offset && gone + n > offset;
                if (here && fault == Fault.GARBLE) {
                    buffer[(int) (offset - gone)] ^= 0x15;
                    struck = true;
                } else if (here) {
                    out.write(buffer, 0, (int) (offset - gone));
                    while (!ready.getAsBoolean()) {
                        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
                    }
                    struck = true;
                    if (fault == Fault.STALL) {
                        // Until one of them closes its side.
                        in.transferTo(OutputStream.nullOutputStream());
                    }
                    return;
                }
                out.write(buffer, 0, n);
                gone += n;
            }
        } catch (IOException e) {
            // One side has gone; closing both tells the other.
            return;
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
