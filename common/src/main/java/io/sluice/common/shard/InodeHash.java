package io.sluice.common.shard;

import io.sluice.common.entry.EntryCursor;
import io.sluice.common.hash.Xxh3;

/**
 * The default strategy: {@code xxh3_64(inode as 8 little-endian bytes, seed 0) mod N}, unsigned. It
 * balances, is the same in every run, JVM and parallelism, and sends all hard links of a file into
 * one stream.
 */
public record InodeHash(int shards) implements Sharding {
    private static final long serialVersionUID = 1L;

    /** More shards than key groups could not be spread over subtasks. */
    public static final int MAX_SHARDS = 4096;

    public InodeHash {
        requireShards(shards);
    }

    static void requireShards(int shards) {
        if (shards < 1 || shards > MAX_SHARDS) {
            throw new IllegalArgumentException(
                    "shards must be 1 to " + MAX_SHARDS + ", not " + shards);
        }
    }

    @Override
    public Strategy strategy() {
        return Strategy.INODE_HASH;
    }

    @Override
    public int shardOf(EntryCursor entry, int target) {
        return shardOf(entry.inode());
    }

    public int shardOf(long inode) {
        return (int) Long.remainderUnsigned(Xxh3.hash64(inode), shards);
    }
}
