package io.sluice.restore;

import io.sluice.ptcomm.archive.DamageListener;
import io.sluice.ptcomm.codec.EntryHandler;
import java.io.IOException;

/**
 * The streams of one round, to be read from the beginning as often as is needed. Where the round
 * holds changes only, they are those of all the rounds of its chain, each stream a shard of its
 * own; {@link Winners} says which of their records count.
 */
public interface RoundStreams {
    int shards();

    /** Number of rounds in the chain; 1 for a full round. */
    default int rounds() {
        return 1;
    }

    /** How many rounds of the chain are younger than that of the shard's stream. */
    default int age(int shard) {
        return 0;
    }

    /** The number of the round that has this age. */
    default int number(int age) {
        throw new UnsupportedOperationException("these streams are of no chain");
    }

    /** Which round this is. */
    RoundIdentity identity();

    /** Whether the round holds no file's data on purpose. */
    boolean metadataOnly();

    /**
     * Number of entries and tombstones that the shard's stream was accepted with, or -1 where
     * nothing tells.
     */
    long entries(int shard);

    /**
     * Reads a shard's whole stream on the calling thread. Different shards may be read at once.
     * Where a part is damaged, an entry may lack its end; the reading goes on behind that part.
     *
     * @throws IOException also what the handler and the listener throw
     */
    void read(int shard, EntryHandler handler, DamageListener listener) throws IOException;
}
