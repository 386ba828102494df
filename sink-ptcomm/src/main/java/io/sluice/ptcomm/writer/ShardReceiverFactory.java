package io.sluice.ptcomm.writer;

import java.io.IOException;

/** Opens the receivers of a round, in whatever process the shard writer runs. */
public non-sealed interface ShardReceiverFactory extends Receivers {
    /**
     * @param attempt number of the writer's attempt, from 0: an older attempt's leftovers are told
     *     from a newer one's by it. It may come again, after a restart from a savepoint
     * @param from where an earlier attempt's stream goes on, or null to begin one
     */
    ShardReceiver open(int shard, int attempt, ReceiverPoint from) throws IOException;
}
