package io.sluice.restore;

import io.sluice.ptcomm.codec.EntryHandler;
import java.io.IOException;

/** The streams of one round, to be read from the beginning as often as is needed. */
public interface RoundStreams {
    int shards();

    /** Whether the round holds no file's data on purpose. */
    boolean metadataOnly();

    /**
     * Reads a shard's whole stream on the calling thread. Different shards may be read at once.
     *
     * @throws IOException also what the handler throws
     */
    void read(int shard, EntryHandler handler) throws IOException;
}
