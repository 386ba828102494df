package io.sluice.common.posix;

import com.sun.jna.Native;
import io.sluice.common.posix.libc.LibC;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * File system calls on raw bytes. A name is a {@code byte[]} without NUL, relative to an open
 * directory; nothing here passes through a {@code String}, {@code java.io.File} or {@code Path},
 * which would lose names that are not valid in the JVM's charset.
 *
 * <p>Methods that return an {@code int} or {@code long} named "…OrErrno" answer {@code -errno} on
 * failure, for callers to whom failure is ordinary; the others throw {@link PosixException}. EINTR
 * is retried. All methods may be called from any thread.
 *
 * <p>Flag values are those of Linux on x86-64 and aarch64 where the two agree; the three that
 * differ are chosen by {@code os.arch} (asm-generic/fcntl.h, arch/arm64/include/uapi/asm/fcntl.h).
 */
public final class Posix {
    private static final boolean ARM = "aarch64".equals(System.getProperty("os.arch"));

    public static final int AT_FDCWD = -100;
    public static final int AT_SYMLINK_NOFOLLOW = 0x100;
    public static final int AT_REMOVEDIR = 0x200;
    public static final int AT_SYMLINK_FOLLOW = 0x400;
    public static final int AT_NO_AUTOMOUNT = 0x800;
    public static final int AT_EMPTY_PATH = 0x1000;

    public static final int O_RDONLY = 0;
    public static final int O_WRONLY = 1;
    public static final int O_RDWR = 2;
    public static final int O_CREAT = 0x40;
    public static final int O_EXCL = 0x80;
    public static final int O_NOCTTY = 0x100;
    public static final int O_NONBLOCK = 0x800;
    public static final int O_DIRECTORY = ARM ? 0x4000 : 0x10000;
    public static final int O_NOFOLLOW = ARM ? 0x8000 : 0x20000;
    public static final int O_NOATIME = 0x40000;
    public static final int O_CLOEXEC = 0x80000;
    public static final int O_PATH = 0x200000;

    public static final int RESOLVE_NO_XDEV = 0x01;
    public static final int RESOLVE_NO_MAGICLINKS = 0x02;
    public static final int RESOLVE_NO_SYMLINKS = 0x04;
    public static final int RESOLVE_BENEATH = 0x08;

    public static final int RENAME_NOREPLACE = 1;

    public static final int SEEK_DATA = 3;
    public static final int SEEK_HOLE = 4;

    public static final int FADV_SEQUENTIAL = 2;
    public static final int FADV_DONTNEED = 4;

    /**
     * Longest path, with its NUL, that one system call takes (linux/limits.h). Longer ones are
     * walked piece by piece.
     */
    public static final int PATH_MAX = 4096;

    private static final long OPENAT2 = 437;
    private static final int OPEN_HOW_BYTES = 24;
    private static final int TIMESPEC_BYTES = 16;

    private Posix() {}

    /** Per thread: two C strings, an {@code open_how}, two {@code timespec}s. */
    private static final class Scratch {
        final NativeBuffer first = new NativeBuffer(PATH_MAX);
        final NativeBuffer second = new NativeBuffer(PATH_MAX);
        final NativeBuffer struct = new NativeBuffer(Math.max(OPEN_HOW_BYTES, 2 * TIMESPEC_BYTES));

        static long terminated(NativeBuffer into, byte[] name) {
            if (name.length >= PATH_MAX) {
                return 0;
            }
            ByteBuffer bytes = into.bytes();
            bytes.clear();
            bytes.put(name).put((byte) 0);
            return into.address();
        }
    }

    private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

    /**
     * Address of {@code name} as a C string, or 0 when it is too long for a system call. Valid
     * until this thread's next call.
     */
    private static long first(byte[] name) {
        return Scratch.terminated(SCRATCH.get().first, name);
    }

    private static long second(byte[] name) {
        return Scratch.terminated(SCRATCH.get().second, name);
    }

    private static int errno() {
        return Native.getLastError();
    }

    private static int orErrno(int result) {
        return result < 0 ? -errno() : result;
    }

    private static int checked(int result, String call, byte[] name) throws PosixException {
        if (result < 0) {
            throw new PosixException(call, name, -result);
        }
        return result;
    }

    /**
     * Opens {@code name}; the new descriptor, or {@code -errno}. {@code O_CLOEXEC} is always added.
     */
    public static int openOrErrno(int dirfd, byte[] name, int flags, int mode) {
        long path = first(name);
        if (path == 0) {
            return -Errno.ENAMETOOLONG;
        }
        int fd;
        do {
            fd = orErrno(LibC.openat(dirfd, path, flags | O_CLOEXEC, mode));
        } while (fd == -Errno.EINTR);
        return fd;
    }

    public static int open(int dirfd, byte[] name, int flags, int mode) throws PosixException {
        return checked(openOrErrno(dirfd, name, flags, mode), "open", name);
    }

    /**
     * Opens what lies below {@code dirfd}, following no link at any component and never leaving its
     * tree: an absolute path and {@code ..} are refused (EXDEV), a link is ELOOP, with {@link
     * #RESOLVE_NO_XDEV} another mount is EXDEV. By {@code openat2(2)} (Linux 5.6), or one component
     * after the other where that is not to be had. EAGAIN, the kernel's word for a rename that ran
     * beside the look-up, is retried.
     *
     * @param resolve what to refuse besides
     */
    public static int openBeneathOrErrno(int dirfd, byte[] path, int flags, int mode, int resolve) {
        if (path.length >= PATH_MAX) {
            return -Errno.ENAMETOOLONG;
        }
        if (path.length == 0) {
            return -Errno.ENOENT;
        }
        if (leadsUp(path)) {
            return -Errno.EXDEV;
        }
        if (stepwise) {
            boolean oneMount = (resolve & RESOLVE_NO_XDEV) != 0;
            return StepwiseOpen.openOrErrno(dirfd, path, flags, mode, oneMount);
        }
        return openat2OrErrno(dirfd, path, flags, mode, resolve | BENEATH);
    }

    private static final int BENEATH =
            RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;

    /** Whether {@code openat2} is not to be had. Tests set it, to run both ways. */
    private static volatile boolean stepwise = StepwiseOpen.isNeeded(openat2Probe());

    static boolean isStepwise() {
        return stepwise;
    }

    static void stepwise(boolean always) {
        stepwise = always;
    }

    private static int openat2Probe() {
        int flags = O_PATH | O_DIRECTORY;
        int fd = openat2OrErrno(AT_FDCWD, new byte[] {'/'}, flags, 0, RESOLVE_NO_MAGICLINKS);
        if (fd >= 0) {
            close(fd);
        }
        return fd;
    }

    private static boolean leadsUp(byte[] path) {
        if (path[0] == '/') {
            return true;
        }
        for (int i = 0; i + 1 < path.length; i++) {
            boolean begins = i == 0 || path[i - 1] == '/';
            if (begins && path[i] == '.' && path[i + 1] == '.') {
                if (i + 2 == path.length || path[i + 2] == '/') {
                    return true;
                }
            }
        }
        return false;
    }

    private static int openat2OrErrno(int dirfd, byte[] path, int flags, int mode, int resolve) {
        Scratch scratch = SCRATCH.get();
        long address = Scratch.terminated(scratch.first, path);
        scratch.struct
                .bytes()
                .putLong(0, Integer.toUnsignedLong(flags | O_CLOEXEC))
                .putLong(8, mode)
                .putLong(16, resolve);
        int again = -11;
        int result;
        do {
            result =
                    (int)
                            LibC.syscall(
                                    OPENAT2,
                                    dirfd,
                                    address,
                                    scratch.struct.address(),
                                    OPEN_HOW_BYTES);
            result = orErrno(result);
        } while (result == -Errno.EINTR || result == again);
        return result;
    }

    /**
     * Opens the directory {@code path} below {@code dirfd} with {@code O_PATH}, following no link,
     * leaving {@code dirfd}'s tree never; a path beyond {@link #PATH_MAX} is walked in pieces. The
     * empty path is {@code dirfd} itself, opened anew.
     *
     * @return the descriptor, or {@code -errno}
     */
    public static int openDirectoryOrErrno(int dirfd, byte[] path, int resolve) {
        return openDirectoryOrErrno(dirfd, path, O_PATH, resolve);
    }

    /**
     * As {@link #openDirectoryOrErrno(int, byte[], int)}, for reading its names: {@code O_RDONLY},
     * and {@code O_NOATIME} where the caller may (open(2): the owner, or CAP_FOWNER).
     */
    public static int openListableOrErrno(int dirfd, byte[] path, int resolve) {
        int fd = openDirectoryOrErrno(dirfd, path, O_RDONLY | O_NOATIME, resolve);
        return fd == -Errno.EPERM ? openDirectoryOrErrno(dirfd, path, O_RDONLY, resolve) : fd;
    }

    private static int openDirectoryOrErrno(int dirfd, byte[] path, int access, int resolve) {
        int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW;
        int from = dirfd;
        int start = 0;
        while (path.length - start >= PATH_MAX) {
            int cut = lastSlash(path, start, start + PATH_MAX - 1);
            if (cut < 0) {
                closeUnless(from, dirfd);
                return -Errno.ENAMETOOLONG;
            }
            int next =
                    openBeneathOrErrno(
                            from, Arrays.copyOfRange(path, start, cut), flags, 0, resolve);
            closeUnless(from, dirfd);
            if (next < 0) {
                return next;
            }
            from = next;
            start = cut + 1;
        }
        byte[] rest =
                start == path.length
                        ? new byte[] {'.'}
                        : Arrays.copyOfRange(path, start, path.length);
        int fd = openBeneathOrErrno(from, rest, access | O_DIRECTORY | O_NOFOLLOW, 0, resolve);
        closeUnless(from, dirfd);
        return fd;
    }

    private static int lastSlash(byte[] path, int from, int to) {
        for (int i = to; i > from; i--) {
            if (path[i] == '/') {
                return i;
            }
        }
        return -1;
    }

    private static void closeUnless(int fd, int kept) {
        if (fd != kept) {
            close(fd);
        }
    }

    /**
     * Opens what descriptor {@code fd} stands for once more, with other flags; {@code -errno} on
     * failure.
     */
    public static int reopenOrErrno(int fd, int flags) {
        return openOrErrno(AT_FDCWD, procPath(fd), flags, 0);
    }

    /** {@code /proc/self/fd/N}: the way to a descriptor's file for calls that know only paths. */
    public static byte[] procPath(int fd) {
        return ("/proc/self/fd/" + fd).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    }

    /**
     * Closes; errors are not reported (what was written is made sure of by {@link #fsyncOrErrno}).
     */
    public static void close(int fd) {
        LibC.close(fd);
    }

    /** Fills {@code into} for {@code name} without following a link; 0 or {@code -errno}. */
    public static int statOrErrno(int dirfd, byte[] name, Statx into) {
        long path = first(name);
        return path == 0 ? -Errno.ENAMETOOLONG : into.fill(dirfd, path, AT_SYMLINK_NOFOLLOW);
    }

    /** Fills {@code into} for an open descriptor, {@code O_PATH} included; 0 or {@code -errno}. */
    public static int statOrErrno(int fd, Statx into) {
        return into.fill(fd, first(NO_NAME), AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
    }

    public static void stat(int fd, Statx into) throws PosixException {
        int result = statOrErrno(fd, into);
        if (result < 0) {
            throw new PosixException("statx", fd, -result);
        }
    }

    /** The target of the link {@code name} (empty: of the {@code O_PATH} descriptor itself). */
    public static byte[] readlink(int dirfd, byte[] name) throws PosixException {
        Scratch scratch = SCRATCH.get();
        long path = Scratch.terminated(scratch.first, name);
        if (path == 0) {
            throw new PosixException("readlink", name, Errno.ENAMETOOLONG);
        }
        return readlink(dirfd, path, scratch.second, name);
    }

    static byte[] readlink(int dirfd, long path, NativeBuffer into, byte[] name)
            throws PosixException {
        long length;
        do {
            length = LibC.readlinkat(dirfd, path, into.address(), into.capacity());
            length = length < 0 ? -errno() : length;
        } while (length == -Errno.EINTR);
        if (length < 0) {
            throw new PosixException("readlink", name, (int) -length);
        }
        byte[] target = new byte[(int) length];
        into.bytes().get(0, target);
        return target;
    }

    /**
     * Reads at most {@code length} bytes into {@code buffer} at {@code at}; the count, 0 at the
     * end, or {@code -errno}.
     */
    public static int preadOrErrno(int fd, NativeBuffer buffer, int at, int length, long offset) {
        requireWithin(buffer, at, length);
        long n;
        do {
            n = LibC.pread(fd, buffer.address() + at, length, offset);
            n = n < 0 ? -errno() : n;
        } while (n == -Errno.EINTR);
        return (int) n;
    }

    /** As {@link #preadOrErrno}, into several places by one call. */
    public static int preadOrErrno(int fd, ScatterList into, long offset) {
        long n;
        do {
            n = LibC.preadv(fd, into.address(), into.count(), offset);
            n = n < 0 ? -errno() : n;
        } while (n == -Errno.EINTR);
        return (int) n;
    }

    static void requireWithin(NativeBuffer buffer, int at, int length) {
        if (at < 0 || length < 0 || at > buffer.capacity() - length) {
            throw new IndexOutOfBoundsException(at + " + " + length + " in " + buffer.capacity());
        }
    }

    /** Writes all {@code length} bytes of {@code buffer} from {@code at}; 0 or {@code -errno}. */
    public static int pwriteOrErrno(int fd, NativeBuffer buffer, int at, int length, long offset) {
        if (at < 0 || length < 0 || at > buffer.capacity() - length) {
            throw new IndexOutOfBoundsException(at + " + " + length + " in " + buffer.capacity());
        }
        int done = 0;
        while (done < length) {
            long n = LibC.pwrite(fd, buffer.address() + at + done, length - done, offset + done);
            if (n < 0) {
                int errno = errno();
                if (errno != Errno.EINTR) {
                    return -errno;
                }
            } else {
                done += (int) n;
            }
        }
        return 0;
    }

    public static int ftruncateOrErrno(int fd, long length) {
        return orErrno(LibC.ftruncate(fd, length));
    }

    public static int fsyncOrErrno(int fd) {
        return orErrno(LibC.fsync(fd));
    }

    /**
     * Writes out the filesystem that {@code fd} lies on; since Linux 5.8 it also tells of writes
     * that failed after {@code fd} was opened. Not for {@code O_PATH} descriptors.
     */
    public static int syncFilesystemOrErrno(int fd) {
        return orErrno(LibC.syncfs(fd));
    }

    /**
     * Takes an exclusive {@code flock(2)} without waiting: it belongs to the open file, ends with
     * its last descriptor, however the process ends, and is seen by threads of one process too.
     *
     * @return 0, or {@code -errno}: {@code -EAGAIN} when another open file has it
     */
    public static int lockOrErrno(int fd) {
        int exclusiveNoWait = 2 | 4;
        int result;
        do {
            result = orErrno(LibC.flock(fd, exclusiveNoWait));
        } while (result == -Errno.EINTR);
        return result;
    }

    public static int mkdirOrErrno(int dirfd, byte[] name, int mode) {
        long path = first(name);
        return path == 0 ? -Errno.ENAMETOOLONG : orErrno(LibC.mkdirat(dirfd, path, mode));
    }

    public static int mknodOrErrno(int dirfd, byte[] name, int mode, int major, int minor) {
        long path = first(name);
        return path == 0
                ? -Errno.ENAMETOOLONG
                : orErrno(LibC.mknodat(dirfd, path, mode, makedev(major, minor)));
    }

    /** glibc's {@code makedev} (sys/sysmacros.h). */
    static long makedev(int major, int minor) {
        long high = Integer.toUnsignedLong(major);
        long low = Integer.toUnsignedLong(minor);
        return ((high & 0xfff) << 8)
                | ((high & 0xfffff000L) << 32)
                | (low & 0xff)
                | ((low & 0xffffff00L) << 12);
    }

    public static int symlinkOrErrno(byte[] target, int dirfd, byte[] name) {
        long to = first(target);
        long path = second(name);
        return to == 0 || path == 0
                ? -Errno.ENAMETOOLONG
                : orErrno(LibC.symlinkat(to, dirfd, path));
    }

    /** Gives {@code oldName} a second name; links themselves are linked, not followed. */
    public static int linkOrErrno(
            int oldDirfd, byte[] oldName, int newDirfd, byte[] newName, int flags) {
        long from = first(oldName);
        long to = second(newName);
        return from == 0 || to == 0
                ? -Errno.ENAMETOOLONG
                : orErrno(LibC.linkat(oldDirfd, from, newDirfd, to, flags));
    }

    public static int unlinkOrErrno(int dirfd, byte[] name, int flags) {
        long path = first(name);
        return path == 0 ? -Errno.ENAMETOOLONG : orErrno(LibC.unlinkat(dirfd, path, flags));
    }

    public static int renameOrErrno(
            int oldDirfd, byte[] oldName, int newDirfd, byte[] newName, int flags) {
        long from = first(oldName);
        long to = second(newName);
        return from == 0 || to == 0
                ? -Errno.ENAMETOOLONG
                : orErrno(LibC.renameat2(oldDirfd, from, newDirfd, to, flags));
    }

    /**
     * Sets owner and group of {@code name}, a link itself included; with an empty name, of the
     * descriptor.
     */
    public static int chownOrErrno(int dirfd, byte[] name, int uid, int gid) {
        long path = first(name);
        int flags = AT_SYMLINK_NOFOLLOW | (name.length == 0 ? AT_EMPTY_PATH : 0);
        return path == 0
                ? -Errno.ENAMETOOLONG
                : orErrno(LibC.fchownat(dirfd, path, uid, gid, flags));
    }

    /**
     * Sets the permission bits (12, without the type) of an open file or directory; not of an
     * {@code O_PATH} descriptor.
     */
    public static int fchmodOrErrno(int fd, int mode) {
        return orErrno(LibC.fchmod(fd, mode & 07777));
    }

    /**
     * Sets access and modification time of {@code name}, a link itself included; with an empty
     * name, of the descriptor, which is no {@code O_PATH} one.
     */
    public static int utimensOrErrno(
            int dirfd, byte[] name, long atime, int atimeNanos, long mtime, int mtimeNanos) {
        Scratch scratch = SCRATCH.get();
        long path = name.length == 0 ? 0 : Scratch.terminated(scratch.first, name);
        if (name.length > 0 && path == 0) {
            return -Errno.ENAMETOOLONG;
        }
        scratch.struct
                .bytes()
                .putLong(0, atime)
                .putLong(8, atimeNanos)
                .putLong(16, mtime)
                .putLong(24, mtimeNanos);
        // glibc's utimensat takes no null path; futimens is the kernel's call with one.
        return orErrno(
                name.length == 0
                        ? LibC.futimens(dirfd, scratch.struct.address())
                        : LibC.utimensat(
                                dirfd, path, scratch.struct.address(), AT_SYMLINK_NOFOLLOW));
    }

    /**
     * As {@link #fchmodOrErrno}, for an {@code O_PATH} descriptor too, by way of {@code
     * /proc/self/fd}. Not of a symbolic link, which has no mode of its own.
     */
    public static int chmodByPathOrErrno(int fd, int mode) {
        return orErrno(LibC.fchmodat(AT_FDCWD, first(procPath(fd)), mode & 07777, 0));
    }

    /** Sets the times of what an {@code O_PATH} descriptor stands for, a link excepted. */
    public static int utimensByPathOrErrno(
            int fd, long atime, int atimeNanos, long mtime, int mtimeNanos) {
        Scratch scratch = SCRATCH.get();
        long path = Scratch.terminated(scratch.first, procPath(fd));
        scratch.struct
                .bytes()
                .putLong(0, atime)
                .putLong(8, atimeNanos)
                .putLong(16, mtime)
                .putLong(24, mtimeNanos);
        return orErrno(LibC.utimensat(AT_FDCWD, path, scratch.struct.address(), 0));
    }

    /**
     * Gives the file that {@code fd} stands for, and no other, one more name ({@code linkat(2)} by
     * way of {@code /proc/self/fd}, which unlike AT_EMPTY_PATH needs no capability).
     */
    public static int linkDescriptorOrErrno(int fd, int newDirfd, byte[] newName) {
        return linkOrErrno(AT_FDCWD, procPath(fd), newDirfd, newName, AT_SYMLINK_FOLLOW);
    }

    /**
     * The next data or hole at or after {@code offset} ({@code lseek(2)}, {@link #SEEK_DATA} or
     * {@link #SEEK_HOLE}); {@code -errno} on failure, {@code -ENXIO} beyond the last data.
     */
    public static long seekOrErrno(int fd, long offset, int whence) {
        long at = LibC.lseek(fd, offset, whence);
        return at < 0 ? -errno() : at;
    }

    /**
     * The names of the extended attributes of {@code name} in the directory {@code dirfd}, a link's
     * own included: each ends with NUL.
     */
    public static byte[] listXattr(int dirfd, byte[] name) throws PosixException {
        return xattr("llistxattr", dirfd, name, null);
    }

    /** The value of an extended attribute of {@code name}, a link's own included. */
    public static byte[] getXattr(int dirfd, byte[] name, byte[] attribute) throws PosixException {
        return xattr("lgetxattr", dirfd, name, attribute);
    }

    private static byte[] xattr(String call, int dirfd, byte[] name, byte[] attribute)
            throws PosixException {
        while (true) {
            long size = xattr(dirfd, name, attribute, 0, 0);
            if (size > 0) {
                NativeBuffer value = new NativeBuffer((int) size);
                size = xattr(dirfd, name, attribute, value.address(), size);
                if (size >= 0) {
                    byte[] bytes = new byte[(int) size];
                    value.bytes().get(0, bytes);
                    return bytes;
                }
            }
            if (size == 0) {
                return NO_NAME;
            }
            // It grew between the two calls.
            if (size != -Errno.ERANGE) {
                throw new PosixException(call, name, (int) -size);
            }
        }
    }

    private static long xattr(int dirfd, byte[] name, byte[] attribute, long value, long size) {
        // The xattr calls know only paths; the magic link leads to the directory, and the name
        // itself is not followed.
        long path = first(below(dirfd, name));
        if (path == 0) {
            return -Errno.ENAMETOOLONG;
        }
        long result =
                attribute == null
                        ? LibC.llistxattr(path, value, size)
                        : LibC.lgetxattr(path, second(attribute), value, size);
        return result < 0 ? -errno() : result;
    }

    /** Sets an extended attribute of {@code name}, a link's own included; 0 or {@code -errno}. */
    public static int setXattrOrErrno(int dirfd, byte[] name, byte[] attribute, byte[] value) {
        long path = first(below(dirfd, name));
        if (path == 0) {
            return -Errno.ENAMETOOLONG;
        }
        NativeBuffer bytes = new NativeBuffer(Math.max(1, value.length));
        bytes.bytes().put(0, value);
        return orErrno(LibC.lsetxattr(path, second(attribute), bytes.address(), value.length, 0));
    }

    /**
     * Sets an extended attribute of what {@code fd} stands for, {@code O_PATH} descriptors of links
     * included; 0 or {@code -errno}.
     *
     * @param name without NUL
     * @param value in a buffer, {@code length} bytes from its begin
     */
    public static int setXattrByPathOrErrno(int fd, byte[] name, NativeBuffer value, int length) {
        if (length > value.capacity()) {
            throw new IndexOutOfBoundsException(length + " in " + value.capacity());
        }
        long path = first(procPath(fd));
        long attribute = second(name);
        return attribute == 0
                ? -Errno.ENAMETOOLONG
                : orErrno(LibC.setxattr(path, attribute, value.address(), length, 0));
    }

    /** Removes an extended attribute, as above; 0 or {@code -errno}. */
    public static int removeXattrByPathOrErrno(int fd, byte[] name) {
        long path = first(procPath(fd));
        long attribute = second(name);
        return attribute == 0 ? -Errno.ENAMETOOLONG : orErrno(LibC.removexattr(path, attribute));
    }

    static byte[] below(int dirfd, byte[] name) {
        byte[] directory = procPath(dirfd);
        byte[] path = Arrays.copyOf(directory, directory.length + 1 + name.length);
        path[directory.length] = '/';
        System.arraycopy(name, 0, path, directory.length + 1, name.length);
        return path;
    }

    /** {@code f_type} of the filesystem that {@code fd} lies on (linux/magic.h). */
    public static long filesystemType(int fd) throws PosixException {
        NativeBuffer statfs = new NativeBuffer(256);
        if (LibC.fstatfs(fd, statfs.address()) < 0) {
            throw new PosixException("statfs", fd, errno());
        }
        return statfs.bytes().getLong(0);
    }

    /**
     * An ioctl of a filesystem's own. What it takes and gives lies in {@code argument}.
     *
     * @return what the call returns, or {@code -errno}
     */
    public static int ioctlOrErrno(int fd, long request, NativeBuffer argument) {
        return orErrno(LibC.ioctl(fd, request, argument.address()));
    }

    /** A hint to the page cache; failure is of no consequence. */
    public static void advise(int fd, long offset, long length, int advice) {
        LibC.posix_fadvise(fd, offset, length, advice);
    }

    public static boolean isTerminal(int fd) {
        return LibC.isatty(fd) == 1;
    }

    /** Sets the mode bits that files made by this process shall not have; for all threads. */
    public static void umask(int mask) {
        LibC.umask(mask);
    }

    public static int effectiveUser() {
        return LibC.geteuid();
    }

    private static final byte[] NO_NAME = {};
}
