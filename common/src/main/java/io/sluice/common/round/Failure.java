package io.sluice.common.round;

import io.sluice.common.posix.Errno;

/**
 * An entry, or a directory's content, that could not be backed up.
 *
 * @param path relative to the root
 * @param errno of the call; 0 when no call failed, but the file changed while it was read
 * @param operation the call that failed, such as {@code open}, {@code list}, {@code read}
 */
public record Failure(byte[] path, String operation, int errno) implements RoundEvent {
    /** The errno's name; for 0, {@code CHANGED}. */
    public String reason() {
        return reason(errno);
    }

    public static String reason(int errno) {
        return errno == 0 ? "CHANGED" : Errno.name(errno);
    }
}
