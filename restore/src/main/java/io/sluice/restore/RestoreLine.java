package io.sluice.restore;

import io.sluice.common.posix.Errno;
import io.sluice.common.text.Text;

/**
 * One thing to tell about one entry.
 *
 * @param path relative to the root of the backup; empty for the root
 * @param operation the call that failed, or what happened
 * @param errno of the call, or 0
 * @param note further words, perhaps empty
 */
public record RestoreLine(byte[] path, String operation, int errno, String note) {
    /** One line of text, whatever bytes the name holds. */
    public String text() {
        String line = Text.quote(path) + ": " + operation;
        if (errno != 0) {
            line += ": " + Errno.describe(errno);
        }
        return note.isEmpty() ? line : line + ": " + note;
    }
}
