package io.sluice.lustre.api;

import io.sluice.common.posix.Errno;
import java.io.IOException;

/** A call into Lustre that failed: which, on what, with which errno. */
public final class LustreException extends IOException {
    private static final long serialVersionUID = 1L;

    private final int errno;

    LustreException(String call, String what, int errno) {
        super(call + " " + what + ": " + Errno.describe(errno));
        this.errno = errno;
    }

    /** Positive. */
    public int errno() {
        return errno;
    }
}
