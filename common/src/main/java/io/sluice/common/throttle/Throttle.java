package io.sluice.common.throttle;

import io.sluice.common.text.Text;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a throttle file says, for all threads of the process that obey it; counted by the process,
 * walkers and readers each for themselves.
 *
 * <ol>
 *   <li>A task opens it for its {@link #walkers} or {@link #readers}. The first one starts the
 *       watcher, a thread of its own: a file on a dead filesystem hangs nobody else.
 *   <li>The watcher looks at the file every {@link #LOOK_EVERY_MS}. Other caps hold at once:
 *       threads that wait or pause wake up, those at work heed them at their next {@link
 *       Turn#next}.
 *   <li>The last task that closes its {@link ThrottledThreads} ends the watcher.
 * </ol>
 *
 * <p>The process is what shares this class: on a Flink cluster that loads classes for each job, the
 * tasks of one round in one TaskManager.
 */
public final class Throttle {
    /** Environment variable with the path of the throttle file. */
    public static final String PATH_VARIABLE = "SLUICE_THROTTLE_PATH";

    static final String DEFAULT_PATH = "/var/lib/sluice/throttle.toml";

    /** With what a thread does between two turns, new caps are to hold within six seconds. */
    static final long LOOK_EVERY_MS = 5000;

    /** How long a task waits for the first look; it then begins without caps. */
    private static final long FIRST_LOOK_MS = 1000;

    private static final Logger LOG = LoggerFactory.getLogger(Throttle.class);
    private static final Path ENVIRONMENT = Path.of("/proc/self/environ");

    /** By path, one character for each byte. Its monitor guards {@link #users}. */
    private static final Map<String, Throttle> OPEN = new HashMap<>();

    private final Supplier<Caps> file;
    private final Gate walkers = new Gate();
    private final Gate readers = new Gate();
    private final CountDownLatch firstLook = new CountDownLatch(1);
    private volatile Caps caps = Caps.NONE;
    private Thread watcher;
    private int users;

    /**
     * One that nobody watches.
     *
     * @param file gives the caps that hold now
     */
    Throttle(Supplier<Caps> file) {
        this.file = file;
    }

    /**
     * For a task's threads that walk directories.
     *
     * @param path of the throttle file; null for that of {@link #PATH_VARIABLE} in the process's
     *     environment, or {@code /var/lib/sluice/throttle.toml}
     */
    public static ThrottledThreads walkers(byte[] path) {
        Throttle throttle = open(path);
        return new ThrottledThreads(throttle, throttle.walkers);
    }

    /** For a task's threads that read files; as {@link #walkers(byte[])}. */
    public static ThrottledThreads readers(byte[] path) {
        Throttle throttle = open(path);
        return new ThrottledThreads(throttle, throttle.readers);
    }

    private static Throttle open(byte[] path) {
        byte[] file = path == null ? defaultPath() : path;
        Throttle throttle;
        synchronized (OPEN) {
            throttle =
                    OPEN.computeIfAbsent(
                            new String(file, StandardCharsets.ISO_8859_1),
                            key ->
                                    new Throttle(
                                            new CapsFile(file, System::currentTimeMillis, LOG::warn)
                                                    ::look));
            if (throttle.users++ == 0) {
                throttle.watch(Text.escape(file));
            }
        }
        throttle.awaitFirstLook();
        return throttle;
    }

    private static byte[] defaultPath() {
        String path = System.getenv(PATH_VARIABLE);
        if (path == null || path.isEmpty()) {
            path = DEFAULT_PATH;
        }
        if (path.chars().allMatch(c -> c < 0x80)) {
            return path.getBytes(StandardCharsets.ISO_8859_1);
        }
        // Decoded by the locale, which may not have what the bytes say.
        String prefix = PATH_VARIABLE + "=";
        try {
            String environment =
                    new String(Files.readAllBytes(ENVIRONMENT), StandardCharsets.ISO_8859_1);
            for (String variable : environment.split("\0", -1)) {
                if (variable.startsWith(prefix)) {
                    return variable.substring(prefix.length())
                            .getBytes(StandardCharsets.ISO_8859_1);
                }
            }
        } catch (IOException e) {
            LOG.debug("The path as the JVM decoded it is to do.", e);
        }
        return path.getBytes(StandardCharsets.UTF_8);
    }

    private void watch(String name) {
        watcher =
                new Thread(
                        () -> {
                            try {
                                while (true) {
                                    if (look()) {
                                        LOG.info("throttle {}: {}", name, caps);
                                    }
                                    firstLook.countDown();
                                    Thread.sleep(LOOK_EVERY_MS);
                                }
                            } catch (InterruptedException e) {
                                // The last task has closed it.
                                Thread.currentThread().interrupt();
                            }
                        },
                        "sluice-throttle");
        watcher.setDaemon(true);
        watcher.start();
    }

    private void awaitFirstLook() {
        try {
            if (!firstLook.await(FIRST_LOOK_MS, TimeUnit.MILLISECONDS)) {
                LOG.warn(
                        "the throttle file does not answer; the caps hold when it does. Is its filesystem there?");
            }
        } catch (InterruptedException e) {
            // For the caller, who is about to be closed.
            Thread.currentThread().interrupt();
        }
    }

    /** Looks at the file; whether other caps hold now. On one thread. */
    boolean look() {
        Caps now = file.get();
        if (now.equals(caps)) {
            return false;
        }
        // Threads that see the caps first find the gates as they say.
        walkers.cap(now.threads());
        readers.cap(now.threads());
        synchronized (this) {
            caps = now;
            notifyAll();
        }
        return true;
    }

    /** What holds now. Any thread. */
    Caps caps() {
        return caps;
    }

    /** Waits as long as the caps say, or until they change. */
    void pause() throws InterruptedException {
        Caps before = caps;
        if (before.pauseMs() == 0) {
            return;
        }
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(before.pauseMs());
        synchronized (this) {
            long left = end - System.nanoTime();
            while (left > 0 && caps.equals(before)) {
                TimeUnit.NANOSECONDS.timedWait(this, left);
                left = end - System.nanoTime();
            }
        }
    }

    /** One task less. */
    void release() {
        synchronized (OPEN) {
            if (--users == 0) {
                OPEN.values().remove(this);
                if (watcher != null) {
                    watcher.interrupt();
                }
            }
        }
    }

    /** For tests, which look for themselves. */
    ThrottledThreads unwatchedReaders() {
        synchronized (OPEN) {
            users++;
        }
        return new ThrottledThreads(this, readers);
    }
}
