package io.sluice.pipeline.report;

import io.sluice.common.round.Content;
import java.io.Serializable;
import java.time.Instant;
import java.util.List;

/**
 * What the collector must know of the round.
 *
 * @param level full, incremental or differential
 * @param base the round that this one holds the changes since; null for a full one
 * @param baseKnown names in the base's index; 0 for a full round
 * @param path of the tree, as escaped text
 * @param started when the launcher began
 * @param lastCommitted when the youngest round in the archive ended; null without one
 * @param shards number of streams
 * @param mode where the round learns what has changed
 * @param doubts why it scans the tree although it was to read change logs, one line each
 * @param directory where report, owed and failed files go; exists
 */
public record CollectorOptions(
        long round,
        String run,
        String level,
        Long base,
        long baseKnown,
        Content content,
        String path,
        Instant started,
        Instant lastCommitted,
        int shards,
        String directory,
        String mode,
        List<String> doubts)
        implements Serializable {
    public CollectorOptions {
        doubts = List.copyOf(doubts);
    }

    /** Of a round that walks the tree. */
    public CollectorOptions(
            long round,
            String run,
            String level,
            Long base,
            long baseKnown,
            Content content,
            String path,
            Instant started,
            Instant lastCommitted,
            int shards,
            String directory) {
        this(
                round,
                run,
                level,
                base,
                baseKnown,
                content,
                path,
                started,
                lastCommitted,
                shards,
                directory,
                "posix",
                List.of());
    }
}
