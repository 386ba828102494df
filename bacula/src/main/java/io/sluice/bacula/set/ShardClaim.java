package io.sluice.bacula.set;

import io.sluice.common.SluiceException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;

/**
 * A job's claim to be its shard of the set, as long as it lives: the kernel's lock on a file, which
 * a killed process lets go of. So two rounds of a set never overlap, and what a dead job left is
 * known for what it is.
 */
final class ShardClaim implements Closeable {
    private static final long RETRY_MS = 100;

    private final FileChannel channel;

    private ShardClaim(FileChannel channel) {
        this.channel = channel;
    }

    private static Path file(SetDirectory set, int shard) {
        return set.rendezvous().resolve("shard-" + shard + ".lock");
    }

    /**
     * Takes it; waits for a former job that is about to end.
     *
     * @return null if another job has it all that time
     */
    static ShardClaim take(SetDirectory set, int shard, long waitMs) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(waitMs);
        while (true) {
            FileChannel channel = lockOrNull(set, shard);
            if (channel != null) {
                return new ShardClaim(channel);
            }
            if (System.nanoTime() - until > 0) {
                return null;
            }
            TimeUnit.MILLISECONDS.sleep(RETRY_MS);
        }
    }

    /** Whether a job has it. Not to be asked for the shard that the caller has itself. */
    static boolean isTaken(SetDirectory set, int shard) {
        FileChannel channel = lockOrNull(set, shard);
        if (channel == null) {
            return true;
        }
        close(channel, set, shard);
        return false;
    }

    private static FileChannel lockOrNull(SetDirectory set, int shard) {
        FileChannel channel = null;
        boolean locked = false;
        try {
            channel =
                    FileChannel.open(
                            file(set, shard), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = channel.tryLock();
            locked = lock != null;
            return locked ? channel : null;
        } catch (OverlappingFileLockException e) {
            // Another job in this process.
            return null;
        } catch (IOException e) {
            throw new SluiceException(
                    "cannot lock '"
                            + file(set, shard)
                            + "': "
                            + e
                            + "; the set's directory must be on a filesystem with locks (Lustre: mount -o flock)",
                    e);
        } finally {
            if (channel != null && !locked) {
                close(channel, set, shard);
            }
        }
    }

    private static void close(FileChannel channel, SetDirectory set, int shard) {
        try {
            channel.close();
        } catch (IOException e) {
            throw new SluiceException("cannot close '" + file(set, shard) + "': " + e, e);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
