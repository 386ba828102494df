package io.sluice.restore;

import io.sluice.common.text.Text;
import java.util.Locale;

/**
 * Something in which a live tree is not as a round has it.
 *
 * @param path relative to the root; empty for the root
 * @param kind what differs
 * @param backup its value in the round, as text
 * @param live its value in the live tree
 */
public record Difference(byte[] path, Kind kind, String backup, String live) {
    /** What may differ. The names stand in reports, in lower case. */
    public enum Kind {
        /** The live tree lacks the name. */
        MISSING,
        /** The round lacks the name. */
        EXTRA,
        TYPE,
        /** The twelve permission bits; not of symbolic links. */
        MODE,
        OWNER,
        /** In bytes, of regular files. */
        SIZE,
        MTIME,
        /** Of a symbolic link. */
        TARGET,
        /** Of a device. */
        DEVICE,
        CONTENT,
        /** An extended attribute or ACL. */
        XATTR,
        /** It is no longer the same file as an earlier name. */
        LINK,
        /** The live entry could not be looked at: unknown. */
        UNREADABLE;

        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** One line of text, whatever bytes the name holds. */
    public String text() {
        String line = Text.quote(path) + ": " + kind.text();
        if (kind == Kind.MISSING || kind == Kind.EXTRA) {
            return line;
        }
        return line + ": " + backup + " in the backup, " + live + " now";
    }
}
