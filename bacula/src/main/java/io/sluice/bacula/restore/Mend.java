package io.sluice.bacula.restore;

import io.sluice.common.posix.Errno;

/** What helps against a failure, in one clause. */
final class Mend {
    private Mend() {}

    /** Begins with "; ", or is empty where the reason says all. */
    static String of(String operation, int errno) {
        boolean attribute =
                operation.startsWith("setxattr")
                        || operation.startsWith("removexattr")
                        || operation.startsWith("listxattr");
        String mend =
                switch (errno) {
                    case Errno.EPERM, Errno.EACCES -> "run bacula-fd as root there";
                    case Errno.EOPNOTSUPP ->
                            attribute
                                    ? "restore to a filesystem that has such attributes, mounted"
                                            + " with them"
                                    : "";
                    case Errno.ENOSPC, Errno.E2BIG ->
                            attribute
                                    ? "the filesystem keeps less of a file: restore to one of the"
                                            + " kind that was backed up"
                                    : "";
                    case Errno.ELOOP ->
                            "a symbolic link stands where a directory is due: remove it, or restore"
                                    + " to where it leads with RegexWhere";
                    case Errno.ENOTDIR ->
                            "a file stands where a directory is due: remove it, or use"
                                    + " Replace=always";
                    case Errno.ENOTEMPTY, Errno.EISDIR ->
                            "remove that directory, or restore elsewhere with Where";
                    case Errno.ENAMETOOLONG -> "restore to a shorter Where";
                    case Errno.EIO -> "look at the target's disks, and restore it again";
                    case Errno.ESTALE -> "see that nobody else writes there, and restore it again";
                    case Errno.ENOENT ->
                            operation.equals("link")
                                    ? "select that file too, or link it by hand"
                                    : "";
                    default -> "";
                };
        return mend.isEmpty() ? "" : "; " + mend;
    }
}
