package io.sluice.restore;

import io.sluice.common.posix.Errno;
import io.sluice.common.text.Text;
import io.sluice.ptcomm.archive.Damage;
import java.nio.charset.StandardCharsets;

/**
 * One thing to tell about one entry.
 *
 * @param kind what it means for the entry
 * @param path relative to the root of the backup; empty for the root
 * @param operation the call that failed, or what happened
 * @param errno of the call, or 0
 * @param note further words, perhaps empty
 */
public record RestoreLine(Kind kind, byte[] path, String operation, int errno, String note) {
    /** What a line says of an entry. */
    public enum Kind {
        /** It, or a part of it, could not be restored. */
        FAILED,
        /** It was left out on purpose. */
        SKIPPED,
        /** It is there, though it was not whole in the backup. */
        SPOILED,
        /** It is about the whole restore. */
        NOTE
    }

    RestoreLine(byte[] path, String operation, int errno, String note) {
        this(Kind.FAILED, path, operation, errno, note);
    }

    /** A line about a part of the archive instead of an entry. */
    static RestoreLine of(Damage damage) {
        byte[] name = damage.segment().getBytes(StandardCharsets.UTF_8);
        String lost = damage.unseenEntries() + " entries could not be read";
        return new RestoreLine(name, "damaged", 0, damage.detail() + "; " + lost);
    }

    /** One line of text, whatever bytes the name holds. */
    public String text() {
        String line = Text.quote(path) + ": " + operation;
        if (errno != 0) {
            line += ": " + Errno.describe(errno);
        }
        return note.isEmpty() ? line : line + ": " + note;
    }
}
