package io.sluice.ptcomm.writer;

import io.sluice.common.entry.Stat;
import io.sluice.common.posix.Errno;
import io.sluice.common.round.Failure;
import io.sluice.common.round.OwedReason;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What became of the items of one shard, by the names that the report uses. Counted in the mailbox
 * thread.
 */
final class ShardCounts {
    static final String ITEMS = "items";

    /** Entries that were sent by an attempt that failed, and for which no item came again. */
    static final String UNCLAIMED = "unclaimed";

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
            case STORED -> {
                stored(
                        outcome.announced,
                        outcome.dataBytes,
                        outcome.link,
                        outcome.torn,
                        outcome.operation,
                        outcome.errno);
                tape(outcome.tape, outcome.lost);
            }
            case DELETED -> add("deleted", 1);
            case FAILED -> add("failed." + Errno.name(outcome.errno), 1);
            case VANISHED -> add("skipped.vanished", 1);
            case KEPT -> {
                add("skipped.released", 1);
                add("hsm.stale_meta", 1);
            }
            default -> throw new IllegalStateException("an item ended as " + outcome.state);
        }
        if (outcome.owed != null) {
            add("owed." + outcome.owed.text(), 1);
        }
    }

    /** Counts what the stream has and no item came for; it is owed. */
    void countUnclaimed(Claim claim) {
        add(UNCLAIMED, 1);
        if (claim.state() == Outcome.State.DELETED) {
            add("deleted", 1);
        } else {
            stored(
                    claim.announced(),
                    claim.dataBytes(),
                    claim.link(),
                    claim.torn(),
                    claim.operation(),
                    claim.errno());
            tape(claim.tape(), claim.lost());
        }
        add("owed." + OwedReason.VANISHED.text(), 1);
    }

    private void stored(
            Stat announced, long bytes, boolean link, boolean torn, String operation, int errno) {
        char type = announced.type().letter();
        add("stored." + type, 1);
        add("bytes", bytes);
        if (link) {
            add("links", 1);
            add("links." + type, 1);
        }
        if (operation != null) {
            add("read_errors." + Failure.reason(errno), 1);
        }
        if (torn) {
            add("torn", 1);
        }
    }

    private void tape(Outcome.Tape tape, boolean lost) {
        switch (tape) {
            case SKIPPED -> add("hsm.skipped", 1);
            case MARKED -> add("hsm.marked", 1);
            case RECALLED -> add("hsm.recalled", 1);
            case LOST, NOT_AT_ALL -> {}
        }
        if (lost) {
            add("hsm.lost", 1);
        }
    }

    private void add(String name, long n) {
        counts.merge(name, n, Long::sum);
    }

    SortedMap<String, Long> toMap() {
        return new TreeMap<>(counts);
    }
}
