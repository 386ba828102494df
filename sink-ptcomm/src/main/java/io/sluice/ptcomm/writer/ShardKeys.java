package io.sluice.ptcomm.writer;

import java.util.Arrays;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;

/**
 * The keys under which Flink keeps the shards' state. Shard k of N gets the smallest integer that
 * falls into key group k × 4096 / N, rounded up: so the shards lie evenly over any number of
 * subtasks (rounded down, shards 0 and 1 of 3 would meet in the first of three subtasks), and a
 * subtask knows from its key groups which shards are its own, also those without an item.
 */
public final class ShardKeys {
    /** The job's maximal parallelism, for ever: savepoints cannot be rescaled to another. */
    public static final int KEY_GROUPS = 4096;

    private ShardKeys() {}

    /** The key of each shard, 0 to {@code shards} - 1. */
    public static int[] of(int shards) {
        int[] keys = new int[shards];
        Arrays.fill(keys, -1);
        int[] shardOfGroup = new int[KEY_GROUPS];
        Arrays.fill(shardOfGroup, -1);
        for (int shard = 0; shard < shards; shard++) {
            shardOfGroup[keyGroup(shard, shards)] = shard;
        }
        int found = 0;
        for (int key = 0; found < shards; key++) {
            int shard = shardOfGroup[KeyGroupRangeAssignment.assignToKeyGroup(key, KEY_GROUPS)];
            if (shard >= 0 && keys[shard] < 0) {
                keys[shard] = key;
                found++;
            }
        }
        return keys;
    }

    static int keyGroup(int shard, int shards) {
        return (int) (((long) shard * KEY_GROUPS + shards - 1) / shards);
    }
}
