package io.sluice.ptcomm.writer;

import io.sluice.common.round.Receipt;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What stands of a shard in keyed state: counts, queue and stream up to the same item. State of
 * another run counts as empty.
 *
 * @param round that the run is of
 * @param run identity of the run
 * @param counts of the items settled so far, as in the shard's tally
 * @param queue the items that are not settled
 * @param point of the stream, with all that is settled; null when the stream is finished, or cannot
 *     be continued
 * @param receipt of the finished stream, else null
 */
record ShardProgress(
        long round,
        String run,
        SortedMap<String, Long> counts,
        QueueMark queue,
        ReceiverPoint point,
        Receipt receipt) {
    ShardProgress {
        counts = Collections.unmodifiableSortedMap(new TreeMap<>(counts));
    }
}
