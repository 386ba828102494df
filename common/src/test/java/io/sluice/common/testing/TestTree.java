package io.sluice.common.testing;

import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.posix.DirectoryReader;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.NativeBuffer;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.PosixException;
import io.sluice.common.posix.Statx;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A directory tree for a test, made and removed by descriptor, so names may hold any bytes and
 * paths be of any length. Paths are relative to its root; where a {@code String} is taken, its
 * UTF-8 bytes. Not thread-safe.
 */
public final class TestTree implements Closeable {
    private static final byte[] ITSELF = {};

    /** Makes free names while directories are removed. */
    private static final AtomicLong COUNTER = new AtomicLong(System.nanoTime());

    private final byte[] path;
    private final int root;

    private TestTree(byte[] path, int root) {
        this.path = path;
        this.root = root;
    }

    /** Makes (if need be) and opens the directory {@code path}. */
    public static TestTree in(Path path) throws PosixException {
        return in(bytes(path.toString()));
    }

    /** Makes (if need be) and opens the directory {@code path}. */
    public static TestTree in(byte[] path) throws PosixException {
        Posix.mkdirOrErrno(Posix.AT_FDCWD, path, 0755);
        int flags = Posix.O_RDONLY | Posix.O_DIRECTORY;
        return new TestTree(path.clone(), Posix.open(Posix.AT_FDCWD, path, flags, 0));
    }

    /** The UTF-8 bytes of a path. */
    public static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** The root's own path. */
    public byte[] path() {
        return path.clone();
    }

    /** The root, open for reading; valid until {@link #close}. */
    public int descriptor() {
        return root;
    }

    public TestTree directory(String name) throws PosixException {
        return directory(bytes(name));
    }

    /** Makes a directory (mode 0755), and those above it. */
    public TestTree directory(byte[] name) throws PosixException {
        Posix.close(openOrMake(name));
        return this;
    }

    public TestTree file(String name, String content) throws PosixException {
        return file(bytes(name), bytes(content));
    }

    /** Makes a file (mode 0644), or overwrites it; directories above it are made. */
    public TestTree file(byte[] name, byte[] content) throws PosixException {
        at(
                name,
                (parent, last) -> {
                    int flags = Posix.O_WRONLY | Posix.O_CREAT | Posix.O_NOFOLLOW;
                    int fd = Posix.open(parent, last, flags, 0644);
                    checked("truncate", last, Posix.ftruncateOrErrno(fd, 0));
                    write(fd, last, 0, content);
                    Posix.close(fd);
                });
        return this;
    }

    /** Writes at {@code offset}, and gives the file {@code size} bytes: the rest are holes. */
    public TestTree sparse(byte[] name, long size, long offset, byte[] content)
            throws PosixException {
        file(name, ITSELF);
        open(
                name,
                Posix.O_WRONLY,
                fd -> {
                    checked("truncate", name, Posix.ftruncateOrErrno(fd, size));
                    write(fd, name, offset, content);
                });
        return this;
    }

    /** Overwrites part of a file, or makes it longer. */
    public TestTree write(byte[] name, long offset, byte[] content) throws PosixException {
        open(name, Posix.O_WRONLY, fd -> write(fd, name, offset, content));
        return this;
    }

    private static void write(int fd, byte[] name, long offset, byte[] content)
            throws PosixException {
        NativeBuffer buffer = new NativeBuffer(Math.max(1, content.length));
        buffer.bytes().put(0, content);
        checked("write", name, Posix.pwriteOrErrno(fd, buffer, 0, content.length, offset));
    }

    /** The whole content of a file. */
    public byte[] content(byte[] name) throws PosixException {
        byte[][] content = new byte[1][];
        open(
                name,
                Posix.O_RDONLY,
                fd -> {
                    Statx stat = new Statx();
                    Posix.stat(fd, stat);
                    int size = Math.toIntExact(stat.size());
                    NativeBuffer buffer = new NativeBuffer(size + 1);
                    int n = checked("read", name, Posix.preadOrErrno(fd, buffer, 0, size + 1, 0));
                    content[0] = new byte[n];
                    buffer.bytes().get(0, content[0]);
                });
        return content[0];
    }

    /** The content of a file of UTF-8 text. */
    public String text(String name) throws PosixException {
        return new String(content(bytes(name)), StandardCharsets.UTF_8);
    }

    public TestTree symlink(String name, String target) throws PosixException {
        return symlink(bytes(name), bytes(target));
    }

    public TestTree symlink(byte[] name, byte[] target) throws PosixException {
        at(
                name,
                (parent, last) ->
                        checked("symlink", last, Posix.symlinkOrErrno(target, parent, last)));
        return this;
    }

    /** Gives {@code existing} the further name {@code name}. */
    public TestTree link(String name, String existing) throws PosixException {
        return link(bytes(name), bytes(existing));
    }

    public TestTree link(byte[] name, byte[] existing) throws PosixException {
        at(
                existing,
                (from, old) ->
                        at(
                                name,
                                (parent, last) ->
                                        checked(
                                                "link",
                                                last,
                                                Posix.linkOrErrno(from, old, parent, last, 0))));
        return this;
    }

    /** Makes a fifo, socket or device. */
    public TestTree special(byte[] name, FileType type, int major, int minor)
            throws PosixException {
        int mode = type.modeBits() | 0644;
        at(
                name,
                (parent, last) ->
                        checked(
                                "mknod",
                                last,
                                Posix.mknodOrErrno(parent, last, mode, major, minor)));
        return this;
    }

    /** Sets the twelve permission bits. */
    public TestTree mode(String name, int mode) throws PosixException {
        return mode(bytes(name), mode);
    }

    public TestTree mode(byte[] name, int mode) throws PosixException {
        open(
                name,
                Posix.O_PATH | Posix.O_NOFOLLOW,
                fd -> checked("chmod", name, Posix.chmodByPathOrErrno(fd, mode)));
        return this;
    }

    public TestTree owner(byte[] name, int uid, int gid) throws PosixException {
        open(
                name,
                Posix.O_PATH | Posix.O_NOFOLLOW,
                fd -> checked("chown", name, Posix.chownOrErrno(fd, ITSELF, uid, gid)));
        return this;
    }

    public TestTree times(String name, long atime, long mtime, int mtimeNanos)
            throws PosixException {
        return times(bytes(name), atime, 0, mtime, mtimeNanos);
    }

    /** Sets access and modification time, of a link itself too. */
    public TestTree times(byte[] name, long atime, int atimeNanos, long mtime, int mtimeNanos)
            throws PosixException {
        open(
                name,
                Posix.O_PATH | Posix.O_NOFOLLOW,
                fd ->
                        checked(
                                "utimens",
                                name,
                                Posix.utimensByPathOrErrno(
                                        fd, atime, atimeNanos, mtime, mtimeNanos)));
        return this;
    }

    /**
     * Sets an extended attribute, of a link itself too.
     *
     * @return false where the filesystem has none of that kind
     */
    public boolean xattr(byte[] name, String attribute, byte[] value) throws PosixException {
        int result = xattrOrErrno(name, bytes(attribute), value);
        if (result == -Errno.EOPNOTSUPP || result == -Errno.EPERM) {
            return false;
        }
        checked("setxattr", name, result);
        return true;
    }

    /** As {@link #xattr}; 0 or {@code -errno}. */
    public int xattrOrErrno(byte[] name, byte[] attribute, byte[] value) throws PosixException {
        int[] result = new int[1];
        at(
                name,
                (parent, last) ->
                        result[0] = Posix.setXattrOrErrno(parent, last, attribute, value));
        return result[0];
    }

    /** The attributes of {@code name}, or null when there is no such name. */
    public Statx stat(String name) throws PosixException {
        return stat(bytes(name));
    }

    public Statx stat(byte[] name) throws PosixException {
        Statx stat = new Statx();
        int directory = Posix.openDirectoryOrErrno(root, parent(name), 0);
        if (directory < 0) {
            return null;
        }
        int result =
                name.length == 0
                        ? Posix.statOrErrno(directory, stat)
                        : Posix.statOrErrno(directory, DirectoryPath.name(name), stat);
        Posix.close(directory);
        return result == 0 ? stat : null;
    }

    public byte[] target(String name) throws PosixException {
        return target(bytes(name));
    }

    public byte[] target(byte[] name) throws PosixException {
        byte[][] target = new byte[1][];
        at(name, (parent, last) -> target[0] = Posix.readlink(parent, last));
        return target[0];
    }

    /** Names in a directory, in the order of their bytes. */
    public List<byte[]> names(byte[] directory) throws PosixException {
        List<byte[]> names = new ArrayList<>();
        open(
                directory,
                Posix.O_RDONLY | Posix.O_DIRECTORY,
                fd -> {
                    DirectoryReader reader = new DirectoryReader();
                    reader.start(fd);
                    while (reader.next()) {
                        names.add(reader.name());
                    }
                    checked("list", directory, -reader.errno());
                });
        names.sort(Arrays::compareUnsigned);
        return names;
    }

    /** Renames within the tree, replacing. */
    public TestTree rename(String from, String to) throws PosixException {
        at(
                bytes(from),
                (oldParent, oldName) ->
                        at(
                                bytes(to),
                                (parent, last) ->
                                        checked(
                                                "rename",
                                                oldName,
                                                Posix.renameOrErrno(
                                                        oldParent, oldName, parent, last, 0))));
        return this;
    }

    /** Removes a name and all below it; nothing when there is none. */
    public TestTree remove(byte[] name) throws PosixException {
        if (stat(name) != null) {
            at(name, TestTree::removeTree);
        }
        return this;
    }

    /** Removes everything below the root. */
    public TestTree clear() throws PosixException {
        for (byte[] name : names(DirectoryPath.ROOT)) {
            removeTree(root, name);
        }
        return this;
    }

    private static void removeTree(int parent, byte[] name) throws PosixException {
        if (Posix.unlinkOrErrno(parent, name, 0) == 0) {
            return;
        }
        // Depth without recursion: what lies deeper than one level is moved up beside the top.
        while (Posix.unlinkOrErrno(parent, name, Posix.AT_REMOVEDIR) < 0) {
            int flags = Posix.O_RDONLY | Posix.O_DIRECTORY | Posix.O_NOFOLLOW;
            int fd = Posix.openOrErrno(parent, name, flags, 0);
            if (fd == -Errno.EACCES) {
                int look = Posix.open(parent, name, Posix.O_PATH | Posix.O_NOFOLLOW, 0);
                Posix.chmodByPathOrErrno(look, 0700);
                Posix.close(look);
                fd = Posix.openOrErrno(parent, name, flags, 0);
            }
            checked("open", name, fd);
            Posix.fchmodOrErrno(fd, 0700);
            empty(fd);
            Posix.close(fd);
        }
    }

    /** Removes the entries of a directory; what its subdirectories hold comes up into it. */
    private static void empty(int directory) throws PosixException {
        DirectoryReader reader = new DirectoryReader();
        reader.start(directory);
        List<byte[]> names = new ArrayList<>();
        while (reader.next()) {
            names.add(reader.name());
        }
        for (byte[] name : names) {
            if (Posix.unlinkOrErrno(directory, name, 0) == 0
                    || Posix.unlinkOrErrno(directory, name, Posix.AT_REMOVEDIR) == 0) {
                continue;
            }
            int look = Posix.open(directory, name, Posix.O_PATH | Posix.O_NOFOLLOW, 0);
            Posix.chmodByPathOrErrno(look, 0700);
            Posix.close(look);
            int flags = Posix.O_RDONLY | Posix.O_DIRECTORY | Posix.O_NOFOLLOW;
            int child = Posix.open(directory, name, flags, 0);
            DirectoryReader below = new DirectoryReader();
            below.start(child);
            List<byte[]> inner = new ArrayList<>();
            while (below.next()) {
                inner.add(below.name());
            }
            for (byte[] each : inner) {
                if (Posix.unlinkOrErrno(child, each, 0) < 0) {
                    byte[] free = bytes("up-" + Long.toHexString(COUNTER.incrementAndGet()));
                    checked("move", each, Posix.renameOrErrno(child, each, directory, free, 0));
                }
            }
            Posix.close(child);
            checked("rmdir", name, Posix.unlinkOrErrno(directory, name, Posix.AT_REMOVEDIR));
        }
    }

    /** Removes the root and all below it. Does not fail on what is gone already. */
    @Override
    public void close() throws IOException {
        clear();
        Posix.close(root);
        Posix.unlinkOrErrno(Posix.AT_FDCWD, path, Posix.AT_REMOVEDIR);
    }

    /** A call on a name in an open directory. */
    @FunctionalInterface
    interface OnName {
        void run(int parent, byte[] name) throws PosixException;
    }

    /** A call on a descriptor. */
    @FunctionalInterface
    interface OnDescriptor {
        void run(int fd) throws PosixException;
    }

    private void at(byte[] name, OnName call) throws PosixException {
        int parent = openOrMake(parent(name));
        try {
            call.run(parent, DirectoryPath.name(name));
        } finally {
            Posix.close(parent);
        }
    }

    private void open(byte[] name, int flags, OnDescriptor call) throws PosixException {
        int fd;
        if (name.length == 0) {
            fd = Posix.open(root, new byte[] {'.'}, flags, 0);
        } else {
            int parent = checked("open", name, Posix.openDirectoryOrErrno(root, parent(name), 0));
            try {
                fd = Posix.open(parent, DirectoryPath.name(name), flags, 0);
            } finally {
                Posix.close(parent);
            }
        }
        try {
            call.run(fd);
        } finally {
            Posix.close(fd);
        }
    }

    private static byte[] parent(byte[] name) {
        return name.length == 0 ? DirectoryPath.ROOT : DirectoryPath.parent(name);
    }

    private int openOrMake(byte[] directory) throws PosixException {
        int fd = Posix.openDirectoryOrErrno(root, directory, 0);
        if (fd != -Errno.ENOENT) {
            return checked("open", directory, fd);
        }
        fd = Posix.open(root, new byte[] {'.'}, Posix.O_PATH, 0);
        int start = 0;
        for (int i = 0; i <= directory.length; i++) {
            if (i == directory.length || directory[i] == '/') {
                byte[] name = Arrays.copyOfRange(directory, start, i);
                Posix.mkdirOrErrno(fd, name, 0755);
                int next = Posix.open(fd, name, Posix.O_PATH | Posix.O_DIRECTORY, 0);
                Posix.close(fd);
                fd = next;
                start = i + 1;
            }
        }
        return fd;
    }

    private static int checked(String call, byte[] name, int result) throws PosixException {
        if (result < 0) {
            throw new PosixException(call, name, -result);
        }
        return result;
    }
}
