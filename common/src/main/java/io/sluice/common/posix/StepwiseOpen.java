package io.sluice.common.posix;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What {@code openat2(2)} does with RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS and RESOLVE_NO_MAGICLINKS,
 * for kernels that do not have it (before 5.6: RHEL 8 has 4.18) and sandboxes that forbid it
 * (ENOSYS or EPERM, by seccomp): one component after the other, each opened with {@code O_PATH |
 * O_NOFOLLOW} relative to the one before. No component is ever looked up through a link, since each
 * is a single name that is not followed; {@code ..} is refused; and the file is opened for reading
 * only when all that is known.
 *
 * <p>Costs a call and a look for each component instead of one for the path.
 */
final class StepwiseOpen {
    private static final byte[] SELF = {'.'};
    private static final String MOUNT_ID = "mnt_id:\\s*[0-9]{1,18}";

    /** The mount's id is the third of a few short lines (proc_pid_fdinfo(5)). */
    private static final int INFO_BYTES = 512;

    private StepwiseOpen() {}

    /** Whether {@code openat2}, tried on the root directory, answered that it is not to be had. */
    static boolean isNeeded(int probed) {
        return probed == -Errno.ENOSYS || probed == -Errno.EPERM;
    }

    /**
     * Opens; the descriptor or {@code -errno}. The path is not empty, not absolute, and without
     * {@code ..}.
     */
    static int openOrErrno(int dirfd, byte[] path, int flags, int mode, boolean oneMount) {
        Mount mount = oneMount ? Mount.of(dirfd) : null;
        int from = dirfd;
        int start = 0;
        while (true) {
            int end = start;
            while (end < path.length && path[end] != '/') {
                end++;
            }
            boolean last = onlySlashesAfter(path, end);
            byte[] name = end == start ? SELF : Arrays.copyOfRange(path, start, end);
            // A slash at the end asks for a directory.
            int wanted = end < path.length ? flags | Posix.O_DIRECTORY : flags;
            int fd =
                    last
                            ? lastOrErrno(from, name, wanted, mode, mount)
                            : stepOrErrno(from, name, mount);
            if (from != dirfd) {
                Posix.close(from);
            }
            if (last || fd < 0) {
                return fd;
            }
            from = fd;
            start = end + 1;
        }
    }

    private static boolean onlySlashesAfter(byte[] path, int from) {
        for (int i = from; i < path.length; i++) {
            if (path[i] != '/') {
                return false;
            }
        }
        return true;
    }

    private static int stepOrErrno(int dirfd, byte[] name, Mount mount) {
        int flags = Posix.O_PATH | Posix.O_NOFOLLOW | Posix.O_DIRECTORY;
        int fd = Posix.openOrErrno(dirfd, name, flags, 0);
        if (fd == -Errno.ENOTDIR) {
            // The kernel says ENOTDIR of a link that is not to be followed, openat2 ELOOP.
            Statx stat = new Statx();
            boolean link =
                    Posix.statOrErrno(dirfd, name, stat) == 0 && stat.type() == FileType.SYMLINK;
            return link ? -Errno.ELOOP : fd;
        }
        return checked(fd, mount);
    }

    private static int lastOrErrno(int dirfd, byte[] name, int flags, int mode, Mount mount) {
        if ((flags & Posix.O_PATH) != 0 || (flags & Posix.O_CREAT) != 0) {
            return checked(Posix.openOrErrno(dirfd, name, flags | Posix.O_NOFOLLOW, mode), mount);
        }
        int kept = flags & Posix.O_DIRECTORY;
        int look =
                checked(
                        Posix.openOrErrno(dirfd, name, Posix.O_PATH | Posix.O_NOFOLLOW | kept, 0),
                        mount);
        if (look < 0) {
            return look;
        }
        try {
            Statx stat = new Statx();
            int result = Posix.statOrErrno(look, stat);
            if (result < 0) {
                return result;
            }
            // The way to the file is a magic link, which alone is followed.
            return stat.type() == FileType.SYMLINK
                    ? -Errno.ELOOP
                    : Posix.reopenOrErrno(look, flags & ~Posix.O_NOFOLLOW);
        } finally {
            Posix.close(look);
        }
    }

    /** The descriptor, if it lies on the mount; else closed, and EXDEV as openat2 says it. */
    private static int checked(int fd, Mount mount) {
        if (fd < 0 || mount == null || mount.equals(Mount.of(fd))) {
            return fd;
        }
        Posix.close(fd);
        return -Errno.EXDEV;
    }

    /**
     * A mount: by its id, which {@code /proc/self/fdinfo} tells since Linux 3.15 and statx(2) since
     * 5.8; where neither does, by the device, which is the same for a bind mount.
     */
    private record Mount(long id, int deviceMajor, int deviceMinor) {
        static Mount of(int fd) {
            Statx stat = new Statx();
            if (Posix.statOrErrno(fd, stat) < 0) {
                return new Mount(-1, -1, -1);
            }
            long id = stat.mountId() != 0 ? stat.mountId() : idFromProc(fd);
            return id > 0
                    ? new Mount(id, 0, 0)
                    : new Mount(0, stat.deviceMajor(), stat.deviceMinor());
        }
    }

    /** 0 when it is not told. */
    static long idFromProc(int fd) {
        byte[] path = ("/proc/self/fdinfo/" + fd).getBytes(StandardCharsets.US_ASCII);
        int info = Posix.openOrErrno(Posix.AT_FDCWD, path, Posix.O_RDONLY, 0);
        if (info < 0) {
            return 0;
        }
        NativeBuffer buffer = new NativeBuffer(INFO_BYTES);
        int length = Posix.preadOrErrno(info, buffer, 0, INFO_BYTES, 0);
        Posix.close(info);
        byte[] text = new byte[Math.max(0, length)];
        buffer.bytes().get(0, text);
        return new String(text, StandardCharsets.US_ASCII)
                .lines()
                .filter(line -> line.matches(MOUNT_ID))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .findFirst()
                .orElse(0);
    }
}
