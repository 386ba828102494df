package io.sluice.scan.reader;

import io.sluice.common.SluiceException;
import io.sluice.common.entry.EntryKind;
import io.sluice.common.posix.Devices;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.FileIdentity;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.PosixException;
import io.sluice.common.posix.PseudoFilesystem;
import io.sluice.common.posix.RootIdentity;
import io.sluice.common.posix.Statx;
import io.sluice.common.text.Text;
import io.sluice.scan.ScanOptions;
import java.util.Arrays;

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
    private final FileIdentity identity;
    private final Devices devices;
    private int users = 1;

    private ScanRoot(int fd, boolean crossMounts, Statx stat, Devices devices) {
        this.fd = fd;
        this.devices = devices;
        resolve = crossMounts ? 0 : Posix.RESOLVE_NO_XDEV;
        identity = FileIdentity.of(stat);
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
        boolean opened = false;
        try {
            RootIdentity expected = options.identity();
            Devices devices = expected == null ? Devices.SAME : expected.at(fd, options.root());
            Statx stat = new Statx(devices);
            int result = Posix.statOrErrno(fd, stat);
            if (result < 0) {
                throw unusable(options, -result);
            }
            opened = true;
            return new ScanRoot(fd, options.crossMounts(), stat, devices);
        } finally {
            if (!opened) {
                Posix.close(fd);
            }
        }
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

    /** How this host's device numbers are to be read. */
    Devices devices() {
        return devices;
    }

    /** The root's own attributes; 0 or {@code -errno}. */
    int statOrErrno(Statx into) {
        return Posix.statOrErrno(fd, into);
    }

    /**
     * What to do at a directory on which something is mounted, when mounts are crossed.
     *
     * @param path of the directory that holds the name
     * @param directory the same, open
     */
    EntryKind beyondMount(byte[] path, int directory, byte[] name, Statx mounted) {
        if (isOnTheWay(path, FileIdentity.of(mounted))) {
            return EntryKind.LOOP;
        }
        // Without O_DIRECTORY, which would set off an automount.
        int flags = Posix.O_PATH | Posix.O_NOFOLLOW;
        int opened = Posix.openOrErrno(directory, name, flags, 0);
        if (opened < 0) {
            // Its own listing will say why.
            return EntryKind.PRESENT;
        }
        try {
            boolean pseudo = PseudoFilesystem.name(Posix.filesystemType(opened)) != null;
            return pseudo ? EntryKind.MOUNT : EntryKind.PRESENT;
        } catch (PosixException e) {
            return EntryKind.PRESENT;
        } finally {
            Posix.close(opened);
        }
    }

    /** Whether this is the root, met again somewhere below it. */
    boolean isRoot(Statx directory) {
        return identity.equals(FileIdentity.of(directory));
    }

    /**
     * Whether the root, or a directory on the way from it to {@code path}, is that one. Looks at
     * each, which mount points are few enough for. The kernel's mounts form a tree, in which what
     * is mounted on a directory is not mounted on its copy below a bind mount; so a walk ends in
     * any case, but would list everything twice.
     */
    private boolean isOnTheWay(byte[] path, FileIdentity mounted) {
        if (identity.equals(mounted)) {
            return true;
        }
        Statx stat = new Statx(devices);
        int at = fd;
        int start = 0;
        boolean found = false;
        while (start < path.length && !found) {
            int end = start;
            while (end < path.length && path[end] != '/') {
                end++;
            }
            byte[] name = Arrays.copyOfRange(path, start, end);
            int next = Posix.openDirectoryOrErrno(at, name, resolve);
            closeUnlessRoot(at);
            if (next < 0) {
                return false;
            }
            at = next;
            found = Posix.statOrErrno(at, stat) == 0 && mounted.equals(FileIdentity.of(stat));
            start = end + 1;
        }
        closeUnlessRoot(at);
        return found;
    }

    private void closeUnlessRoot(int directory) {
        if (directory != fd) {
            Posix.close(directory);
        }
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
