package io.sluice.bacula.restore;

/** An entry that cannot be restored as it came; the next one may be. */
final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int errno;

    RefusedException(int errno, String reason) {
        super(reason);
        this.errno = errno;
    }

    RefusedException(int errno, String reason, Throwable cause) {
        super(reason, cause);
        this.errno = errno;
    }

    int errno() {
        return errno;
    }
}
