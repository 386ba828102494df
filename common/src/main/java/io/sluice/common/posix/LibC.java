package io.sluice.common.posix;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.util.Map;

/**
 * The C library's entry points, mapped directly (no proxies, no marshalling). Pointers travel as
 * {@code long} addresses, so a call allocates nothing. 64-bit Linux only: {@code size_t}, {@code
 * off_t} and pointers are all eight bytes.
 *
 * <p>A call that fails returns -1; the errno is then {@link Native#getLastError()}, which JNA keeps
 * for each thread.
 */
final class LibC {
    private LibC() {}

    static {
        // JNA may outlive this class: on a Flink cluster JNA is the cluster's, and this class comes
        // anew with each round. What JNA keeps of it for good must not name it or its class loader.
        Native.register(LibC.class, NativeLibrary.getInstance("c", Map.of()));
        Native.getLibraryOptions(LibC.class).remove("enclosing-library");
    }

    static native int openat(int dirfd, long path, int flags, int mode);

    static native int close(int fd);

    static native int statx(int dirfd, long path, int flags, int mask, long buffer);

    static native long getdents64(int fd, long buffer, long length);

    static native long readlinkat(int dirfd, long path, long buffer, long length);

    static native long pread(int fd, long buffer, long length, long offset);

    static native long pwrite(int fd, long buffer, long length, long offset);

    static native long lseek(int fd, long offset, int whence);

    static native int ftruncate(int fd, long length);

    static native int fsync(int fd);

    static native int syncfs(int fd);

    static native int flock(int fd, int operation);

    static native int mkdirat(int dirfd, long path, int mode);

    static native int mknodat(int dirfd, long path, int mode, long device);

    static native int symlinkat(long target, int dirfd, long path);

    static native int linkat(int oldDirfd, long oldPath, int newDirfd, long newPath, int flags);

    static native int unlinkat(int dirfd, long path, int flags);

    static native int renameat2(int oldDirfd, long oldPath, int newDirfd, long newPath, int flags);

    static native int fchownat(int dirfd, long path, int uid, int gid, int flags);

    static native int fchmod(int fd, int mode);

    static native int fchmodat(int dirfd, long path, int mode, int flags);

    static native int futimens(int fd, long times);

    static native int utimensat(int dirfd, long path, long times, int flags);

    static native long llistxattr(long path, long list, long size);

    static native long lgetxattr(long path, long name, long value, long size);

    static native int lsetxattr(long path, long name, long value, long size, int flags);

    static native long listxattr(long path, long list, long size);

    static native long flistxattr(int fd, long list, long size);

    static native long getxattr(long path, long name, long value, long size);

    static native long fgetxattr(int fd, long name, long value, long size);

    static native int setxattr(long path, long name, long value, long size, int flags);

    static native int removexattr(long path, long name);

    static native int fstatfs(int fd, long buffer);

    static native int posix_fadvise(int fd, long offset, long length, int advice);

    static native int isatty(int fd);

    static native int geteuid();

    static native int umask(int mask);

    /**
     * {@code openat2(2)} has no wrapper in glibc; its number, 437, is the same on every
     * architecture.
     */
    static native long syscall(long number, long dirfd, long path, long how, long size);
}
