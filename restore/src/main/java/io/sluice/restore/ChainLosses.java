package io.sluice.restore;

import io.sluice.ptcomm.archive.Damage;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;

/** What damage has taken from each round of the chain. Thread-safe. */
final class ChainLosses {
    private final long[] segments;
    private final long[] records;

    ChainLosses(int rounds) {
        segments = new long[rounds];
        records = new long[rounds];
    }

    synchronized void add(int age, Damage damage) {
        segments[age]++;
        records[age] += damage.unseenEntries();
    }

    /**
     * Says where an older version may stand for one that is lost.
     *
     * @param chosen number of entries that count, by age
     * @return number of such entries
     */
    synchronized long tell(RoundStreams streams, long[] chosen, Consumer<RestoreLine> doubts) {
        long most = 0;
        for (int age = 0; age < segments.length; age++) {
            long older = Arrays.stream(chosen, age + 1, chosen.length).sum();
            if (segments[age] == 0 || older == 0) {
                continue;
            }
            most = Math.max(most, older);
            byte[] name = ("round " + streams.number(age)).getBytes(StandardCharsets.UTF_8);
            doubts.accept(
                    new RestoreLine(
                            name,
                            "damaged",
                            0,
                            older
                                    + (older == 1 ? " entry" : " entries")
                                    + " of older rounds may be stale, or deleted since: it has"
                                    + " lost "
                                    + records[age]
                                    + " records, and others may be wrong"));
        }
        return most;
    }
}
