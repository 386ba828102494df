package io.sluice.lustre.source;

import io.sluice.common.change.Change;
import io.sluice.scan.split.SentCounts;
import java.util.List;

/**
 * What a thread hands to the mailbox in one piece: it is emitted, and counted, as a whole.
 *
 * @param mdt whose log it comes from
 * @param counts of the listings that are whole with it
 * @param after how far the log has been read when this is emitted; null in the middle of a batch
 */
record Emission(String mdt, List<Change> changes, SentCounts counts, long deltas, MdtSplit after) {
    Emission {
        changes = List.copyOf(changes);
    }
}
