package io.sluice.ptcomm.writer;

import io.sluice.common.round.Receipt;
import io.sluice.ptcomm.codec.SampleEntry;
import java.util.List;

/** Where a test's round goes. */
interface RoundStore extends AutoCloseable {
    /** For an attempt of the writer. */
    Receivers receivers(int attempt, RestartRig.Disturbance disturbance);

    /**
     * The round stands: the entries of each shard, without the time of their last access: reading
     * may move it.
     */
    List<List<SampleEntry>> commit(List<Receipt> receipts) throws Exception;
}
