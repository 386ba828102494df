package io.sluice.pipeline.index;

import io.sluice.common.shard.InodeHash;
import java.io.Serializable;

/**
 * What the index must know of the round.
 *
 * @param round number of the round, also its watermark
 * @param run identity of the run
 * @param shards number of streams
 * @param base the round whose state this one goes on with; null for one that begins anew
 * @param acceptDeletes whether any number of deletions is meant
 */
public record IndexOptions(long round, String run, int shards, Base base, boolean acceptDeletes)
        implements Serializable {
    /**
     * The round before.
     *
     * @param known names in its index
     * @param goneSince of these, how many rounds since have let go, if the base is not the last
     */
    public record Base(long round, String run, long known, long goneSince)
            implements Serializable {}

    InodeHash sharding() {
        return new InodeHash(shards);
    }

    DeletionLimit deletions() {
        return base == null
                ? new DeletionLimit(0, 0, acceptDeletes)
                : new DeletionLimit(base.known(), base.goneSince(), acceptDeletes);
    }
}
