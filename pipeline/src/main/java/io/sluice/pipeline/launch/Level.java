package io.sluice.pipeline.launch;

import java.util.Locale;

/** What a round holds. */
public enum Level {
    /** Every entry. */
    FULL,
    /** What has changed since the last full round. */
    DIFFERENTIAL,
    /** What has changed since the last round. */
    INCREMENTAL,
    /** As a request: incremental where there is a round to go on from, else full. */
    AUTO;

    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
