package io.sluice.common.posix;

import com.sun.jna.Native;
import io.sluice.common.posix.libc.LibC;
import java.nio.ByteBuffer;

/**
 * Reads the extended attributes of one entry after the other: {@link #list}, then {@link #next} and
 * {@link #read} for each that is of interest. Names come as the kernel has them; ACLs and file
 * capabilities are among them.
 *
 * <p>An entry without attributes costs one call. Nothing is asked for its size first: most lists
 * and values fit into a small buffer, and what does not is read into one of {@link #MAX_BYTES},
 * beyond which the kernel gives neither list nor value ({@code E2BIG}; linux/limits.h,
 * XATTR_LIST_MAX and XATTR_SIZE_MAX). So nothing can grow between two calls. Memory: two buffers of
 * that size at most. Not thread-safe.
 */
public final class XattrReader {
    /** Longest list and longest value, in bytes. */
    public static final int MAX_BYTES = 64 * 1024;

    /** The kernel allocates as much as it is offered, for each call. */
    private static final int USUAL_BYTES = 1024;

    /** The longest name that an attribute has, and its NUL (linux/limits.h, XATTR_NAME_MAX). */
    private static final int NAME_BYTES = 256;

    private static final int BY_PATH = -1;

    private final NativeBuffer path = new NativeBuffer(Posix.PATH_MAX);
    private NativeBuffer names = new NativeBuffer(USUAL_BYTES);
    private final NativeBuffer asked = new NativeBuffer(NAME_BYTES);
    private NativeBuffer value = new NativeBuffer(USUAL_BYTES);

    private int descriptor;
    private boolean follow;
    private int listed;
    private int nameStart;
    private int nameEnd;
    private int length;

    /**
     * Lists what an open descriptor has, the cheapest way; not for {@code O_PATH}.
     *
     * @return length of the list in bytes, 0 without attributes, or {@code -errno}. The descriptor
     *     must stay open for {@link #read}
     */
    public int list(int fd) {
        descriptor = fd;
        return list();
    }

    /**
     * As {@link #list}, for a descriptor of any kind: {@code O_PATH}, and that of a link itself.
     */
    public int listByPath(int fd) {
        // The magic link leads to just that file, also when that is a link, and no further.
        return listPath(Posix.procPath(fd), true);
    }

    /**
     * Turns to a descriptor of any kind as {@link #listByPath} does, without a list: only {@link
     * #read(byte[])} may follow.
     */
    public void turnTo(int fd) {
        byte[] address = Posix.procPath(fd);
        descriptor = BY_PATH;
        follow = true;
        none(0);
        path.bytes().put(0, address).put(address.length, (byte) 0);
    }

    /** As {@link #list}, for a name in a directory, a link's own; nothing is opened. */
    public int list(int dirfd, byte[] name) {
        return listPath(Posix.below(dirfd, name), false);
    }

    private int listPath(byte[] address, boolean followed) {
        descriptor = BY_PATH;
        follow = followed;
        if (address.length >= path.capacity()) {
            return none(-Errno.ENAMETOOLONG);
        }
        path.bytes().put(0, address).put(address.length, (byte) 0);
        return list();
    }

    private int list() {
        long n = list(names);
        if (n == -Errno.ERANGE && names.capacity() < MAX_BYTES) {
            names = new NativeBuffer(MAX_BYTES);
            n = list(names);
        }
        if (n < 0) {
            return none((int) n);
        }
        listed = (int) n;
        nameEnd = -1;
        return listed;
    }

    private int none(int errno) {
        listed = 0;
        nameEnd = -1;
        return errno;
    }

    private long list(NativeBuffer into) {
        long n;
        do {
            n =
                    descriptor != BY_PATH
                            ? LibC.flistxattr(descriptor, into.address(), into.capacity())
                            : follow
                                    ? LibC.listxattr(
                                            path.address(), into.address(), into.capacity())
                                    : LibC.llistxattr(
                                            path.address(), into.address(), into.capacity());
            n = n < 0 ? -Native.getLastError() : n;
        } while (n == -Errno.EINTR);
        return n;
    }

    /** Goes on to the next attribute of the list; false at its end. */
    public boolean next() {
        nameStart = nameEnd + 1;
        nameEnd = nameStart;
        ByteBuffer list = names.bytes();
        while (nameEnd < listed && list.get(nameEnd) != 0) {
            nameEnd++;
        }
        return nameEnd < listed;
    }

    /** Name of the current attribute, without NUL. */
    public byte[] name() {
        byte[] name = new byte[nameEnd - nameStart];
        names.bytes().get(nameStart, name);
        return name;
    }

    /**
     * Reads the current attribute's value.
     *
     * @return its length in bytes, perhaps 0, or {@code -errno}; {@code -ENODATA} when it has gone
     *     since it was listed
     */
    public int read() {
        return read(names.address() + nameStart);
    }

    /**
     * As {@link #read()}, of any name of the entry that was listed last; no entry has one beyond
     * 255 bytes.
     */
    public int read(byte[] name) {
        if (name.length >= asked.capacity()) {
            length = 0;
            return -Errno.ENODATA;
        }
        asked.bytes().put(0, name).put(name.length, (byte) 0);
        return read(asked.address());
    }

    private int read(long name) {
        long n = get(name, value);
        if (n == -Errno.ERANGE && value.capacity() < MAX_BYTES) {
            value = new NativeBuffer(MAX_BYTES);
            n = get(name, value);
        }
        length = (int) Math.max(0, n);
        return (int) n;
    }

    private long get(long name, NativeBuffer into) {
        long n;
        do {
            n =
                    descriptor != BY_PATH
                            ? LibC.fgetxattr(descriptor, name, into.address(), into.capacity())
                            : follow
                                    ? LibC.getxattr(
                                            path.address(), name, into.address(), into.capacity())
                                    : LibC.lgetxattr(
                                            path.address(), name, into.address(), into.capacity());
            n = n < 0 ? -Native.getLastError() : n;
        } while (n == -Errno.EINTR);
        return n;
    }

    /** The value that was read last. */
    public byte[] value() {
        byte[] copy = new byte[length];
        value.bytes().get(0, copy);
        return copy;
    }
}
