package io.sluice.common.posix;

import io.sluice.common.text.Text;
import java.io.IOException;

/** A system call that failed: which, on what, with which errno. */
public final class PosixException extends IOException {
    private static final long serialVersionUID = 1L;

    private final int errno;

    public PosixException(String call, byte[] name, int errno) {
        super(call + " " + Text.quote(name) + ": " + Errno.describe(errno));
        this.errno = errno;
    }

    public PosixException(String call, int fd, int errno) {
        super(call + " on descriptor " + fd + ": " + Errno.describe(errno));
        this.errno = errno;
    }

    public int errno() {
        return errno;
    }
}
