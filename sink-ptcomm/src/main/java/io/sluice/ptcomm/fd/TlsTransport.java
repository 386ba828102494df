package io.sluice.ptcomm.fd;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;

/**
 * A TLS connection over a TCP one. The side that listened shakes hands when it reads first, so that
 * no stranger holds up who accepts. What fails of TLS is an {@link SSLException} whose message is a
 * line for the user.
 */
final class TlsTransport implements Transport {
    /** Four records. */
    private static final int SCRATCH_BYTES = 64 * 1024;

    /** So long a refused side may take to hear why. */
    private static final long LINGER_MS = 2000;

    private final SocketChannel channel;
    private final SSLSocket socket;
    private final InputStream in;
    private final OutputStream out;
    private final String peer;
    private final byte[] received = new byte[SCRATCH_BYTES];
    private final byte[] sent = new byte[SCRATCH_BYTES];

    /** The first bytes have come, so the other side has accepted this side's certificate. */
    private boolean proven;

    /**
     * @param socket over the channel, which it does not close
     * @param peer the other side, for messages
     */
    TlsTransport(SocketChannel channel, SSLSocket socket, String peer) throws IOException {
        this.channel = channel;
        this.socket = socket;
        this.peer = peer;
        in = socket.getInputStream();
        out = socket.getOutputStream();
    }

    /**
     * Shakes hands.
     *
     * @param millis it is given up after so long
     */
    void shakeHands(int millis) throws IOException {
        CountDownLatch done = new CountDownLatch(1);
        AtomicBoolean late = new AtomicBoolean();
        Thread watch = new Thread(() -> closeUnless(done, millis, late), "sluice-tls-handshake");
        watch.setDaemon(true);
        watch.start();
        try {
            socket.startHandshake();
        } catch (IOException e) {
            if (late.get()) {
                throw new IOException(
                        peer + " did not answer in TLS for " + millis / 1000 + " s", e);
            }
            throw e instanceof SSLException problem ? TlsFault.of(problem, peer) : e;
        } finally {
            done.countDown();
        }
    }

    /** A time-out of the socket would be one of each read. */
    private void closeUnless(CountDownLatch done, int millis, AtomicBoolean late) {
        try {
            if (!done.await(millis, TimeUnit.MILLISECONDS)) {
                late.set(true);
                channel.close();
            }
        } catch (IOException e) {
            // It is of no use any more.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        int most = Math.min(into.remaining(), received.length);
        int length;
        try {
            length = in.read(received, 0, most);
        } catch (SSLException e) {
            if (!proven) {
                sayWhy();
            }
            throw TlsFault.of(e, peer);
        }
        proven = true;
        if (length > 0) {
            into.put(received, 0, length);
        }
        return length;
    }

    /**
     * The alert is written; but what is closed with bytes unread takes back what was written last.
     * Whoever has the transport may close it meanwhile.
     */
    private void sayWhy() {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LINGER_MS);
        try {
            channel.shutdownOutput();
            InputStream raw = channel.socket().getInputStream();
            long left = LINGER_MS;
            while (left > 0) {
                channel.socket().setSoTimeout((int) left);
                if (raw.read(received) < 0) {
                    return;
                }
                left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
            }
        } catch (IOException e) {
            // The other side has closed, or says nothing for so long.
        }
    }

    @Override
    public void write(ByteBuffer bytes) throws IOException {
        try {
            while (bytes.hasRemaining()) {
                int length = fill(bytes, 0);
                out.write(sent, 0, length);
            }
        } catch (SSLException e) {
            throw TlsFault.of(e, peer);
        }
    }

    @Override
    public void write(ByteBuffer first, ByteBuffer second) throws IOException {
        try {
            while (first.hasRemaining() || second.hasRemaining()) {
                int length = fill(second, fill(first, 0));
                out.write(sent, 0, length);
            }
        } catch (SSLException e) {
            throw TlsFault.of(e, peer);
        }
    }

    /** As much as there is room for behind what is there. */
    private int fill(ByteBuffer from, int at) {
        int length = Math.min(from.remaining(), sent.length - at);
        from.get(sent, at, length);
        return at + length;
    }

    @Override
    public void finishWriting() throws IOException {
        socket.shutdownOutput();
    }

    @Override
    public String peer() {
        return peer;
    }

    @Override
    public void close() throws IOException {
        // Not the TLS socket: it would wait for a blocked write.
        channel.close();
    }
}
