package io.sluice.pipeline.launch;

import io.sluice.ptcomm.fd.Transport;
import io.sluice.ptcomm.fd.TransportFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReference;

/** Connections of writers and launchers, of which one breaks at a point with a name. */
record CrashingTransports() implements TransportFactory {
    private static final long serialVersionUID = 1L;

    /** Points of the protocol, by the control that makes them, and which of its kind it is. */
    enum Point {
        HELLO("Hello role=writer", 2),
        WHOLE_UNIT("Unit kind=WHOLE", 3),
        FIRST_BYTE("Unit kind=OPEN", 1),
        MIDDLE("Unit kind=PART", 3),
        LAST_BYTE("Unit kind=CLOSE", 1),
        COMPLETED("Completed", 1),
        END("", 1),
        ACCEPTED("Accepted", 1),
        RELEASE("Release", 1);

        private final String word;
        private final int which;

        Point(String word, int which) {
            this.word = word;
            this.which = which;
        }
    }

    /** Before what makes the point has gone through, or behind it. */
    record Crash(Point point, boolean behind) {}

    /** What the tasks of the job share with the test, in this JVM. */
    private static final AtomicReference<Crash> ARMED = new AtomicReference<>();

    private static int seen;

    static void arm(Crash crash) {
        synchronized (CrashingTransports.class) {
            seen = 0;
        }
        ARMED.set(crash);
    }

    static boolean hasStruck() {
        return ARMED.get() == null;
    }

    private static boolean strikes(Point point, boolean behind) {
        Crash crash = ARMED.get();
        if (crash == null || crash.point() != point || crash.behind() != behind) {
            return false;
        }
        synchronized (CrashingTransports.class) {
            if (++seen < point.which) {
                return false;
            }
        }
        return ARMED.compareAndSet(crash, null);
    }

    private static Point point(ByteBuffer frame) {
        int at = frame.position();
        if (frame.remaining() == 8 && frame.get(at) == 'F') {
            return Point.END;
        }
        for (Point point : Point.values()) {
            if (!point.word.isEmpty() && begins(frame, at + 8, point.word)) {
                return point;
            }
        }
        return null;
    }

    private static boolean begins(ByteBuffer bytes, int from, String word) {
        byte[] expected = word.getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < expected.length; i++) {
            if (from + i >= bytes.limit() || bytes.get(from + i) != expected[i]) {
                return false;
            }
        }
        return true;
    }

    @Override
    public Transport accepted(SocketChannel channel) throws IOException {
        return PLAIN.accepted(channel);
    }

    @Override
    public Transport dialed(SocketChannel channel, InetSocketAddress address) throws IOException {
        return new Crashing(PLAIN.dialed(channel, address));
    }

    private record Crashing(Transport to) implements Transport {
        private void crash(Point point, boolean behind) throws IOException {
            if (point != null && strikes(point, behind)) {
                to.close();
                throw new IOException("a crash " + (behind ? "behind " : "before ") + point);
            }
        }

        @Override
        public int read(ByteBuffer into) throws IOException {
            int from = into.position();
            int length = to.read(into);
            if (from == 0 && begins(into.duplicate().flip(), 0, Point.ACCEPTED.word)) {
                crash(Point.ACCEPTED, false);
            }
            return length;
        }

        @Override
        public void write(ByteBuffer bytes) throws IOException {
            Point point = point(bytes);
            crash(point, false);
            to.write(bytes);
            crash(point, true);
        }

        @Override
        public void write(ByteBuffer first, ByteBuffer second) throws IOException {
            Point point = point(first);
            crash(point, false);
            to.write(first, second);
            crash(point, true);
        }

        @Override
        public void finishWriting() throws IOException {
            to.finishWriting();
        }

        @Override
        public String peer() {
            return to.peer();
        }

        @Override
        public void close() throws IOException {
            to.close();
        }
    }
}
