package io.sluice.ptcomm.fd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** A TCP connection. */
final class PlainTransport implements Transport {
    private final SocketChannel channel;
    private final String peer;
    private final ByteBuffer[] two = new ByteBuffer[2];

    PlainTransport(SocketChannel channel) throws IOException {
        this.channel = channel;
        TransportFactory.prepare(channel);
        peer = String.valueOf(channel.getRemoteAddress());
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        return channel.read(into);
    }

    @Override
    public void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    @Override
    public void write(ByteBuffer first, ByteBuffer second) throws IOException {
        two[0] = first;
        two[1] = second;
        while (first.hasRemaining() || second.hasRemaining()) {
            channel.write(two);
        }
    }

    @Override
    public void finishWriting() throws IOException {
        channel.shutdownOutput();
    }

    @Override
    public String peer() {
        return peer;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
