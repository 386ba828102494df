package io.sluice.pipeline.report;

import io.sluice.common.round.Content;
import java.io.Serializable;
import java.time.Instant;

/**
 * What the collector must know of the round.
 *
 * @param path of the tree, as escaped text
 * @param started when the launcher began
 * @param shards number of streams
 * @param directory where report, owed and failed files go; exists
 */
public record CollectorOptions(
        long round,
        String run,
        Content content,
        String path,
        Instant started,
        int shards,
        String directory)
        implements Serializable {}
