package io.sluice.pipeline.index;

import io.sluice.common.shard.InodeHash;
import java.io.Serializable;

/**
 * What the index must know of the round.
 *
 * @param round number of the round, also its watermark
 * @param shards number of streams
 */
public record IndexOptions(long round, int shards) implements Serializable {
    InodeHash sharding() {
        return new InodeHash(shards);
    }
}
