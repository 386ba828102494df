package io.sluice.restore;

import io.sluice.common.SluiceException;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.Statx;
import io.sluice.common.text.Text;
import java.io.Closeable;
import java.util.Arrays;

/**
 * The one directory that a restore writes below, held open from beginning to end: what its name
 * leads to later on does not matter. The operator's own path to it may lead through links.
 */
public final class Target implements Closeable {
    private static final int DIRECTORY_MODE = 0700;

    /**
     * Of a target that a restore has made, until it has its own mode as the very last: so it is
     * known after a crash at any moment. On a private directory the sticky bit means nothing.
     */
    static final int UNFINISHED_MODE = 01700;

    private static final int PERMISSIONS_BUT_SET_GROUP_ID = 05777;

    private final byte[] path;
    private final int descriptor;
    private final int syncDescriptor;
    private final boolean created;

    private Target(byte[] path, int descriptor, boolean created) {
        this.path = path;
        this.descriptor = descriptor;
        this.syncDescriptor = Posix.reopenOrErrno(descriptor, Posix.O_RDONLY | Posix.O_DIRECTORY);
        this.created = created;
    }

    /**
     * Opens the target, and makes it and the directories above it (mode 0700) where they are
     * missing.
     *
     * @throws SluiceException when it is no directory or cannot be made
     */
    public static Target openOrCreate(byte[] path) {
        int fd = open(path);
        if (fd == -Errno.ENOENT) {
            for (int i = 1; i < path.length - 1; i++) {
                if (path[i] == '/') {
                    Posix.mkdirOrErrno(Posix.AT_FDCWD, Arrays.copyOf(path, i), DIRECTORY_MODE);
                }
            }
            // mkdir(2) gives a name that ends with a slash its mode all the same.
            boolean slash = path.length > 1 && path[path.length - 1] == '/';
            byte[] last = slash ? Arrays.copyOf(path, path.length - 1) : path;
            int made = Posix.mkdirOrErrno(Posix.AT_FDCWD, last, UNFINISHED_MODE);
            fd = made == 0 || made == -Errno.EEXIST ? open(path) : made;
        }
        return opened(path, fd, fd >= 0 && isUnfinished(fd));
    }

    /** Whether this or an earlier restore has made the directory, and not come to its end. */
    private static boolean isUnfinished(int fd) {
        Statx stat = new Statx();
        int user = Posix.effectiveUser();
        return Posix.statOrErrno(fd, stat) == 0
                && (stat.mode() & PERMISSIONS_BUT_SET_GROUP_ID) == UNFINISHED_MODE
                && (user == 0 || user == stat.uid());
    }

    /**
     * Opens an existing directory, for reading only.
     *
     * @throws SluiceException when there is none
     */
    public static Target openExisting(byte[] path) {
        return opened(path, open(path), false, "name a directory that exists");
    }

    private static Target opened(byte[] path, int fd, boolean created) {
        return opened(path, fd, created, "name a directory that exists or can be made");
    }

    private static Target opened(byte[] path, int fd, boolean created, String mend) {
        if (fd < 0) {
            throw new SluiceException(
                    "cannot open the directory "
                            + Text.quote(path)
                            + ": "
                            + Errno.describe(-fd)
                            + "; "
                            + mend);
        }
        return new Target(path.clone(), fd, created);
    }

    private static int open(byte[] path) {
        return Posix.openOrErrno(Posix.AT_FDCWD, path, Posix.O_PATH | Posix.O_DIRECTORY, 0);
    }

    /** An {@code O_PATH} descriptor, valid until {@link #close}. */
    int descriptor() {
        return descriptor;
    }

    /** Whether {@link #openOrCreate} made it, or the same restore before a crash. */
    public boolean created() {
        return created;
    }

    /** The operator's path, for messages. */
    public byte[] path() {
        return path.clone();
    }

    /**
     * Writes the target's filesystem out.
     *
     * @throws SluiceException when the kernel could not write what it had taken before
     */
    public void sync() {
        int result = syncDescriptor < 0 ? 0 : Posix.syncFilesystemOrErrno(syncDescriptor);
        if (result < 0) {
            throw new SluiceException(
                    "the filesystem of "
                            + Text.quote(path)
                            + " did not keep all that was written: "
                            + Errno.describe(-result)
                            + "; look at it, and run the restore again with --replace always");
        }
    }

    /** Makes the names in it, and its attributes, durable; false when the kernel did not. */
    boolean syncDirectory() {
        return syncDescriptor >= 0 && Posix.fsyncOrErrno(syncDescriptor) == 0;
    }

    @Override
    public void close() {
        Posix.close(descriptor);
        if (syncDescriptor >= 0) {
            Posix.close(syncDescriptor);
        }
    }
}
