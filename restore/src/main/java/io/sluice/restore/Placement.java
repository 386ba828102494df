package io.sluice.restore;

import io.sluice.common.entry.Timestamp;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.Statx;

/**
 * Gives a finished temporary entry its name, by the replace rule: in one step, so that the name
 * stands for the whole old or the whole new entry at every moment. Not thread-safe.
 */
final class Placement {
    /** What a name was found to be. */
    enum Found {
        ABSENT,
        KEEP,
        REPLACE
    }

    private final Replace replace;
    private final Statx stat = new Statx();

    Placement(Replace replace) {
        this.replace = replace;
    }

    /** Looks at a name before work is spent on it. */
    Found look(int parent, byte[] name, Timestamp modified) throws EntryFailure {
        int result = Posix.statOrErrno(parent, name, stat);
        if (result == -Errno.ENOENT) {
            return Found.ABSENT;
        }
        EntryFailure.checked("look", result);
        Timestamp existing = new Timestamp(stat.modificationSeconds(), stat.modificationNanos());
        return replace.replaces(modified, existing) ? Found.REPLACE : Found.KEEP;
    }

    /**
     * Renames {@code temporary} to {@code name} in {@code parent}. If it cannot, the temporary name
     * is removed.
     *
     * @param mayReplace whether a name that comes up meanwhile may be replaced where the rule says
     *     so
     * @return false when a name that was absent has come up meanwhile and the rule keeps it
     */
    boolean place(int parent, byte[] temporary, byte[] name, Found found, boolean mayReplace)
            throws EntryFailure {
        int result =
                found == Found.REPLACE
                        ? replace(parent, temporary, name)
                        : withoutReplacing(parent, temporary, name);
        if (result == -Errno.EEXIST && mayReplace && replace == Replace.ALWAYS) {
            result = replace(parent, temporary, name);
        }
        if (result == 0) {
            return true;
        }
        Posix.unlinkOrErrno(parent, temporary, 0);
        if (result == -Errno.EEXIST) {
            return false;
        }
        boolean directory = result == -Errno.ENOTEMPTY || result == -Errno.EISDIR;
        throw new EntryFailure(
                "put in place",
                -result,
                directory ? "a directory that is not empty has this name" : "");
    }

    private static int withoutReplacing(int parent, byte[] temporary, byte[] name) {
        int result = Posix.renameOrErrno(parent, temporary, parent, name, Posix.RENAME_NOREPLACE);
        if (result != -Errno.EINVAL && result != -Errno.ENOSYS) {
            return result;
        }
        // Lustre, NFS, CephFS and others know no RENAME_NOREPLACE; linkat(2) never replaces.
        result = Posix.linkOrErrno(parent, temporary, parent, name, 0);
        if (result == 0) {
            Posix.unlinkOrErrno(parent, temporary, 0);
        }
        return result;
    }

    private static int replace(int parent, byte[] temporary, byte[] name) {
        int result = Posix.renameOrErrno(parent, temporary, parent, name, 0);
        if (result == -Errno.EISDIR) {
            result = Posix.unlinkOrErrno(parent, name, Posix.AT_REMOVEDIR);
            if (result == 0 || result == -Errno.ENOENT) {
                result = withoutReplacing(parent, temporary, name);
            }
        }
        return result;
    }
}
