package io.sluice.ptcomm.writer;

import java.io.IOException;

/** Connects a shard's stream to its bridge, from whatever process the shard writer runs in. */
public non-sealed interface BridgeDialer extends Receivers {
    /** Takes what the bridge has beyond the acknowledged entries, in order; see {@link Claim}. */
    interface Claimed {
        /**
         * @param first number of the first entry
         * @param count of entries
         * @param records as they were sent with the entries
         */
        void entries(long first, int count, byte[] records) throws IOException;
    }

    /**
     * Connects, proves both sides to each other, and learns where the stream stands. Blocks as long
     * as the bridge's consumer takes to swallow what an earlier attempt sent; may be interrupted.
     *
     * @param attempt of the writer: the newest wins
     * @param acknowledged number of the last entry that state counts; 0 before the first
     * @param claimed called before the return, on this thread
     * @throws IOException if the bridge cannot be reached, or refuses
     */
    BridgeLink dial(int shard, int attempt, long acknowledged, Claimed claimed)
            throws IOException, InterruptedException;
}
