package io.sluice.e2e;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Ports of the loopback for processes that are told theirs. They lie below those that Linux gives
 * to outgoing connections (ip_local_port_range, 32768 and up), where a port that is free now may be
 * somebody's a moment later; and each of the JVMs that run tests side by side has a range of its
 * own.
 */
final class Ports {
    private static final int FIRST = 12_000;
    private static final int OF_A_JVM = 4000;

    /** From 1; there are as many as {@code forkCount} says. */
    private static final int JVM = Integer.getInteger("surefire.forkNumber", 1);

    /** Two builds on one machine seldom begin at the same one. */
    private static final AtomicInteger NEXT =
            new AtomicInteger((int) (ProcessHandle.current().pid() % OF_A_JVM));

    private Ports() {}

    /** One that nobody listens at, and that is not given out again soon. */
    static int free() throws IOException {
        for (int tries = 0; tries < OF_A_JVM; tries++) {
            int port =
                    FIRST
                            + (JVM - 1) % 4 * OF_A_JVM
                            + Math.floorMod(NEXT.getAndIncrement(), OF_A_JVM);
            if (isFree(port)) {
                return port;
            }
        }
        throw new IOException("no port is free");
    }

    private static boolean isFree(int port) throws IOException {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(port));
            return true;
        } catch (java.net.BindException e) {
            return false;
        }
    }
}
