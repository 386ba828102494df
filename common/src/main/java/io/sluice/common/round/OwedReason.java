package io.sluice.common.round;

import java.util.Locale;

/** Why a path is owed. The names, in lower case, stand in the owed file and the report. */
public enum OwedReason {
    /** It could not be opened or read. */
    FAILED,
    /**
     * The index saw it, and when its turn came the name led nowhere. It is owed, since it may be
     * moved back with the very times that the index remembers.
     */
    VANISHED,
    /** Its data changed, shrank or grew while it was read. */
    TORN,
    /** What was announced is not what the index saw: it changed between the two looks. */
    CHANGED,
    /** Changed so shortly before it was read that a later change could leave the same times. */
    RACY,
    /** A listing broke off or its directory changed meanwhile, so an absence proves nothing. */
    UNSTEADY,
    /** Two answers about one name in one round. */
    DISAGREED,
    /** A directory whose content could not be listed. */
    SCAN,
    /**
     * Its data lies on tape alone and an earlier round has it, so nothing was stored: its changed
     * attributes are, once it is back.
     */
    RELEASED;

    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
