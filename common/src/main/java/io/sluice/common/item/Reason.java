package io.sluice.common.item;

/** Why an item reaches the backup. The ordinals stand in packed items: append only. */
public enum Reason {
    /** The index did not know the name. */
    NEW,
    /** Its signature differs from the stored one. */
    CHANGED,
    /** An earlier round owed it. */
    RETRIED,
    /** The name, of anything but a directory, is gone: a tombstone. */
    GONE,
    /** The name of a directory is gone: a tombstone. */
    GONE_DIRECTORY;

    private static final Reason[] VALUES = values();

    /** Whether there is nothing to be read any more. */
    public boolean isGone() {
        return this == GONE || this == GONE_DIRECTORY;
    }

    public static Reason of(int ordinal) {
        if (ordinal < 0 || ordinal >= VALUES.length) {
            throw new IllegalArgumentException("unknown reason " + ordinal);
        }
        return VALUES[ordinal];
    }
}
