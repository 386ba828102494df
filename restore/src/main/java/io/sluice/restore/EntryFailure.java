package io.sluice.restore;

import io.sluice.common.posix.Errno;
import java.io.IOException;

/** What ends one entry and not the restore: which call, its errno, and perhaps a word more. */
final class EntryFailure extends IOException {
    private static final long serialVersionUID = 1L;

    private final String operation;
    private final int errno;
    private final String note;

    EntryFailure(String operation, int errno, String note) {
        super(operation + ": " + Errno.describe(errno) + (note.isEmpty() ? "" : ": " + note));
        this.operation = operation;
        this.errno = errno;
        this.note = note;
    }

    /** The result itself, unless it is {@code -errno}. */
    static int checked(String operation, int result) throws EntryFailure {
        if (result < 0) {
            throw new EntryFailure(operation, -result, "");
        }
        return result;
    }

    String operation() {
        return operation;
    }

    int errno() {
        return errno;
    }

    String note() {
        return note;
    }

    /** Whether no further entry could fare better: the target is full or takes no writes. */
    boolean endsRestore() {
        return errno == Errno.ENOSPC || errno == Errno.EDQUOT || errno == Errno.EROFS;
    }
}
