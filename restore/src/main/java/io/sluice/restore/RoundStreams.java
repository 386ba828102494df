package io.sluice.restore;

import io.sluice.ptcomm.archive.DamageListener;
import io.sluice.ptcomm.codec.EntryHandler;
import java.io.IOException;

/** The streams of one round, to be read from the beginning as often as is needed. */
public interface RoundStreams {
    int shards();

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
