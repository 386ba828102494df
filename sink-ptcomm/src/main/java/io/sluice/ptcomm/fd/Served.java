package io.sluice.ptcomm.fd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Who dialed a bridge, and what has become of it. */
final class Served {
    private static final long LINGER_MS = 2000;

    final Connection connection;
    final long since = System.nanoTime();
    final CountDownLatch done = new CountDownLatch(1);
    volatile boolean proven;

    /** It has heard where the stream stands, and units come from it. */
    volatile boolean streams;

    /** A writer's, whose bytes count. Guarded by {@link BridgeWriters}. */
    boolean writes;

    /** Of those that it sent, the number of the last entry that it knows to be taken. */
    volatile long told;

    volatile long aliveAt = System.nanoTime();

    /** A launcher's, which has been told that the stream is released. */
    volatile boolean toldReleased;

    /** Closed by then, by nanoTime, whatever the other side does; 0 while it is of use. */
    private volatile long closeAt;

    Served(Connection connection) {
        this.connection = connection;
    }

    /** The connection is not wanted; another one may be. */
    static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1L;

        RefusedException(String message) {
            super(message);
        }
    }

    /** Whether the other side has not closed it, long after the last word. */
    boolean isOverdue(long now) {
        return closeAt != 0 && now - closeAt > 0;
    }

    void abort(String reason) {
        say(Control.abort(reason));
    }

    void refuse(String reason) {
        say(Control.refuse(reason));
    }

    /** The last word. */
    private void say(String word) {
        closeAt = (System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LINGER_MS)) | 1;
        try {
            connection.send(word);
            connection.finishWriting();
        } catch (IOException e) {
            // The other side is gone, and so needs no reason.
            connection.close();
        }
    }

    /** What is closed with bytes unread takes back what was written last: the reason. */
    void drain() {
        ByteBuffer unread = ByteBuffer.allocate(64 * 1024);
        try {
            while (connection.read(unread.clear()) >= 0) {
                // Of no use any more.
            }
        } catch (IOException e) {
            // Closed by either side.
            return;
        }
    }
}
