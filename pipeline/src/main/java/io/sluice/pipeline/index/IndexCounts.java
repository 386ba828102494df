package io.sluice.pipeline.index;

import io.sluice.common.entry.EntryKind;
import io.sluice.common.posix.Errno;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntConsumer;

/**
 * What a subtask of the index saw and decided. Belongs to the task's thread; others may read a
 * single count, and get one of lately.
 */
public final class IndexCounts {
    /** Name of the moment of the first listing, in milliseconds since 1970; absent without one. */
    public static final String SCAN_BEGUN = "scan.begun_ms";

    /** Name of the moment of the round's watermark, in milliseconds since 1970. */
    public static final String SCAN_ENDED = "scan.ended_ms";

    private static final long NEVER = Long.MIN_VALUE;

    private final long[] counts = new long[IndexCount.values().length];
    private final SortedMap<String, Long> byReason = new TreeMap<>();
    private IntConsumer errors = errno -> {};
    private long scanBegunMs = NEVER;
    private long scanEndedMs = NEVER;

    void add(IndexCount count, long n) {
        counts[count.ordinal()] += n;
    }

    void add(IndexCount count) {
        counts[count.ordinal()]++;
    }

    void set(IndexCount count, long n) {
        counts[count.ordinal()] = n;
    }

    long get(IndexCount count) {
        return counts[count.ordinal()];
    }

    /** To be told of each listing; the first one counts. */
    void listingAt(long ms) {
        if (scanBegunMs == NEVER) {
            scanBegunMs = ms;
        }
    }

    boolean sawAListing() {
        return scanBegunMs != NEVER;
    }

    void scanEndedAt(long ms) {
        scanEndedMs = ms;
    }

    void leftOut(EntryKind kind) {
        addReason("skipped." + kind.name().toLowerCase(Locale.ROOT));
    }

    void vanished() {
        addReason("skipped.vanished");
    }

    void unreadable(int errno) {
        addReason("failed." + Errno.name(errno));
        errors.accept(errno);
    }

    void failedListing(int errno) {
        addReason("directories.failed." + Errno.name(errno));
        errors.accept(errno);
    }

    /** To be told of each error of the scan from now on. */
    void onError(IntConsumer told) {
        errors = told;
    }

    void owed(String reason) {
        addReason("owed." + reason);
    }

    /** Outcome of a delta that sends nothing. */
    void delta(String outcome) {
        addReason("delta." + outcome);
    }

    private void addReason(String name) {
        byReason.merge(name, 1L, Long::sum);
    }

    /** Adds what an earlier attempt had counted, as {@link #toMap} gave it. */
    void addAll(Map<String, Long> counted) {
        counted.forEach(
                (name, n) -> {
                    IndexCount count = IndexCount.of(name);
                    if (count != null) {
                        add(count, n);
                    } else if (name.equals(SCAN_BEGUN)) {
                        scanBegunMs = scanBegunMs == NEVER ? n : Math.min(scanBegunMs, n);
                    } else if (name.equals(SCAN_ENDED)) {
                        scanEndedMs = Math.max(scanEndedMs, n);
                    } else {
                        byReason.merge(name, n, Long::sum);
                    }
                });
    }

    /** By the names that the report uses. */
    SortedMap<String, Long> toMap() {
        SortedMap<String, Long> map = new TreeMap<>(byReason);
        for (IndexCount count : IndexCount.values()) {
            map.put(count.text(), get(count));
        }
        if (scanBegunMs != NEVER) {
            map.put(SCAN_BEGUN, scanBegunMs);
        }
        if (scanEndedMs != NEVER) {
            map.put(SCAN_ENDED, scanEndedMs);
        }
        return map;
    }
}
