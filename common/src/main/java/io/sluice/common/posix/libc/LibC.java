package io.sluice.common.posix.libc;

import com.sun.jna.Native;

/**
 * The C library's entry points, mapped directly (no proxies, no marshalling). Pointers travel as
 * {@code long} addresses, so a call allocates nothing. 64-bit Linux only: {@code size_t}, {@code
 * off_t} and pointers are all eight bytes.
 *
 * <p>A call that fails returns -1; the errno is then {@link Native#getLastError()}, which JNA keeps
 * for each thread.
 *
 * <p>For {@code io.sluice.common.posix} alone, and in a package of its own: a Flink cluster has it,
 * beside JNA, in its own {@code lib/}. JNA never lets go of a class that it has mapped, so each
 * round on the cluster that brought one along would leave all its classes behind.
 */
public final class LibC {
    private LibC() {}

    static {
        Native.register(LibC.class, "c");
    }

    public static native int openat(int dirfd, long path, int flags, int mode);

    public static native int close(int fd);

    public static native int statx(int dirfd, long path, int flags, int mask, long buffer);

    public static native long getdents64(int fd, long buffer, long length);

    public static native long readlinkat(int dirfd, long path, long buffer, long length);

    public static native long pread(int fd, long buffer, long length, long offset);

    public static native long preadv(int fd, long vectors, int count, long offset);

    public static native long pwrite(int fd, long buffer, long length, long offset);

    public static native long lseek(int fd, long offset, int whence);

    public static native int ftruncate(int fd, long length);

    public static native int fsync(int fd);

    public static native int syncfs(int fd);

    public static native int fcntl(int fd, int command, int argument);

    public static native int ioctl(int fd, long request, long argument);

    public static native int poll(long fds, long count, int timeoutMs);

    public static native int flock(int fd, int operation);

    public static native int mkdirat(int dirfd, long path, int mode);

    public static native int mknodat(int dirfd, long path, int mode, long device);

    public static native int symlinkat(long target, int dirfd, long path);

    public static native int linkat(
            int oldDirfd, long oldPath, int newDirfd, long newPath, int flags);

    public static native int unlinkat(int dirfd, long path, int flags);

    public static native int renameat2(
            int oldDirfd, long oldPath, int newDirfd, long newPath, int flags);

    public static native int fchownat(int dirfd, long path, int uid, int gid, int flags);

    public static native int fchmod(int fd, int mode);

    public static native int fchmodat(int dirfd, long path, int mode, int flags);

    public static native int futimens(int fd, long times);

    public static native int utimensat(int dirfd, long path, long times, int flags);

    public static native long llistxattr(long path, long list, long size);

    public static native long lgetxattr(long path, long name, long value, long size);

    public static native int lsetxattr(long path, long name, long value, long size, int flags);

    public static native long listxattr(long path, long list, long size);

    public static native long flistxattr(int fd, long list, long size);

    public static native long getxattr(long path, long name, long value, long size);

    public static native long fgetxattr(int fd, long name, long value, long size);

    public static native int setxattr(long path, long name, long value, long size, int flags);

    public static native int removexattr(long path, long name);

    public static native int fstatfs(int fd, long buffer);

    public static native int posix_fadvise(int fd, long offset, long length, int advice);

    public static native int isatty(int fd);

    public static native int geteuid();

    public static native int umask(int mask);

    /**
     * {@code openat2(2)} has no wrapper in glibc; its number, 437, is the same on every
     * architecture.
     */
    public static native long syscall(long number, long dirfd, long path, long how, long size);
}
