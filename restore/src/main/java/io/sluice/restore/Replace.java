package io.sluice.restore;

import io.sluice.common.entry.Timestamp;
import java.util.Locale;

/** What happens to a name that the target already has. */
public enum Replace {
    /** It stays as it is. */
    NEVER,
    /** It is replaced, unless it is a directory that is not empty. */
    ALWAYS,
    /** It is replaced when the backup's modification time is later. */
    IF_NEWER,
    /** It is replaced when the backup's modification time is earlier. */
    IF_OLDER;

    /** The word for it, as Bacula's console has it. */
    public String text() {
        return name().toLowerCase(Locale.ROOT).replace("_", "");
    }

    /** Whether an entry modified at {@code backup} replaces one modified at {@code existing}. */
    public boolean replaces(Timestamp backup, Timestamp existing) {
        return switch (this) {
            case NEVER -> false;
            case ALWAYS -> true;
            case IF_NEWER -> backup.compareTo(existing) > 0;
            case IF_OLDER -> backup.compareTo(existing) < 0;
        };
    }
}
