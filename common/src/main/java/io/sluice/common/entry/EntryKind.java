package io.sluice.common.entry;

/** What is known of a name. The ordinals stand in packed entries: append only. */
public enum EntryKind {
    /** Its attributes are known. */
    PRESENT,
    /**
     * Its attributes could not be read; an errno says why. ENOENT means that it vanished after it
     * was listed.
     */
    UNREADABLE,
    /** Left out by the user's patterns. */
    EXCLUDED,
    /** Left out because the source knows that nothing below has changed. */
    PRUNED,
    /** Another filesystem is mounted on this directory: kept as an empty one, not entered. */
    MOUNT,
    /** The archive, state or spill directory of this very run. */
    OWN,
    /** The name does not exist any more. */
    GONE,
    /** A directory on the way here is mounted here again: not entered. */
    LOOP,
    /** Its attributes are known: a regular file whose data lies on tape alone. */
    RELEASED;

    private static final EntryKind[] VALUES = values();

    /** Whether attributes (and a link's target) travel with it. */
    public boolean hasStat() {
        return this == PRESENT || this == MOUNT || this == RELEASED;
    }

    static EntryKind of(int ordinal) {
        if (ordinal < 0 || ordinal >= VALUES.length) {
            throw new IllegalArgumentException("unknown kind of entry " + ordinal);
        }
        return VALUES[ordinal];
    }
}
