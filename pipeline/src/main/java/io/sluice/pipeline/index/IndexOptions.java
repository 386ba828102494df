package io.sluice.pipeline.index;

import io.sluice.common.shard.InodeHash;
import io.sluice.common.shard.Sharding;
import java.io.Serializable;

/**
 * What the index must know of the round.
 *
 * @param round number of the round, also its watermark
 * @param run identity of the run
 * @param sharding to which stream each entry goes
 * @param base the round whose state this one goes on with; null for one that begins anew
 * @param acceptDeletes whether any number of deletions is meant
 * @param deletePercent how many of the known names may go without that
 * @param fullScan whether listings cover the whole tree. Else the sources name what has changed:
 *     what they do not list is unchanged, and a name that they tell of needs no listing
 * @param scanFollows whether the next round's listings cover the tree too, whatever this one owes:
 *     they find again what it keeps although it is gone
 * @param tape what becomes of files on tape; where there is any, the index knows of each regular
 *     file what data is stored of it
 */
public record IndexOptions(
        long round,
        String run,
        Sharding sharding,
        Base base,
        boolean acceptDeletes,
        int deletePercent,
        boolean fullScan,
        boolean scanFollows,
        TapeUse tape)
        implements Serializable {
    /** Of a filesystem without tape. */
    public IndexOptions(
            long round,
            String run,
            Sharding sharding,
            Base base,
            boolean acceptDeletes,
            int deletePercent,
            boolean fullScan) {
        this(
                round,
                run,
                sharding,
                base,
                acceptDeletes,
                deletePercent,
                fullScan,
                fullScan,
                TapeUse.NONE);
    }

    /** With tape, or without. */
    public IndexOptions withTape(TapeUse use) {
        return new IndexOptions(
                round,
                run,
                sharding,
                base,
                acceptDeletes,
                deletePercent,
                fullScan,
                scanFollows,
                use);
    }

    /** By the inodes' hash, and with the percentage that holds where nobody says otherwise. */
    public IndexOptions(long round, String run, int shards, Base base, boolean acceptDeletes) {
        this(round, run, new InodeHash(shards), base, acceptDeletes, DeletionLimit.PERCENT, true);
    }

    /** The same round with sources that name what has changed. */
    public IndexOptions withoutScan() {
        return new IndexOptions(
                round, run, sharding, base, acceptDeletes, deletePercent, false, false, tape);
    }

    /** The same round, behind which sources may name what has changed. */
    public IndexOptions withoutScanToFollow() {
        return new IndexOptions(
                round, run, sharding, base, acceptDeletes, deletePercent, fullScan, false, tape);
    }

    /**
     * The round before.
     *
     * @param known names in its index
     * @param goneSince of these, how many rounds since have let go, if the base is not the last
     */
    public record Base(long round, String run, long known, long goneSince)
            implements Serializable {}

    int shards() {
        return sharding.shards();
    }

    DeletionLimit deletions() {
        return base == null
                ? new DeletionLimit(0, 0, deletePercent, acceptDeletes)
                : new DeletionLimit(base.known(), base.goneSince(), deletePercent, acceptDeletes);
    }
}
