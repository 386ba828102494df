package io.sluice.common.posix;

import io.sluice.common.SluiceException;

/**
 * Errors that are no answer about a file: this process, or the host, has run out of descriptors or
 * memory, and the next call would fail as well. A round that went on would call every further file
 * unreadable.
 */
public final class Exhaustion {
    private static final int ENOMEM = 12;
    private static final int ENFILE = 23;
    private static final int EMFILE = 24;

    private Exhaustion() {}

    /**
     * Passes every other errno.
     *
     * @throws SluiceException for these
     */
    public static void check(int errno) {
        if (errno == EMFILE) {
            throw new SluiceException(
                    "too many open files (EMFILE): raise the limit (ulimit -n), or say --workers N with a smaller N");
        }
        if (errno == ENFILE || errno == ENOMEM) {
            throw new SluiceException(
                    "the host has run out of "
                            + (errno == ENFILE ? "open files (ENFILE)" : "memory (ENOMEM)")
                            + "; nothing is committed, run again when it has some");
        }
    }
}
