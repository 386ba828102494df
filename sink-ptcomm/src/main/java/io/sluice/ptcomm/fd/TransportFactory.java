package io.sluice.ptcomm.fd;

import java.io.IOException;
import java.io.Serializable;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;

/** Makes a TCP connection into what both sides speak through. */
public interface TransportFactory extends Serializable {
    /** Bytes go as they are. */
    TransportFactory PLAIN = new Plain();

    /** The side that listened. */
    Transport accepted(SocketChannel channel) throws IOException;

    /** The side that dialed. */
    Transport dialed(SocketChannel channel, InetSocketAddress address) throws IOException;

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
