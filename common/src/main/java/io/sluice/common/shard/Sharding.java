package io.sluice.common.shard;

import io.sluice.common.entry.EntryCursor;
import java.io.Serializable;

/**
 * Which shard an entry goes to. The same in every run, JVM and parallelism: a round that is told
 * twice of an entry which has not changed, nor the server of its directory, sends it to one shard.
 */
public sealed interface Sharding extends Serializable
        permits InodeHash, MetadataTarget, MtimeBucket {
    /**
     * From 0; of an entry with attributes, or one that is gone.
     *
     * @param target the metadata server of its directory, or {@link MetadataTargets#UNKNOWN}
     */
    int shardOf(EntryCursor entry, int target);

    Strategy strategy();

    /** How many there are. */
    int shards();
}
