package io.sluice.common.posix;

import io.sluice.common.entry.DirectoryPath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A directory tree for a test, made and removed through raw bytes, so that it may hold any name and
 * be deeper than PATH_MAX. Paths are relative to its root.
 */
public final class RawTree implements AutoCloseable {
    private final byte[] root;
    private final int fd;

    public RawTree() throws IOException {
        root = bytes(Files.createTempDirectory("sluice-test-").toString());
        fd = Posix.open(Posix.AT_FDCWD, root, Posix.O_RDONLY | Posix.O_DIRECTORY, 0);
        check(Posix.fchmodOrErrno(fd, 0755), root);
    }

    public static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** The root's path on this host. */
    public byte[] root() {
        return root;
    }

    public RawTree directory(String path) throws IOException {
        return directory(bytes(path));
    }

    public RawTree directory(byte[] path) throws IOException {
        return at(path, (dir, name) -> Posix.mkdirOrErrno(dir, name, 0755));
    }

    /**
     * So many directories, each in the one before, made from there and not from the root.
     *
     * @return the path of the last
     */
    public String levels(String prefix, int count) throws IOException {
        StringBuilder path = new StringBuilder();
        int dir = openDirectory(new byte[0]);
        try {
            for (int i = 0; i < count; i++) {
                path.append(i == 0 ? "" : "/").append(prefix).append(i);
                byte[] name = bytes(prefix + i);
                check(Posix.mkdirOrErrno(dir, name, 0755), name);
                int next = check(Posix.openDirectoryOrErrno(dir, name, 0), name);
                Posix.close(dir);
                dir = next;
            }
        } finally {
            Posix.close(dir);
        }
        return path.toString();
    }

    public RawTree file(String path) throws IOException {
        return file(bytes(path));
    }

    public RawTree file(byte[] path) throws IOException {
        return at(path, (dir, name) -> Posix.mknodOrErrno(dir, name, 0100644, 0, 0));
    }

    public RawTree files(String directory, String prefix, int count) throws IOException {
        int dir = openDirectory(bytes(directory));
        try {
            for (int i = 0; i < count; i++) {
                byte[] name = bytes(prefix + i);
                check(Posix.mknodOrErrno(dir, name, 0100644, 0, 0), name);
            }
        } finally {
            Posix.close(dir);
        }
        return this;
    }

    public RawTree fifo(String path) throws IOException {
        return at(bytes(path), (dir, name) -> Posix.mknodOrErrno(dir, name, 0010600, 0, 0));
    }

    public RawTree symlink(String path, String target) throws IOException {
        byte[] to = bytes(target);
        return at(bytes(path), (dir, name) -> Posix.symlinkOrErrno(to, dir, name));
    }

    public RawTree remove(String path) throws IOException {
        return at(bytes(path), (dir, name) -> Posix.unlinkOrErrno(dir, name, 0));
    }

    public RawTree removeDirectory(String path) throws IOException {
        return at(bytes(path), (dir, name) -> Posix.unlinkOrErrno(dir, name, Posix.AT_REMOVEDIR));
    }

    public RawTree rename(String from, String to) throws IOException {
        byte[] target = bytes(to);
        check(Posix.renameOrErrno(fd, bytes(from), fd, target, 0), target);
        return this;
    }

    public RawTree chmod(String path, int mode) throws IOException {
        int dir = Posix.open(fd, bytes(path), Posix.O_RDONLY, 0);
        try {
            check(Posix.fchmodOrErrno(dir, mode), bytes(path));
        } finally {
            Posix.close(dir);
        }
        return this;
    }

    /** Descriptor (O_PATH) of a directory of the tree; the caller's to close. */
    public int openDirectory(byte[] path) throws IOException {
        return check(Posix.openDirectoryOrErrno(fd, path, 0), path);
    }

    private interface Call {
        int on(int dirfd, byte[] name);
    }

    private RawTree at(byte[] path, Call call) throws IOException {
        int dir = openDirectory(DirectoryPath.parent(path));
        try {
            check(call.on(dir, DirectoryPath.name(path)), path);
        } finally {
            Posix.close(dir);
        }
        return this;
    }

    private static int check(int result, byte[] path) throws IOException {
        if (result < 0) {
            throw new PosixException("test tree", path, -result);
        }
        return result;
    }

    @Override
    public void close() throws IOException {
        Deque<byte[]> found = new ArrayDeque<>();
        Deque<byte[]> open = new ArrayDeque<>();
        open.push(DirectoryPath.ROOT);
        while (!open.isEmpty()) {
            byte[] path = open.pop();
            found.push(path);
            int dir = check(Posix.openListableOrErrno(fd, path, Posix.RESOLVE_NO_XDEV), path);
            DirectoryReader reader = new DirectoryReader();
            reader.start(dir);
            while (reader.next()) {
                byte[] name = reader.name();
                if (reader.look() == 0 && reader.stat().type() == FileType.DIRECTORY) {
                    open.push(DirectoryPath.child(path, name));
                } else {
                    check(Posix.unlinkOrErrno(dir, name, 0), name);
                }
            }
            Posix.close(dir);
        }
        for (byte[] path : found) {
            if (path.length > 0) {
                at(path, (dir, name) -> Posix.unlinkOrErrno(dir, name, Posix.AT_REMOVEDIR));
            }
        }
        Posix.close(fd);
        check(Posix.unlinkOrErrno(Posix.AT_FDCWD, root, Posix.AT_REMOVEDIR), root);
    }
}
