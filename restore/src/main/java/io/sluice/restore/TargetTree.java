package io.sluice.restore;

import io.sluice.common.SluiceException;
import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.Statx;
import io.sluice.common.text.Text;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The directories below a {@link Target}, as descriptors. Every path is resolved by {@code
 * openat2(2)} from the target's descriptor, or from a directory that was reached so, with
 * RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS and RESOLVE_NO_MAGICLINKS: no link planted in the target is
 * followed, whenever it is planted, and no path leads out. Paths beyond PATH_MAX are walked in
 * pieces.
 *
 * <p>A directory that is open stays the one that it was even if it is moved or replaced by a link
 * meanwhile. What somebody moves out of the target while it is open takes its last entries along;
 * that needs the right to write to both places, and leads to no place where that somebody could not
 * have written the same.
 *
 * <p>Not thread-safe: one tree for each thread. Trees of one target may make the same directory at
 * once: one of them makes it, and only that one says so.
 */
public final class TargetTree implements Closeable {
    /** Directories that one tree holds open at most. */
    private static final int MAX_OPEN_DIRECTORIES = 256;

    /** And at least: a depth-first order comes back to the last few dozen. */
    private static final int MIN_OPEN_DIRECTORIES = 32;

    /** For the trees of all threads together: half of what many hosts let a process open. */
    private static final int ALL_OPEN_DIRECTORIES = 2048;

    /** Another process may remove and plant; each look answers one such change. */
    private static final int ATTEMPTS = 8;

    private static final int DIRECTORY_MODE = 0700;
    private static final int FLAGS = Posix.O_PATH | Posix.O_DIRECTORY | Posix.O_NOFOLLOW;
    private static final int RULES =
            Posix.RESOLVE_BENEATH | Posix.RESOLVE_NO_SYMLINKS | Posix.RESOLVE_NO_MAGICLINKS;

    /** What becomes of what is no directory and has the name of one that is missing. */
    enum Others {
        KEPT,
        REPLACED,
        /** Where an operator's own links lead to what is restored, none of them is removed. */
        REPLACED_BUT_LINKS
    }

    /** Hears of each directory that a tree makes. */
    interface Making {
        /** Of a tree that only looks. */
        Making NONE = new Making() {};

        /** It is about to be made. */
        default void making(byte[] path) throws IOException {}

        /** This tree has made it. */
        default void made(byte[] path) throws IOException {}

        /** This tree has not made it, after all. */
        default void notMade(byte[] path) throws IOException {}
    }

    private final Target target;
    private final Others others;
    private final Making making;
    private final int openDirectories;
    private final Statx look = new Statx();
    private final LinkedHashMap<ByteBuffer, Integer> open = new LinkedHashMap<>(64, 0.75f, true);

    /** The only tree at its time; else as the other constructor. */
    TargetTree(Target target, boolean replaceOthers, Making making) {
        this(target, replaceOthers, making, 1);
    }

    /**
     * @param replaceOthers whether a missing directory takes the place of a file or link that has
     *     its name
     * @param trees number of trees at a time, which share the open directories
     */
    TargetTree(Target target, boolean replaceOthers, Making making, int trees) {
        this(target, replaceOthers ? Others.REPLACED : Others.KEPT, making, trees);
    }

    /** As the other one. */
    TargetTree(Target target, Others others, Making making, int trees) {
        this.openDirectories =
                Math.max(
                        MIN_OPEN_DIRECTORIES,
                        Math.min(ALL_OPEN_DIRECTORIES / trees, MAX_OPEN_DIRECTORIES));
        this.target = target;
        this.others = others;
        this.making = making;
    }

    /**
     * Checks that {@code path} names something at or below the target by its bytes alone.
     *
     * @throws SluiceException for an absolute path, an empty component, {@code .}, {@code ..} or a
     *     NUL
     */
    static void requireSafe(byte[] path) {
        int start = 0;
        for (int i = 0; i <= path.length && path.length > 0; i++) {
            if (i < path.length && path[i] == 0) {
                throw unsafe(path);
            }
            if (i == path.length || path[i] == '/') {
                int length = i - start;
                boolean dots =
                        length <= 2
                                && (length < 1 || path[start] == '.')
                                && (length < 2 || path[start + 1] == '.');
                if (dots) {
                    throw unsafe(path);
                }
                start = i + 1;
            }
        }
    }

    private static SluiceException unsafe(byte[] path) {
        return new SluiceException(
                "the path "
                        + Text.quote(path)
                        + " is refused: a path is relative, without '.', '..' and empty parts");
    }

    /**
     * The directory that holds {@code path}; missing ones are made with mode 0700.
     *
     * @return a descriptor (O_PATH) of this tree, valid until as many others have been asked for as
     *     it holds open, 32 at least
     */
    int parentOf(byte[] path) throws IOException {
        requireSafe(path);
        if (path.length == 0) {
            throw new EntryFailure("create", Errno.EEXIST, "the root is the target itself");
        }
        return directory(DirectoryPath.parent(path));
    }

    /** The directory {@code path} itself, made when missing; a descriptor as above. */
    int directory(byte[] path) throws IOException {
        requireSafe(path);
        int fd = cached(path);
        if (fd < 0) {
            int parent = cached(DirectoryPath.parent(path));
            if (parent < 0) {
                fd = Posix.openDirectoryOrErrno(target.descriptor(), path, 0);
                if (fd == -Errno.ENOENT || isOther(fd)) {
                    return walk(path);
                }
                keep(path, EntryFailure.checked("open directory", fd));
            } else {
                fd = step(parent, path, DirectoryPath.name(path));
            }
        }
        return fd;
    }

    /** The directory {@code path} if it is there, else {@code -errno}; a descriptor as above. */
    int existingOrErrno(byte[] path) {
        requireSafe(path);
        int fd = cached(path);
        if (fd < 0) {
            int parent = cached(DirectoryPath.parent(path));
            fd =
                    parent < 0
                            ? Posix.openDirectoryOrErrno(target.descriptor(), path, 0)
                            : Posix.openBeneathOrErrno(
                                    parent, DirectoryPath.name(path), FLAGS, 0, RULES);
            if (fd >= 0) {
                keep(path, fd);
            }
        }
        return fd;
    }

    /** From the target downwards, one component at a time. */
    private int walk(byte[] path) throws IOException {
        int fd = target.descriptor();
        int start = 0;
        for (int i = 0; i <= path.length; i++) {
            if (i == path.length || path[i] == '/') {
                byte[] directory = Arrays.copyOf(path, i);
                int next = cached(directory);
                fd = next < 0 ? step(fd, directory, Arrays.copyOfRange(path, start, i)) : next;
                start = i + 1;
            }
        }
        return fd;
    }

    private int step(int parent, byte[] path, byte[] name) throws IOException {
        int fd = 0;
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            fd = Posix.openBeneathOrErrno(parent, name, FLAGS, 0, RULES);
            if (fd >= 0) {
                keep(path, fd);
                return fd;
            }
            if (fd == -Errno.ENOENT) {
                making.making(path);
                int result = Posix.mkdirOrErrno(parent, name, DIRECTORY_MODE);
                if (result == 0) {
                    making.made(path);
                } else {
                    making.notMade(path);
                }
                if (result < 0 && result != -Errno.EEXIST) {
                    throw new EntryFailure("make directory", -result, "");
                }
            } else if (isOther(fd) && mayReplace(parent, name)) {
                // A directory that another tree has made meanwhile is not removed by this call.
                Posix.unlinkOrErrno(parent, name, 0);
            } else {
                break;
            }
        }
        int errno = isOther(fd) && isLink(parent, name) ? Errno.ELOOP : -fd;
        throw new EntryFailure("open directory", errno, isOther(fd) ? Text.quote(path) : "");
    }

    private boolean mayReplace(int parent, byte[] name) {
        if (others == Others.REPLACED_BUT_LINKS) {
            return !isLink(parent, name);
        }
        return others == Others.REPLACED;
    }

    private boolean isLink(int parent, byte[] name) {
        return Posix.statOrErrno(parent, name, look) == 0 && look.type() == FileType.SYMLINK;
    }

    private static boolean isOther(int result) {
        return result == -Errno.ENOTDIR || result == -Errno.ELOOP;
    }

    private int cached(byte[] path) {
        if (path.length == 0) {
            return target.descriptor();
        }
        Integer fd = open.get(ByteBuffer.wrap(path));
        return fd == null ? -1 : fd;
    }

    private void keep(byte[] path, int fd) {
        if (open.size() >= openDirectories) {
            Map.Entry<ByteBuffer, Integer> eldest = open.entrySet().iterator().next();
            open.remove(eldest.getKey());
            Posix.close(eldest.getValue());
        }
        open.put(ByteBuffer.wrap(path), fd);
    }

    /** Lets go of a directory that has been removed. */
    void forget(byte[] path) {
        Integer fd = open.remove(ByteBuffer.wrap(path));
        if (fd != null) {
            Posix.close(fd);
        }
    }

    @Override
    public void close() {
        open.values().forEach(Posix::close);
        open.clear();
    }
}
