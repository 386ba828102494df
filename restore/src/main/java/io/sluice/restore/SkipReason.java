package io.sluice.restore;

import java.util.Locale;

/** Why a selected entry was left out on purpose. The names stand in reports, in lower case. */
public enum SkipReason {
    /** The target has the name already, and the replace rule keeps it. */
    EXISTS,
    /** It was torn at backup, and what is torn replaces nothing. */
    TORN,
    /** Its segment is damaged, and what may have a wrong name replaces nothing. */
    SUSPECT,
    /** A regular file with a size whose data the round does not hold. */
    NO_DATA,
    /** A regular file whose data was on tape alone at backup. */
    RELEASED,
    /** The round holds metadata only, and its entries were not asked for. */
    METADATA;

    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
