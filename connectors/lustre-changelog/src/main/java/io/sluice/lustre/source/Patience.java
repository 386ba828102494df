package io.sluice.lustre.source;

import java.io.Serializable;
import java.time.Duration;

/**
 * How long a reader of changelogs waits, and how much it takes at a time.
 *
 * @param batchRecords read before the filesystem is asked about them; about 1 KiB each while they
 *     wait
 * @param firstPause before a log that failed is opened again; doubled each time
 * @param longestPause bound of that
 * @param attempts in a row without a record, after which the task fails
 * @param enough after which the round leaves records to the next one that were made since it began:
 *     on a busy filesystem a log has no end
 */
record Patience(
        int batchRecords, Duration firstPause, Duration longestPause, int attempts, Duration enough)
        implements Serializable {
    private static final long serialVersionUID = 1L;

    /** An MDT that fails over is away for some minutes: 20 attempts take about eight. */
    static final Patience DEFAULT =
            new Patience(
                    16_384,
                    Duration.ofMillis(500),
                    Duration.ofSeconds(30),
                    20,
                    Duration.ofMinutes(5));
}
