package io.sluice.scan.reader;

import io.sluice.common.SluiceException;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.Statx;
import io.sluice.common.text.Text;
import io.sluice.scan.ScanOptions;

/**
 * The open root of the tree. Every directory is opened from here by its whole path, following no
 * link and (unless told) crossing no mount: what is listed under a path is what lies at that path
 * at that moment, whatever was renamed since its parent was read. A descriptor of the parent, kept,
 * would be cheaper on a filesystem without a name cache, but goes along when the parent is moved.
 *
 * <p>Shared by the walkers; closed when the last user has released it, since a descriptor that is
 * closed under a running call may by then be another file's.
 */
final class ScanRoot {
    private final int fd;
    private final int resolve;
    private final long mountId;
    private final int deviceMajor;
    private final int deviceMinor;
    private int users = 1;

    private ScanRoot(int fd, boolean crossMounts, Statx stat) {
        this.fd = fd;
        resolve = crossMounts ? 0 : Posix.RESOLVE_NO_XDEV;
        mountId = stat.mountId();
        deviceMajor = stat.deviceMajor();
        deviceMinor = stat.deviceMinor();
    }

    /**
     * @throws SluiceException when the root is not a directory that can be read
     */
    static ScanRoot open(ScanOptions options) {
        int flags = Posix.O_RDONLY | Posix.O_DIRECTORY;
        int fd = Posix.openOrErrno(Posix.AT_FDCWD, options.root(), flags, 0);
        if (fd < 0) {
            throw unusable(options, -fd);
        }
        Statx stat = new Statx();
        int result = Posix.statOrErrno(fd, stat);
        if (result < 0) {
            Posix.close(fd);
            throw unusable(options, -result);
        }
        return new ScanRoot(fd, options.crossMounts(), stat);
    }

    private static SluiceException unusable(ScanOptions options, int errno) {
        return new SluiceException(
                "cannot open the root "
                        + Text.quote(options.root())
                        + " of the scan: "
                        + Errno.describe(errno)
                        + "; every host that runs a task must have it mounted and readable");
    }

    /** Opens a directory for reading; the descriptor, which is the caller's, or {@code -errno}. */
    int openOrErrno(byte[] path) {
        int opened = Posix.openListableOrErrno(fd, path, resolve);
        // The server forgot what the client still had a name for; a new look-up asks it again.
        return opened == -Errno.ESTALE ? Posix.openListableOrErrno(fd, path, resolve) : opened;
    }

    /** The root's own attributes; 0 or {@code -errno}. */
    int statOrErrno(Statx into) {
        return Posix.statOrErrno(fd, into);
    }

    /** Whether something else than the root's own filesystem begins at this name. */
    boolean isMountPoint(Statx stat) {
        if (stat.isMountRoot()) {
            return true;
        }
        if (mountId != 0 && stat.mountId() != 0) {
            return stat.mountId() != mountId;
        }
        return stat.deviceMajor() != deviceMajor || stat.deviceMinor() != deviceMinor;
    }

    synchronized void use() {
        users++;
    }

    synchronized void release() {
        if (--users == 0) {
            Posix.close(fd);
        }
    }
}
