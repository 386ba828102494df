package io.sluice.restore;

import io.sluice.common.entry.Stat;
import io.sluice.common.entry.Timestamp;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.Posix;

/**
 * Sets owner, mode and times of an open entry, in this order: a change of owner clears the
 * set-user-ID bit, and nothing but the last call leaves the times alone. What may not be set is
 * reported and does not stop the rest.
 *
 * <p>A file whose owner (group) cannot be set loses its set-user-ID (set-group-ID) bit: with
 * another owner it would lend out rights that it never had.
 */
final class Attributes {
    private static final int SET_USER_ID = 04000;
    private static final int SET_GROUP_ID = 02000;
    private static final int UNCHANGED = -1;
    private static final byte[] ITSELF = {};

    private final RestoreTally tally;

    Attributes(RestoreTally tally) {
        this.tally = tally;
    }

    /**
     * @param fd of the entry, {@code O_PATH} allowed
     * @param path for the report
     * @throws EntryFailure when the target is full or takes no writes
     */
    void apply(int fd, byte[] path, Stat stat) throws EntryFailure {
        int permissions = stat.permissions();
        int owned = Posix.chownOrErrno(fd, ITSELF, stat.uid(), stat.gid());
        if (owned < 0) {
            report(path, "chown", owned);
            permissions &= ~SET_USER_ID;
            if (Posix.chownOrErrno(fd, ITSELF, UNCHANGED, stat.gid()) < 0
                    && stat.type() != FileType.DIRECTORY) {
                permissions &= ~SET_GROUP_ID;
            }
        }
        if (stat.type() != FileType.SYMLINK) {
            report(path, "chmod", Posix.chmodByPathOrErrno(fd, permissions));
        }
        Timestamp accessed = stat.accessed();
        Timestamp modified = stat.modified();
        report(
                path,
                "set times",
                Posix.utimensByPathOrErrno(
                        fd,
                        accessed.seconds(),
                        accessed.nanos(),
                        modified.seconds(),
                        modified.nanos()));
    }

    private void report(byte[] path, String operation, int result) throws EntryFailure {
        if (result == -Errno.ENOSPC || result == -Errno.EDQUOT || result == -Errno.EROFS) {
            throw new EntryFailure(operation, -result, "");
        }
        if (result < 0) {
            tally.attributeFailed(path, operation, -result);
        }
    }
}
