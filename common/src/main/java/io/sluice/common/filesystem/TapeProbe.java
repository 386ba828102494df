package io.sluice.common.filesystem;

import io.sluice.common.posix.FileType;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.PosixException;
import io.sluice.common.posix.Statx;
import java.io.Closeable;

/**
 * Tells a source which names are files whose data lies on tape alone. Only files with less space
 * allocated than they have bytes are asked for it, since a file on tape has none to speak of: so
 * most files cost nothing. What this misses, whoever reads it finds. Belongs to one thread.
 */
public final class TapeProbe implements Closeable {
    /** Allocated to a file on tape at most: Lustre says 1 (seen; 512 bytes). */
    private static final int BLOCKS = 1;

    private static final int BLOCK_BYTES = 512;

    private final FileHooks hooks;

    /**
     * @param factory of a filesystem; {@link FileHooksFactory#NONE} asks for nothing
     */
    public TapeProbe(FileHooksFactory factory, byte[] root) {
        hooks = factory.open(root);
    }

    /** Whether a name of which a look said that is worth asking for. */
    public boolean suspects(Statx stat) {
        return hooks != FileHooks.NONE
                && stat.type() == FileType.REGULAR
                && stat.size() > 0
                && (stat.blocks() <= BLOCKS || stat.blocks() * BLOCK_BYTES < stat.size());
    }

    /** Whether the data of a name, a regular file's, lies on tape alone. */
    public boolean isReleased(int directory, byte[] name) {
        int fd = Posix.openOrErrno(directory, name, Posix.O_PATH | Posix.O_NOFOLLOW, 0);
        if (fd < 0) {
            return false;
        }
        try {
            return hooks.look(fd, FileType.REGULAR).tape() != null;
        } catch (PosixException e) {
            // Whoever is to read it asks again, and says why it cannot.
            return false;
        } finally {
            Posix.close(fd);
        }
    }

    @Override
    public void close() {
        hooks.close();
    }
}
