package io.sluice.restore;

import io.sluice.common.entry.Stat;
import io.sluice.common.entry.Timestamp;
import io.sluice.common.filesystem.FilesystemHooks;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.Posix;
import io.sluice.ptcomm.codec.AttributeBlock;

/**
 * Sets everything but the data of an open entry: {@link #begin}, a {@link #block} for each of its
 * blocks, {@link #end}. What may not be set is reported and does not stop the rest. In this order:
 *
 * <ol>
 *   <li>the owner: a change of it clears the set-user-ID bit and file capabilities;
 *   <li>extended attributes and ACLs, as they come: an ordinary user may set none once the mode is
 *       read-only;
 *   <li>the mode, whose group bits and an ACL's mask are one;
 *   <li>the times, which nothing after leaves alone.
 * </ol>
 *
 * <p>A file whose owner (group) cannot be set loses its set-user-ID (set-group-ID) bit and its
 * capabilities: with another owner it would lend out rights that it never had.
 */
final class Attributes {
    private static final int SET_USER_ID = 04000;
    private static final int SET_GROUP_ID = 02000;
    private static final int UNCHANGED = -1;
    private static final byte[] ITSELF = {};

    private final RestoreTally tally;
    private final ExtendedAttributes extended;
    private final FilesystemHooks hooks;

    private int fd;
    private byte[] path;
    private Stat stat;
    private int permissions;

    Attributes(RestoreTally tally) {
        this(tally, FilesystemHooks.NONE);
    }

    Attributes(RestoreTally tally, FilesystemHooks hooks) {
        this.hooks = hooks;
        this.tally = tally;
        this.extended = new ExtendedAttributes(tally);
    }

    /**
     * @param descriptor of the entry, {@code O_PATH} allowed; open until {@link #end}
     * @param entryPath for the report
     * @throws EntryFailure when the target is full or takes no writes
     */
    void begin(int descriptor, byte[] entryPath, Stat entryStat) throws EntryFailure {
        fd = descriptor;
        path = entryPath;
        stat = entryStat;
        permissions = stat.permissions();
        int owned = Posix.chownOrErrno(fd, ITSELF, stat.uid(), stat.gid());
        if (owned < 0) {
            report("chown", owned);
            permissions &= ~SET_USER_ID;
            if (Posix.chownOrErrno(fd, ITSELF, UNCHANGED, stat.gid()) < 0
                    && stat.type() != FileType.DIRECTORY) {
                permissions &= ~SET_GROUP_ID;
            }
        }
        extended.begin(fd, path, stat.type() == FileType.SYMLINK, owned == 0);
    }

    void block(String kind, byte[] content) throws EntryFailure {
        if (AttributeBlock.isKind(kind)) {
            extended.block(kind, content);
            return;
        }
        int result = hooks.apply(fd, kind, content);
        if (result == -Errno.EOPNOTSUPP) {
            tally.block(kind);
        } else {
            report("apply " + kind, result);
        }
    }

    void end() throws EntryFailure {
        // A regular file is open for writing: no way through /proc/self/fd, which costs a look-up.
        boolean regular = stat.type() == FileType.REGULAR;
        if (stat.type() != FileType.SYMLINK) {
            report(
                    "chmod",
                    regular
                            ? Posix.fchmodOrErrno(fd, permissions)
                            : Posix.chmodByPathOrErrno(fd, permissions));
            extended.afterMode();
        }
        Timestamp accessed = stat.accessed();
        Timestamp modified = stat.modified();
        report(
                "set times",
                regular
                        ? Posix.utimensOrErrno(
                                fd,
                                ITSELF,
                                accessed.seconds(),
                                accessed.nanos(),
                                modified.seconds(),
                                modified.nanos())
                        : Posix.utimensByPathOrErrno(
                                fd,
                                accessed.seconds(),
                                accessed.nanos(),
                                modified.seconds(),
                                modified.nanos()));
    }

    private void report(String operation, int result) throws EntryFailure {
        if (result == -Errno.ENOSPC || result == -Errno.EDQUOT || result == -Errno.EROFS) {
            throw new EntryFailure(operation, -result, "");
        }
        if (result < 0) {
            tally.attributeFailed(path, operation, -result);
        }
    }
}
