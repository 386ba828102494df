package io.sluice.ptcomm.fd;

import io.sluice.common.SluiceException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Collections;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/**
 * Mutual TLS 1.3: either side shows a certificate that the other side's trust store vouches for,
 * and the bridge's is for the host that was dialed. Carries its key stores with it, as the writers'
 * hosts have no files of the launcher's.
 */
public final class TlsTransports implements TransportFactory {
    private static final long serialVersionUID = 1L;
    private static final String[] PROTOCOLS = {"TLSv1.3"};
    private static final int MOST_BYTES = 16 << 20;
    private static final int HANDSHAKE_MS = 10_000;

    private final byte[] keyStore;
    private final byte[] trustStore;
    private final String password;

    private transient SSLSocketFactory sockets;

    private TlsTransports(byte[] keyStore, byte[] trustStore, String password) {
        this.keyStore = keyStore;
        this.trustStore = trustStore;
        this.password = password;
    }

    /**
     * Reads the key stores, PKCS #12 or JKS.
     *
     * @param keyStore this side's private key and certificate; readable by its owner alone
     * @param trustStore the authorities that sign the other side's certificates
     * @param passwordFile the password of both; readable by its owner alone
     * @throws SluiceException naming the file that cannot be read, or lacks what it is for
     */
    public static TlsTransports of(Path keyStore, Path trustStore, Path passwordFile) {
        TlsTransports made =
                new TlsTransports(
                        PrivateFile.read(keyStore, "key store", MOST_BYTES),
                        PrivateFile.readOpen(trustStore, "trust store", MOST_BYTES),
                        PrivateFile.line(passwordFile, "password file"));
        KeyStore keys = load(made.keyStore, made.password, "key store '" + keyStore + "'");
        KeyStore trusted = load(made.trustStore, made.password, "trust store '" + trustStore + "'");
        try {
            boolean hasKey = false;
            for (String alias : Collections.list(keys.aliases())) {
                hasKey |= keys.isKeyEntry(alias);
            }
            if (!hasKey) {
                throw new SluiceException("key store '" + keyStore + "' holds no private key");
            }
            boolean hasAuthority = false;
            for (String alias : Collections.list(trusted.aliases())) {
                hasAuthority |= trusted.isCertificateEntry(alias);
            }
            if (!hasAuthority) {
                throw new SluiceException(
                        "trust store '"
                                + trustStore
                                + "' holds no authority's certificate: add it with 'keytool -importcert'");
            }
            made.sockets = sockets(keys, trusted, made.password);
        } catch (GeneralSecurityException e) {
            throw new SluiceException(
                    "key store '" + keyStore + "' cannot be used: " + e.getMessage(), e);
        }
        return made;
    }

    private static KeyStore load(byte[] store, String password, String name) {
        try {
            KeyStore loaded = KeyStore.getInstance(KeyStore.getDefaultType());
            loaded.load(new ByteArrayInputStream(store), password.toCharArray());
            return loaded;
        } catch (IOException | GeneralSecurityException e) {
            throw new SluiceException("cannot open " + name + ": " + e.getMessage(), e);
        }
    }

    private static SSLSocketFactory sockets(KeyStore keys, KeyStore trusted, String password)
            throws GeneralSecurityException {
        KeyManagerFactory own =
                KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        own.init(keys, password.toCharArray());
        TrustManagerFactory others =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        others.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own.getKeyManagers(), others.getTrustManagers(), null);
        return context.getSocketFactory();
    }

    private synchronized SSLSocketFactory sockets() {
        if (sockets == null) {
            try {
                sockets =
                        sockets(
                                load(keyStore, password, "the key store"),
                                load(trustStore, password, "the trust store"),
                                password);
            } catch (GeneralSecurityException e) {
                throw new SluiceException("the key store cannot be used here: " + e, e);
            }
        }
        return sockets;
    }

    @Override
    public Transport accepted(SocketChannel channel) throws IOException {
        TransportFactory.prepare(channel);
        SSLSocket socket = (SSLSocket) sockets().createSocket(channel.socket(), null, false);
        socket.setUseClientMode(false);
        socket.setNeedClientAuth(true);
        socket.setEnabledProtocols(PROTOCOLS);
        return new TlsTransport(channel, socket, String.valueOf(channel.getRemoteAddress()));
    }

    @Override
    public Transport dialed(SocketChannel channel, InetSocketAddress address) throws IOException {
        TransportFactory.prepare(channel);
        String host = address.getHostString();
        SSLSocket socket =
                (SSLSocket)
                        sockets().createSocket(channel.socket(), host, address.getPort(), false);
        socket.setUseClientMode(true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        parameters.setProtocols(PROTOCOLS);
        socket.setSSLParameters(parameters);
        TlsTransport transport = new TlsTransport(channel, socket, host + ":" + address.getPort());
        transport.shakeHands(HANDSHAKE_MS);
        return transport;
    }

    @Override
    public String toString() {
        return "TLS";
    }
}
