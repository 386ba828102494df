package io.sluice.ptcomm.writer;

import io.sluice.common.posix.Errno;
import io.sluice.common.round.Failure;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What became of the items of one shard, by the names that the report uses. Counted in the mailbox
 * thread.
 */
final class ShardCounts {
    static final String ITEMS = "items";

    private final SortedMap<String, Long> counts = new TreeMap<>();

    ShardCounts() {
        for (String name : new String[] {ITEMS, "bytes", "links", "torn", "deleted"}) {
            counts.put(name, 0L);
        }
    }

    /** Goes on from counts that {@link #toMap} gave. */
    ShardCounts(SortedMap<String, Long> former) {
        this();
        counts.putAll(former);
    }

    void count(Outcome outcome) {
        add(ITEMS, 1);
        switch (outcome.state) {
            case STORED -> stored(outcome);
            case DELETED -> add("deleted", 1);
            case FAILED -> add("failed." + Errno.name(outcome.errno), 1);
            case VANISHED -> add("skipped.vanished", 1);
            default -> throw new IllegalStateException("an item ended as " + outcome.state);
        }
        if (outcome.owed != null) {
            add("owed." + outcome.owed.text(), 1);
        }
    }

    private void stored(Outcome outcome) {
        char type = outcome.announced.type().letter();
        add("stored." + type, 1);
        add("bytes", outcome.dataBytes);
        if (outcome.link) {
            add("links", 1);
            add("links." + type, 1);
        }
        if (outcome.operation != null) {
            add("read_errors." + Failure.reason(outcome.errno), 1);
        }
        if (outcome.torn) {
            add("torn", 1);
        }
    }

    private void add(String name, long n) {
        counts.merge(name, n, Long::sum);
    }

    SortedMap<String, Long> toMap() {
        return new TreeMap<>(counts);
    }
}
