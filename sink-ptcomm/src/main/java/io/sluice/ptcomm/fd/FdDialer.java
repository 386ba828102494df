package io.sluice.ptcomm.fd;

import io.sluice.ptcomm.writer.BridgeDialer;
import io.sluice.ptcomm.writer.BridgeLink;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.util.List;

/**
 * Dials the bridges of a round.
 *
 * @param addresses {@code HOST:PORT} of each shard's bridge, by the shards' numbers
 * @param round its number
 * @param run its identity
 */
public record FdDialer(
        List<BridgeAddress> addresses,
        TransportFactory transports,
        Secret secret,
        FdTimes times,
        long round,
        String run)
        implements BridgeDialer {
    private static final long serialVersionUID = 1L;
    private static final int CONNECT_MS = 10_000;

    public FdDialer {
        addresses = List.copyOf(addresses);
    }

    @Override
    public BridgeLink dial(int shard, int attempt, long acknowledged, Claimed claimed)
            throws IOException, InterruptedException {
        Connection connection = connect(shard);
        boolean done = false;
        try {
            FdLink link =
                    new FdLink(
                            connection,
                            secret,
                            times,
                            new Handshake.Caller(
                                    Handshake.WRITER, names(shard), attempt, acknowledged),
                            claimed);
            done = true;
            return link;
        } finally {
            if (!done) {
                connection.close();
            }
        }
    }

    RoundNames names(int shard) {
        return new RoundNames(shard, addresses.size(), round, run);
    }

    Connection connect(int shard) throws IOException {
        BridgeAddress address = addresses.get(shard);
        InetSocketAddress resolved = new InetSocketAddress(address.host(), address.port());
        SocketChannel channel = SocketChannel.open();
        boolean done = false;
        try {
            if (resolved.isUnresolved()) {
                throw new IOException("unknown host");
            }
            channel.socket().connect(resolved, CONNECT_MS);
            Connection connection = new Connection(transports.dialed(channel, resolved));
            done = true;
            return connection;
        } catch (IOException e) {
            throw new IOException(
                    "cannot reach the bridge of shard "
                            + shard
                            + " at "
                            + address
                            + ": "
                            + e.getMessage(),
                    e);
        } finally {
            if (!done) {
                channel.close();
            }
        }
    }
}
