package io.sluice.common.shard;

import io.sluice.common.entry.EntryCursor;
import java.util.concurrent.TimeUnit;

/**
 * By age, as the time of last modification tells it: the youngest entries into the first shards.
 * Ages of 1, 7, 30 and 90 days bound five classes, over which the shards are spread; a class with
 * several shards deals out by the inode's hash. What is gone has no age and goes by that too.
 *
 * @param nowSeconds against which ages are reckoned, of the epoch: the round's begin, which is one
 *     for all its attempts
 */
public record MtimeBucket(int shards, long nowSeconds) implements Sharding {
    private static final long serialVersionUID = 1L;

    private static final long[] BOUNDS_SECONDS = {
        TimeUnit.DAYS.toSeconds(1),
        TimeUnit.DAYS.toSeconds(7),
        TimeUnit.DAYS.toSeconds(30),
        TimeUnit.DAYS.toSeconds(90)
    };

    private static final int CLASSES = BOUNDS_SECONDS.length + 1;

    public MtimeBucket {
        InodeHash.requireShards(shards);
    }

    @Override
    public Strategy strategy() {
        return Strategy.MTIME_BUCKET;
    }

    @Override
    public int shardOf(EntryCursor entry, int target) {
        return entry.kind().hasStat()
                ? shardOf(entry.inode(), entry.stat().modified().seconds())
                : new InodeHash(shards).shardOf(entry.inode());
    }

    int shardOf(long inode, long modifiedSeconds) {
        int of = 0;
        while (of < BOUNDS_SECONDS.length && modifiedSeconds <= nowSeconds - BOUNDS_SECONDS[of]) {
            of++;
        }
        int first = of * shards / CLASSES;
        int width = (of + 1) * shards / CLASSES - first;
        return width < 2 ? first : first + new InodeHash(width).shardOf(inode);
    }
}
