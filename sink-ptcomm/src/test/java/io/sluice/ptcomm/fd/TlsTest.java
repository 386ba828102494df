package io.sluice.ptcomm.fd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.common.SluiceException;
import io.sluice.common.testing.Certificates;
import io.sluice.ptcomm.writer.BridgeLink;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.apache.commons.lang3.SerializationUtils;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class TlsTest {
    private static final String HERE = "ip:127.0.0.1";

    @TempDir private static Path stores;
    private static Certificates certificates;
    private static Path trust;
    private static Path otherTrust;
    private static Path bridgeStore;
    private static Path writerStore;

    @TempDir private Path temporary;

    @BeforeAll
    static void makeStores() throws Exception {
        certificates = new Certificates(stores);
        trust = certificates.authority("authority");
        otherTrust = certificates.authority("other");
        bridgeStore = certificates.signed("bridge", "authority", HERE);
        writerStore = certificates.signed("writer", "authority", "dns:writer.example");
    }

    private static TlsTransports tls(Path keyStore, Path trustStore) {
        return TlsTransports.of(keyStore, trustStore, certificates.passwordFile());
    }

    private static FdDialer dialer(TestBridge bridge, Path trusted) {
        return new FdDialer(
                List.of(bridge.address()),
                tls(writerStore, trusted),
                TestBridge.SECRET,
                FdTimes.DEFAULT,
                1,
                "run");
    }

    /** What the two sides say who speak with each other, "heard" when all is well. */
    private record Said(String dialed, String accepted) {}

    private static Said speak(TransportFactory dialing, TransportFactory accepting)
            throws Exception {
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            CompletableFuture<String> accepted =
                    CompletableFuture.supplyAsync(
                            () -> {
                                try (SocketChannel channel = server.accept();
                                        Transport transport = accepting.accepted(channel)) {
                                    return said(transport);
                                } catch (IOException e) {
                                    return e.getMessage();
                                }
                            });
            InetSocketAddress address = (InetSocketAddress) server.getLocalAddress();
            String dialed;
            try (SocketChannel channel = SocketChannel.open(address)) {
                Transport transport =
                        dialing.dialed(
                                channel, new InetSocketAddress("127.0.0.1", address.getPort()));
                transport.write(ByteBuffer.wrap(Control.bytes("heard")));
                dialed = said(transport);
            } catch (IOException e) {
                dialed = e.getMessage();
            }
            return new Said(dialed, accepted.get(30, TimeUnit.SECONDS));
        }
    }

    /** Hears a word, and says it. */
    private static String said(Transport transport) throws IOException {
        ByteBuffer word = ByteBuffer.allocate(5);
        while (word.hasRemaining()) {
            if (transport.read(word) < 0) {
                return "ended";
            }
        }
        transport.write(word.flip());
        transport.finishWriting();
        return new String(word.array(), StandardCharsets.US_ASCII);
    }

    @Test
    void eachSideIsKnownToTheOther() throws Exception {
        // As it is for the writers on other hosts.
        TransportFactory travelled = SerializationUtils.clone(tls(writerStore, trust));
        assertThat(speak(travelled, tls(bridgeStore, trust))).isEqualTo(new Said("heard", "heard"));
    }

    @Test
    void aStreamGoesThroughWhole() throws Exception {
        byte[] data = new byte[600_000];
        new Random(1).nextBytes(data);
        ByteBuffer frames = ByteBuffer.allocateDirect(data.length + 16);
        frames.put(Control.bytes("D600000\n")).put(data).put(Control.bytes("F000000\n")).flip();
        byte[] sent = new byte[frames.remaining()];
        frames.duplicate().get(sent);
        try (TestBridge bridge =
                new TestBridge(temporary, () -> {}, FdTimes.DEFAULT, tls(bridgeStore, trust))) {
            FdDialer dialer = dialer(bridge, trust);
            try (FdLeases leases = FdLeases.take(dialer)) {
                try (BridgeLink link = dialer.dial(0, 0, 0, (first, count, records) -> {})) {
                    link.listen(BridgeTest.unheard());
                    for (int number = 1; number <= 20; number++) {
                        ByteBuffer note = ByteBuffer.wrap(Control.bytes("note"));
                        link.send(BridgeLink.Unit.WHOLE, number, 1, note, 0, frames.duplicate());
                    }
                    assertThat(link.finish().entries()).isEqualTo(20);
                }
                leases.release("savepoint", List.of(20L));
            }
            bridge.bridge.await();
            byte[] there = bridge.stream();
            for (int number = 0; number < 20; number++) {
                int at = number * sent.length;
                assertThat(Arrays.equals(there, at, at + sent.length, sent, 0, sent.length))
                        .isTrue();
            }
        }
    }

    @Test
    void aBridgeOfAnotherAuthorityIsNotSpokenWith() throws Exception {
        Path stranger = certificates.signed("strange-bridge", "other", HERE);
        assertThat(speak(tls(writerStore, trust), tls(stranger, trust)).dialed())
                .matches(
                        "the certificate of 127.0.0.1:[0-9]+ is not signed by an authority of this side's"
                                + " trust store: add that one");
    }

    @Test
    void aBridgeWhoseCertificateHasExpiredIsNotSpokenWith() throws Exception {
        Path old = certificates.expired("old-bridge", "authority", HERE);
        assertThat(speak(tls(writerStore, trust), tls(old, trust)).dialed())
                .matches(
                        "the certificate of 127.0.0.1:[0-9]+ has expired \\(NotAfter: .*\\): renew it");
    }

    @Test
    void aBridgeOnAnotherHostThanItsCertificateSaysIsNotSpokenWith() throws Exception {
        Path moved = certificates.signed("moved-bridge", "authority", "dns:elsewhere.example");
        assertThat(speak(tls(writerStore, trust), tls(moved, trust)).dialed())
                .matches("the certificate of 127.0.0.1:[0-9]+ is not for that host: .*");
    }

    @Test
    void aWriterWithoutACertificateIsNotListenedTo() throws Exception {
        // JSSE shows none that no authority of the bridge has signed.
        Path stranger = certificates.signed("strange-writer", "other", HERE);
        Said said = speak(tls(stranger, trust), tls(bridgeStore, trust));
        assertThat(said.accepted())
                .contains(" has shown no certificate that an authority of this side's trust store");
        assertThat(said.dialed())
                .matches(
                        "127.0.0.1:[0-9]+ does not accept this side's certificate.*its log says why");
    }

    @Test
    void aWriterWhoseCertificateHasExpiredIsNotListenedTo() throws Exception {
        Path old = certificates.expired("old-writer", "authority", HERE);
        Said said = speak(tls(old, trust), tls(bridgeStore, trust));
        assertThat(said.accepted()).contains(" has expired (NotAfter: ");
        assertThat(said.dialed()).contains("does not accept this side's certificate");
    }

    @Test
    void aSideWithoutTlsIsTold() throws Exception {
        assertThat(speak(TransportFactory.PLAIN, tls(bridgeStore, trust)).accepted())
                .endsWith("does not speak TLS: give both sides a key store, or neither");
        try (TestBridge bridge = new TestBridge(temporary, () -> {}, FdTimes.DEFAULT)) {
            assertThatThrownBy(() -> dialer(bridge, trust).dial(0, 0, 0, null))
                    .hasMessageEndingWith(
                            "does not speak TLS: give both sides a key store, or neither");
        }
    }

    @Test
    void aTlsBridgeSurvivesAPlainWriter() throws Exception {
        try (TestBridge bridge =
                new TestBridge(temporary, () -> {}, FdTimes.DEFAULT, tls(bridgeStore, trust))) {
            assertThatThrownBy(
                            () -> TestBridge.dialer(List.of(bridge), 1, "run").dial(0, 0, 0, null))
                    .hasMessageContaining("the other side speaks TLS");
            assertThatThrownBy(() -> dialer(bridge, otherTrust).dial(0, 0, 0, null))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("cannot reach the bridge of shard 0")
                    .hasMessageContaining("is not signed by an authority")
                    .hasCauseInstanceOf(SSLException.class);
        }
    }

    @Test
    void storesThatAreOfNoUseAreNamed() throws Exception {
        Path password = certificates.passwordFile();
        assertThatThrownBy(() -> TlsTransports.of(writerStore, stores.resolve("none"), password))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("cannot read trust store '");
        assertThatThrownBy(() -> TlsTransports.of(trust, trust, password))
                .hasMessageContaining("is open to others than its owner: chmod 600 it");
        Path copy = Files.copy(trust, temporary.resolve("copy"));
        Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rw-------"));
        assertThatThrownBy(() -> TlsTransports.of(copy, trust, password))
                .hasMessageEndingWith("holds no private key");
        Path wrong = Files.copy(password, temporary.resolve("wrong"));
        Files.writeString(wrong, "another password");
        assertThatThrownBy(() -> TlsTransports.of(writerStore, trust, wrong))
                .hasMessageContaining("cannot open key store '");
    }
}
