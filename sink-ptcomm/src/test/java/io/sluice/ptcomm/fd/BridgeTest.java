package io.sluice.ptcomm.fd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.common.SluiceException;
import io.sluice.common.round.Receipt;
import io.sluice.ptcomm.writer.BridgeAbortException;
import io.sluice.ptcomm.writer.BridgeLink;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class BridgeTest {
    private static final byte[] FRAMES = Control.bytes("D000003\nabcF000000\n");

    @TempDir private Path temporary;
    private final List<TestBridge> opened = new ArrayList<>();

    @AfterEach
    void close() throws IOException {
        for (TestBridge bridge : opened) {
            bridge.close();
        }
    }

    private TestBridge bridge() {
        return bridge(() -> {}, FdTimes.DEFAULT);
    }

    private TestBridge bridge(TestBridge.Consuming consuming, FdTimes times) {
        TestBridge bridge = new TestBridge(temporary, consuming, times);
        opened.add(bridge);
        return bridge;
    }

    private static FdDialer dialer(TestBridge bridge, Secret secret, String run) {
        return new FdDialer(
                List.of(bridge.address()), TransportFactory.PLAIN, secret, FdTimes.DEFAULT, 1, run);
    }

    private static BridgeLink dial(TestBridge bridge, int attempt, long acknowledged)
            throws Exception {
        return dialer(bridge, TestBridge.SECRET, "run")
                .dial(0, attempt, acknowledged, (first, count, records) -> {});
    }

    /** What a link's bridge says. */
    private static final class Heard implements BridgeLink.Listener {
        final LinkedBlockingQueue<Long> taken = new LinkedBlockingQueue<>();
        final CompletableFuture<IOException> failed = new CompletableFuture<>();

        @Override
        public void taken(long number) {
            taken.add(number);
        }

        @Override
        public void failed(IOException problem) {
            failed.complete(problem);
        }
    }

    static BridgeLink.Listener unheard() {
        return new Heard();
    }

    private static Heard entry(BridgeLink link, long number) throws Exception {
        Heard heard = new Heard();
        link.listen(heard);
        send(link, number);
        while (heard.taken.take() < number) {
            // Not yet.
        }
        return heard;
    }

    private static void send(BridgeLink link, long number) throws IOException {
        link.send(
                BridgeLink.Unit.WHOLE,
                number,
                1,
                ByteBuffer.wrap(Control.bytes("note " + number)),
                0,
                ByteBuffer.wrap(FRAMES));
    }

    @Test
    void aStreamOfThreeEntriesIsReleased() throws Exception {
        TestBridge bridge = bridge();
        try (BridgeLink link = dial(bridge, 0, 0)) {
            entry(link, 1);
            send(link, 2);
            send(link, 3);
            Receipt receipt = link.finish();
            assertThat(receipt.entries()).isEqualTo(3);
            assertThat(receipt.bytes()).isEqualTo(3L * FRAMES.length + 8);
            assertThat(bridge.isFinished()).isFalse();
            TestBridge.release(List.of(bridge), 1, "run");
        }
        assertThat(bridge.isFinished()).isTrue();
        assertThat(bridge.stream()).hasSize(3 * FRAMES.length + 8);
    }

    @Test
    void whatIsReleasedTwiceIsReleasedOnce() throws Exception {
        TestBridge bridge = bridge();
        try (BridgeLink link = dial(bridge, 0, 0)) {
            entry(link, 1);
            link.finish();
        }
        try (FdLeases leases = FdLeases.take(dialer(bridge, TestBridge.SECRET, "run"))) {
            leases.release("a", List.of(1L));
            leases.release("a", List.of(1L));
        }
        assertThat(bridge.stream()).hasSize(FRAMES.length + 8);
    }

    @Test
    void nothingIsReleasedBeforeItsEnd() throws Exception {
        TestBridge bridge = bridge();
        try (BridgeLink link = dial(bridge, 0, 0);
                FdLeases leases = FdLeases.take(dialer(bridge, TestBridge.SECRET, "run"))) {
            entry(link, 1);
            assertThatThrownBy(() -> leases.release("a", List.of(1L)))
                    .hasMessageContaining("the stream has not ended");
        }
    }

    @Test
    void whoDoesNotKnowTheSecretIsRefusedAndTheBridgeWaitsForTheOther() throws Exception {
        TestBridge bridge = bridge();
        Secret wrong = new Secret(Control.bytes("another secret of 16"));
        assertThatThrownBy(
                        () ->
                                dialer(bridge, wrong, "run")
                                        .dial(0, 0, 0, (first, count, records) -> {}))
                .isInstanceOf(BridgeAbortException.class)
                .hasMessageContaining("refuses: the secret is not this bridge's");
        assertThatThrownBy(() -> FdLeases.take(dialer(bridge, wrong, "run")))
                .hasMessageContaining("refuses: the secret is not this bridge's");
        try (BridgeLink link = dial(bridge, 0, 0)) {
            entry(link, 1);
        }
    }

    @Test
    void aBridgeThatDoesNotKnowTheSecretGetsNothing() throws Exception {
        try (ServerSocket impostor = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CompletableFuture<Void> played = CompletableFuture.runAsync(() -> playBridge(impostor));
            FdDialer dialer =
                    new FdDialer(
                            List.of(
                                    new BridgeAddress(
                                            impostor.getInetAddress().getHostAddress(),
                                            impostor.getLocalPort())),
                            TransportFactory.PLAIN,
                            TestBridge.SECRET,
                            FdTimes.DEFAULT,
                            1,
                            "run");
            assertThatThrownBy(() -> dialer.dial(0, 0, 0, (first, count, records) -> {}))
                    .isInstanceOf(BridgeAbortException.class)
                    .hasMessageContaining("does not know the secret");
            played.get();
        }
    }

    private static void playBridge(ServerSocket server) {
        try (Socket socket = server.accept()) {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            OutputStream out = socket.getOutputStream();
            control(in);
            say(out, "Hello role=bridge version=1 nonce=00");
            control(in);
            control(in);
            say(out, "Auth proof=" + "0".repeat(64));
            in.read();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String control(DataInputStream in) throws IOException {
        byte[] header = new byte[8];
        in.readFully(header);
        byte[] text =
                new byte[Integer.parseInt(new String(header, 1, 6, StandardCharsets.US_ASCII))];
        in.readFully(text);
        return new String(text, StandardCharsets.US_ASCII);
    }

    private static void say(OutputStream out, String text) throws IOException {
        out.write(Control.bytes(String.format("Z%06d%n%s", text.length(), text)));
        out.flush();
    }

    @Test
    void anotherVersionIsToldSo() throws Exception {
        TestBridge bridge = bridge();
        try (Socket socket = new Socket(bridge.address().host(), bridge.address().port())) {
            say(socket.getOutputStream(), "Hello role=writer version=2 nonce=00");
            String answer = control(new DataInputStream(socket.getInputStream()));
            assertThat(answer)
                    .isEqualTo(
                            "Abort the writer speaks version 2 of the stream protocol, this side"
                                    + " version 1: use the same release on both sides");
        }
    }

    @Test
    void anotherRunIsRefused() throws Exception {
        TestBridge bridge = bridge();
        try (BridgeLink link = dial(bridge, 0, 0)) {
            entry(link, 1);
            assertThatThrownBy(
                            () ->
                                    dialer(bridge, TestBridge.SECRET, "other")
                                            .dial(0, 0, 0, (first, count, records) -> {}))
                    .hasMessageContaining("this bridge is of shard 0 of 1 of round 1 (run run)");
            send(link, 2);
        }
    }

    @Test
    void theNewestAttemptWins() throws Exception {
        TestBridge bridge = bridge();
        try (BridgeLink first = dial(bridge, 1, 0)) {
            Heard heard = entry(first, 1);
            try (BridgeLink second = dial(bridge, 2, 0)) {
                assertThat(second.last()).isEqualTo(1);
                assertThat(heard.failed.get()).hasMessageContaining("was lost");
                assertThatThrownBy(() -> dial(bridge, 1, 0))
                        .hasMessageContaining("attempt 2 has the stream, and not 1");
                entry(second, 2);
            }
        }
        assertThat(bridge.stream()).hasSize(2 * FRAMES.length);
    }

    @Test
    void whoCountsMoreThanTheBridgeHasIsRefused() throws Exception {
        TestBridge bridge = bridge();
        try (BridgeLink link = dial(bridge, 0, 0)) {
            entry(link, 1);
        }
        assertThatThrownBy(() -> dial(bridge, 1, 2))
                .hasMessageContaining("the writer counts 2 entries, this bridge has 1");
    }

    @Test
    void whoCountsLessThanTheBridgeKnowsIsRefused() throws Exception {
        TestBridge bridge = bridge();
        try (BridgeLink link = dial(bridge, 0, 0)) {
            Heard heard = entry(link, 1);
            send(link, 2);
            link.completed(2);
            while (heard.taken.take() < 2) {
                // Not yet.
            }
            for (long number = 3; bridge.bridge.writers().forgotten() < 2; number++) {
                TimeUnit.MILLISECONDS.sleep(100);
                send(link, number);
            }
        }
        assertThatThrownBy(() -> dial(bridge, 1, 1))
                .hasMessageContaining("knows those behind 2")
                .hasMessageContaining("do not belong together");
    }

    /** What comes again is what was noted with it. */
    @Test
    void recordsBehindTheAcknowledgedComeBack() throws Exception {
        TestBridge bridge = bridge();
        try (BridgeLink link = dial(bridge, 0, 0)) {
            entry(link, 1);
            send(link, 2);
            link.send(
                    BridgeLink.Unit.OPEN,
                    3,
                    1,
                    ByteBuffer.wrap(Control.bytes("entrylatest")),
                    5,
                    ByteBuffer.wrap(FRAMES));
            link.send(
                    BridgeLink.Unit.PART,
                    3,
                    1,
                    ByteBuffer.wrap(Control.bytes("moreLATER")),
                    4,
                    ByteBuffer.wrap(FRAMES));
            while (bridge.stream().length < 4 * FRAMES.length) {
                TimeUnit.MILLISECONDS.sleep(1);
            }
        }
        List<String> came = new ArrayList<>();
        try (BridgeLink again =
                dialer(bridge, TestBridge.SECRET, "run")
                        .dial(
                                0,
                                1,
                                1,
                                (first, count, records) ->
                                        came.add(first + " " + count + " " + text(records)))) {
            assertThat(came).containsExactly("2 1 note 2");
            assertThat(again.last()).isEqualTo(2);
            assertThat(text(again.begun().entry())).isEqualTo("entry");
            assertThat(text(again.begun().chunks())).isEqualTo("more");
            assertThat(text(again.begun().latest())).isEqualTo("LATER");
        }
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.US_ASCII);
    }

    @Test
    void aConsumerThatDiesEndsTheBridgeAndTheWriter() throws Exception {
        TestBridge bridge =
                bridge(
                        () -> {
                            throw new IOException("no tape");
                        },
                        FdTimes.DEFAULT);
        try (BridgeLink link = dial(bridge, 0, 0)) {
            Heard heard = new Heard();
            link.listen(heard);
            send(link, 1);
            assertThat(heard.failed.get())
                    .isInstanceOf(BridgeAbortException.class)
                    .hasMessageContaining("the consumer failed: no tape");
        }
        assertThatThrownBy(bridge.bridge::await)
                .isInstanceOf(SluiceException.class)
                .hasMessage("the consumer failed: no tape");
    }

    @Test
    void theLaunchersReasonIsTheBridges() throws Exception {
        TestBridge bridge = bridge();
        try (FdLeases leases = FdLeases.take(dialer(bridge, TestBridge.SECRET, "run"))) {
            leases.abort("the disk is full");
            assertThatThrownBy(bridge.bridge::await).hasMessage("the disk is full");
        }
    }

    /** Many times the silence that ends a connection; the writer waits, and loses nothing. */
    @Test
    void aConsumerThatTakesNothingForLongBreaksNothing() throws Exception {
        CountDownLatch mounted = new CountDownLatch(1);
        FdTimes times = new FdTimes(500, 2000, 1000);
        TestBridge bridge =
                bridge(
                        () -> {
                            try {
                                mounted.await();
                            } catch (InterruptedException e) {
                                throw new IOException(e);
                            }
                        },
                        times);
        FdDialer dialer =
                new FdDialer(
                        List.of(bridge.address()),
                        TransportFactory.PLAIN,
                        TestBridge.SECRET,
                        times,
                        1,
                        "run");
        try (BridgeLink link = dialer.dial(0, 0, 0, (first, count, records) -> {})) {
            Heard heard = new Heard();
            link.listen(heard);
            send(link, 1);
            CompletableFuture<Receipt> finished =
                    CompletableFuture.supplyAsync(
                            () -> {
                                try {
                                    return link.finish();
                                } catch (IOException | InterruptedException e) {
                                    throw new IllegalStateException(e);
                                }
                            });
            TimeUnit.MILLISECONDS.sleep(8000);
            assertThat(finished).isNotDone();
            mounted.countDown();
            assertThat(finished.get().entries()).isEqualTo(1);
            assertThat(heard.failed).isNotDone();
        }
    }

    @Test
    void aBridgeThatEverybodyHasLeftGivesUp() throws Exception {
        TestBridge bridge = bridge(() -> {}, new FdTimes(500, 1000, 1500));
        TimeUnit.MILLISECONDS.sleep(3000);
        // Nobody has come yet: that may take hours.
        assertThat(bridge.bridge.await(0)).isFalse();
        dial(bridge, 0, 0).close();
        assertThatThrownBy(bridge.bridge::await)
                .hasMessageContaining("no writer and no launcher for 1 s");
    }

    @Test
    void anyBytesCostOneConnectionAndNotTheBridge() throws Exception {
        TestBridge bridge = bridge();
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        System.out.println("BridgeTest, -Dsluice.seed=" + seed);
        Random random = new Random(seed);
        String[] beginnings = {
            "",
            "Z",
            "Z000",
            "Z000005\n",
            "Z999999\n",
            "D000003\nabc",
            "F000000\n",
            "Z000005\nHello",
            "Z000036\nHello role=writer version=1 nonce=0000",
            "Z000016\nHello a=b a=c d=",
            "Z000002\n= ",
            "\0\0\0\0\0\0\0\0",
            "GET / HTTP/1.1\r\n\r\n"
        };
        for (int i = 0; i < 300; i++) {
            try (Socket socket = new Socket(bridge.address().host(), bridge.address().port())) {
                byte[] noise = new byte[random.nextInt(3000)];
                random.nextBytes(noise);
                try {
                    socket.getOutputStream()
                            .write(Control.bytes(beginnings[random.nextInt(beginnings.length)]));
                    socket.getOutputStream().write(noise);
                } catch (IOException closed) {
                    // As it should be.
                    continue;
                }
            }
        }
        try (BridgeLink link = dial(bridge, 0, 0)) {
            entry(link, 1);
            link.finish();
        }
        assertThat(bridge.stream()).isEqualTo(FRAMES);
    }

    /** From one that has proven itself: its stream ends, and the bridge says why. */
    @Test
    void aUnitThatBreaksTheOrderIsRefused() throws Exception {
        TestBridge bridge = bridge();
        try (BridgeLink link = dial(bridge, 0, 0)) {
            Heard heard = entry(link, 1);
            send(link, 3);
            assertThat(heard.failed.get()).hasMessageContaining("expected a new entry 2");
        }
        try (BridgeLink link = dial(bridge, 1, 0)) {
            entry(link, 2);
        }
        assertThat(bridge.stream()).hasSize(2 * FRAMES.length);
    }
}
