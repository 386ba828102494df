package io.sluice.common.shard;

import io.sluice.common.entry.EntryCursor;
import io.sluice.common.posix.FileType;

/**
 * By the metadata server that has the directory of an entry: its number modulo N. By the inode's
 * hash where that is not known, of what is gone, and of what has several names: these may lie in
 * directories of different servers, and only within one stream are they stored as one file.
 */
public record MetadataTarget(int shards) implements Sharding {
    private static final long serialVersionUID = 1L;

    public MetadataTarget {
        InodeHash.requireShards(shards);
    }

    @Override
    public Strategy strategy() {
        return Strategy.LUSTRE_MDT;
    }

    @Override
    public int shardOf(EntryCursor entry, int target) {
        return target == MetadataTargets.UNKNOWN
                        || !entry.kind().hasStat()
                        || hasSeveralNames(entry)
                ? new InodeHash(shards).shardOf(entry.inode())
                : Integer.remainderUnsigned(target, shards);
    }

    private static boolean hasSeveralNames(EntryCursor entry) {
        return entry.type() != FileType.DIRECTORY
                && Integer.compareUnsigned(entry.stat().links(), 1) > 0;
    }
}
