package io.sluice.ptcomm.fd;

import java.io.IOException;
import java.io.Serializable;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;

/** Makes a TCP connection into what both sides speak through. */
public interface TransportFactory extends Serializable {
    /** Bytes go as they are. */
    TransportFactory PLAIN = new Plain();

    /** The side that listened. Must not wait for the other side. */
    Transport accepted(SocketChannel channel) throws IOException;

    /**
     * The side that dialed.
     *
     * @param address as it was asked for
     */
    Transport dialed(SocketChannel channel, InetSocketAddress address) throws IOException;

    /** What is said is to be heard at once. */
    static void prepare(SocketChannel channel) throws IOException {
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    }

    /** See {@link #PLAIN}. */
    final class Plain implements TransportFactory {
        private static final long serialVersionUID = 1L;

        private Plain() {}

        @Override
        public Transport accepted(SocketChannel channel) throws IOException {
            return new PlainTransport(channel);
        }

        @Override
        public Transport dialed(SocketChannel channel, InetSocketAddress address)
                throws IOException {
            return new PlainTransport(channel);
        }
    }
}
