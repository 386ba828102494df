package io.sluice.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Ports of the loopback for processes that are told theirs. They lie below those that Linux gives
 * to outgoing connections (ip_local_port_range, 32768 and up), where a port that is free now may be
 * somebody's a moment later; and each JVM that runs tests on this machine has a range of its own,
 * which it has locked as long as it lives.
 */
final class Ports {
    /** Above what flink-conf and the rig of Bacula name. */
    private static final int FIRST = 20_000;

    private static final int OF_A_JVM = 1000;
    private static final int JVMS = 12;

    /** Never closed: the lock goes with it. */
    private static final Range RANGE = Range.claim();

    private static int next;

    private Ports() {}

    private record Range(int first, FileChannel lock) {
        static Range claim() {
            try {
                for (int i = 0; i < JVMS; i++) {
                    Path file =
                            Path.of(System.getProperty("java.io.tmpdir"), "sluice-test-ports-" + i);
                    FileChannel channel =
                            FileChannel.open(
                                    file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    if (channel.tryLock() != null) {
                        return new Range(FIRST + i * OF_A_JVM, channel);
                    }
                    channel.close();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            throw new IllegalStateException(JVMS + " other JVMs have ports for tests");
        }
    }

    /** One that nobody listens at, and that is not given out again soon. */
    static synchronized int free() throws IOException {
        for (int tries = 0; tries < OF_A_JVM; tries++) {
            int port = RANGE.first() + next++ % OF_A_JVM;
            if (isFree(port)) {
                return port;
            }
        }
        throw new IOException("no port is free");
    }

    /** The first of so many in a row that nobody listens at, and that are not given out again. */
    static synchronized int freeRange(int count) throws IOException {
        int first = free();
        int got = 1;
        for (int tries = 0; got < count && tries < OF_A_JVM; tries++) {
            int port = free();
            if (port == first + got) {
                got++;
            } else {
                first = port;
                got = 1;
            }
        }
        if (got < count) {
            throw new IOException("no " + count + " ports in a row are free");
        }
        return first;
    }

    private static boolean isFree(int port) throws IOException {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(port));
            return true;
        } catch (BindException e) {
            return false;
        }
    }
}
