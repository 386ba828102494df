package io.sluice.pipeline.launch;

import java.util.Locale;

/** Where a round learns what has changed. */
public enum Mode {
    /** A walk over any mounted tree. */
    POSIX,
    /** The same on Lustre, with what that filesystem has besides. */
    LUSTRE,
    /**
     * The changelogs of Lustre's MDTs; a walk where there is no base, or a log may lack something.
     */
    LUSTRE_CHANGELOG;

    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
