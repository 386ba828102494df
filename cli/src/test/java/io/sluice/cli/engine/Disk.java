package io.sluice.cli.engine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.sluice.common.posix.Errno;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.NativeBuffer;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.PosixException;
import io.sluice.common.posix.Statx;
import io.sluice.common.testing.TestTree;
import java.io.IOException;
import java.util.Arrays;

/**
 * A directory on disk and what is done in it, one system call each, with no thought of the model.
 * Paths are relative to it, as Latin-1, so that every byte is one character. Not thread-safe.
 */
final class Disk {
    private static final int RENAME_EXCHANGE = 2;
    private static final String BETWEEN = "../exchanged";
    private static final int BUFFER_BYTES = 4 << 20;

    private final byte[] root;
    private final Statx stat = new Statx();
    private final NativeBuffer buffer = new NativeBuffer(BUFFER_BYTES);

    Disk(byte[] root) {
        this.root = root.clone();
    }

    static byte[] bytes(String latin1) {
        return latin1.getBytes(ISO_8859_1);
    }

    byte[] absolute(String path) {
        byte[] relative = bytes(path);
        byte[] absolute = Arrays.copyOf(root, root.length + 1 + relative.length);
        absolute[root.length] = '/';
        System.arraycopy(relative, 0, absolute, root.length + 1, relative.length);
        return absolute;
    }

    void makeDirectory(String path) throws PosixException {
        check("mkdir", path, Posix.mkdirOrErrno(Posix.AT_FDCWD, absolute(path), 0700));
    }

    void makeFile(String path) throws PosixException {
        Posix.close(open(path, Posix.O_WRONLY | Posix.O_CREAT | Posix.O_EXCL));
    }

    void makeSpecial(String path, FileType type) throws PosixException {
        int mode = type.modeBits() | 0600;
        check("mknod", path, Posix.mknodOrErrno(Posix.AT_FDCWD, absolute(path), mode, 0, 0));
    }

    void makeSymlink(String path, String target) throws PosixException {
        byte[] to = bytes(target);
        check("symlink", path, Posix.symlinkOrErrno(to, Posix.AT_FDCWD, absolute(path)));
    }

    /** Writes over what is there; what lies between the end and the offset becomes a hole. */
    void write(String path, long offset, byte[] content) throws PosixException {
        int fd = open(path, Posix.O_WRONLY);
        try {
            buffer.bytes().put(0, content);
            check("write", path, Posix.pwriteOrErrno(fd, buffer, 0, content.length, offset));
        } finally {
            Posix.close(fd);
        }
    }

    void truncate(String path, long size) throws PosixException {
        int fd = open(path, Posix.O_WRONLY);
        try {
            check("truncate", path, Posix.ftruncateOrErrno(fd, size));
        } finally {
            Posix.close(fd);
        }
    }

    void link(String existing, String path) throws PosixException {
        check(
                "link",
                path,
                Posix.linkOrErrno(
                        Posix.AT_FDCWD, absolute(existing), Posix.AT_FDCWD, absolute(path), 0));
    }

    /** Replaces what has that name. */
    void rename(String from, String to) throws PosixException {
        rename(from, to, 0);
    }

    /** By three renames on a filesystem that knows no exchange, as Lustre. */
    void exchange(String one, String two) throws PosixException {
        try {
            rename(one, two, RENAME_EXCHANGE);
        } catch (PosixException e) {
            if (e.errno() != Errno.EINVAL) {
                throw e;
            }
            rename(one, BETWEEN);
            rename(two, one);
            rename(BETWEEN, two);
        }
    }

    private void rename(String from, String to, int flags) throws PosixException {
        byte[] old = absolute(from);
        check(
                "rename",
                from + " to " + to,
                Posix.renameOrErrno(Posix.AT_FDCWD, old, Posix.AT_FDCWD, absolute(to), flags));
    }

    void unlink(String path) throws PosixException {
        check("unlink", path, Posix.unlinkOrErrno(Posix.AT_FDCWD, absolute(path), 0));
    }

    /** Removes a directory and all below it. */
    void removeTree(String path) throws IOException {
        TestTree.in(absolute(path)).close();
    }

    void mode(String path, int permissions) throws PosixException {
        int fd = open(path, Posix.O_PATH | Posix.O_NOFOLLOW);
        try {
            check("chmod", path, Posix.chmodByPathOrErrno(fd, permissions));
        } finally {
            Posix.close(fd);
        }
    }

    void owner(String path, int uid, int gid) throws PosixException {
        int result = Posix.chownOrErrno(Posix.AT_FDCWD, absolute(path), uid, gid);
        check("chown", path, result);
    }

    void times(String path, long seconds, int nanos) throws PosixException {
        check(
                "utimensat",
                path,
                Posix.utimensOrErrno(
                        Posix.AT_FDCWD, absolute(path), seconds, nanos, seconds, nanos));
    }

    void setXattr(String path, String name, byte[] value) throws PosixException {
        int fd = open(path, Posix.O_PATH | Posix.O_NOFOLLOW);
        try {
            buffer.bytes().put(0, value);
            int result = Posix.setXattrByPathOrErrno(fd, bytes(name), buffer, value.length);
            check("setxattr", path, result);
        } finally {
            Posix.close(fd);
        }
    }

    void removeXattr(String path, String name) throws PosixException {
        int fd = open(path, Posix.O_PATH | Posix.O_NOFOLLOW);
        try {
            check("removexattr", path, Posix.removeXattrByPathOrErrno(fd, bytes(name)));
        } finally {
            Posix.close(fd);
        }
    }

    /** The attributes, valid until the next call. */
    Statx stat(String path) throws PosixException {
        check("statx", path, Posix.statOrErrno(Posix.AT_FDCWD, absolute(path), stat));
        return stat;
    }

    private int open(String path, int flags) throws PosixException {
        return check(
                "open",
                path,
                Posix.openOrErrno(Posix.AT_FDCWD, absolute(path), flags | Posix.O_NOFOLLOW, 0600));
    }

    private static int check(String call, String path, int result) throws PosixException {
        if (result < 0) {
            throw new PosixException(call, bytes(path), -result);
        }
        return result;
    }
}
