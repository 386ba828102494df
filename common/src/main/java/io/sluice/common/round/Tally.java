package io.sluice.common.round;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * An operator's counts of a round, sent once, before it passes the round's watermark. A second one
 * of the same operator and number replaces the first (a replay), so nothing is added twice.
 *
 * @param operator such as {@code directory-index}
 * @param number the subtask's, or the shard's
 * @param counts by dotted name, such as {@code skipped.mount}
 */
public record Tally(String operator, int number, SortedMap<String, Long> counts)
        implements RoundEvent {
    public Tally {
        counts = Collections.unmodifiableSortedMap(new TreeMap<>(counts));
    }
}
