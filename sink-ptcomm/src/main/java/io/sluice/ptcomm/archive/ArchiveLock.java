package io.sluice.ptcomm.archive;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;

/**
 * The kernel's lock (fcntl) on {@code DIR/lock}: it goes with the process, however that ends.
 *
 * <p>Such a lock belongs to the process, and closing <em>any</em> descriptor of the file drops it.
 * So this process opens each lock file once, and counts. Thread-safe.
 */
final class ArchiveLock implements Closeable {
    private static final Map<String, Held> HELD = new HashMap<>();

    private final String identity;
    private boolean released;

    private ArchiveLock(String identity) {
        this.identity = identity;
    }

    /** One file's lock in this process. */
    private static final class Held {
        /** Null where there is nothing to lock: a read-only copy without the file. */
        final FileChannel channel;

        final boolean shared;
        int holders = 1;

        Held(FileChannel channel, boolean shared) {
            this.channel = channel;
            this.shared = shared;
        }
    }

    /**
     * @throws ArchiveLockedException if it is held otherwise
     */
    static ArchiveLock acquire(ArchiveDirectory directory, boolean shared) throws IOException {
        synchronized (HELD) {
            Held held = HELD.get(directory.identity());
            if (held != null) {
                if (!shared || !held.shared) {
                    throw locked(directory);
                }
                held.holders++;
                return new ArchiveLock(directory.identity());
            }
            Path file = directory.resolve("lock");
            FileChannel channel;
            if (shared) {
                try {
                    channel = FileChannel.open(file, StandardOpenOption.READ);
                } catch (NoSuchFileException e) {
                    channel = null;
                }
            } else {
                channel = ArchiveDirectory.createFile(file, StandardOpenOption.CREATE);
            }
            if (channel != null && !tryLock(channel, shared)) {
                throw locked(directory);
            }
            HELD.put(directory.identity(), new Held(channel, shared));
            return new ArchiveLock(directory.identity());
        }
    }

    private static boolean tryLock(FileChannel channel, boolean shared) throws IOException {
        boolean locked = false;
        try {
            FileLock lock = channel.tryLock(0, Long.MAX_VALUE, shared);
            locked = lock != null;
            return locked;
        } finally {
            if (!locked) {
                channel.close();
            }
        }
    }

    private static ArchiveLockedException locked(ArchiveDirectory directory) {
        return new ArchiveLockedException(
                "archive "
                        + directory.quoted()
                        + " is in use by another process: wait for its end and run again");
    }

    @Override
    public void close() throws IOException {
        synchronized (HELD) {
            if (released) {
                return;
            }
            released = true;
            Held held = HELD.get(identity);
            held.holders--;
            if (held.holders == 0) {
                HELD.remove(identity);
                if (held.channel != null) {
                    held.channel.close();
                }
            }
        }
    }
}
