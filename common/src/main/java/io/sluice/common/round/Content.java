package io.sluice.common.round;

import java.util.Locale;

/** What of each entry a round stores. */
public enum Content {
    /** Attributes and data. */
    FULL,
    /** The namespace only: attributes and links' targets; no file is opened. */
    METADATA;

    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
