package io.sluice.pipeline.index;

import io.sluice.common.entry.EntryKind;
import io.sluice.common.posix.Errno;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;

/** What a subtask of the index saw and decided. Each name ends in exactly one of the outcomes. */
public final class IndexCounts {
    /** Name of the moment of the first listing, in milliseconds since 1970; absent without one. */
    public static final String SCAN_BEGUN = "scan.begun_ms";

    /** Name of the moment of the round's watermark, in milliseconds since 1970. */
    public static final String SCAN_ENDED = "scan.ended_ms";

    private static final long NEVER = Long.MIN_VALUE;

    long names;
    long fresh;
    long changed;
    long unchanged;
    long repeated;
    long disagreed;
    long items;
    long directoryNames;
    long listings;
    long unsteadyListings;
    long mounts;
    private long scanBegunMs = NEVER;
    private final SortedMap<String, Long> others = new TreeMap<>();

    /** To be told of each listing; the first one counts. */
    void listingAt(long ms) {
        if (scanBegunMs == NEVER) {
            scanBegunMs = ms;
        }
    }

    boolean sawAListing() {
        return scanBegunMs != NEVER;
    }

    void leftOut(EntryKind kind) {
        add("skipped." + kind.name().toLowerCase(Locale.ROOT));
    }

    void vanished() {
        add("skipped.vanished");
    }

    void unreadable(int errno) {
        add("failed." + Errno.name(errno));
    }

    void failedListing(int errno) {
        add("directories.failed." + Errno.name(errno));
    }

    void owed(String reason) {
        add("owed." + reason);
    }

    private void add(String name) {
        others.merge(name, 1L, Long::sum);
    }

    /**
     * By the names that the report uses.
     *
     * @param scanEndedMs when the round's watermark came
     */
    SortedMap<String, Long> toMap(long scanEndedMs) {
        SortedMap<String, Long> counts = new TreeMap<>(others);
        counts.put("names", names);
        counts.put("new", fresh);
        counts.put("changed", changed);
        counts.put("unchanged", unchanged);
        counts.put("repeated", repeated);
        counts.put("disagreed", disagreed);
        counts.put("items", items);
        counts.put("directories", directoryNames);
        counts.put("directories.listed", listings);
        counts.put("directories.unsteady", unsteadyListings);
        counts.put("mounts", mounts);
        counts.put(SCAN_ENDED, scanEndedMs);
        if (scanBegunMs != NEVER) {
            counts.put(SCAN_BEGUN, scanBegunMs);
        }
        return counts;
    }
}
