package io.sluice.pipeline.report;

import io.sluice.common.round.Receipt;
import io.sluice.common.round.RoundEvent;
import io.sluice.common.round.Tally;
import io.sluice.pipeline.index.DirectoryIndexOperator;
import io.sluice.pipeline.index.IndexCounts;
import io.sluice.ptcomm.writer.ShardWriterOperator;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * A round's bookkeeping. Sources, index, shard writers and receivers each count for themselves;
 * here the counts meet. What one part sent, the next must have got, and what a part got must have
 * ended in exactly one outcome.
 *
 * <p>Later counts of the same operator and number replace earlier ones. Not thread-safe.
 */
public final class Books {
    /** What the names of source operators begin with. */
    public static final String SOURCE = "source.";

    private final SortedMap<String, SortedMap<Integer, Tally>> tallies = new TreeMap<>();
    private final SortedMap<Integer, Receipt> receipts = new TreeMap<>();

    public void add(Tally tally) {
        tallies.computeIfAbsent(tally.operator(), operator -> new TreeMap<>())
                .put(tally.number(), tally);
    }

    public void add(Receipt receipt) {
        receipts.put(receipt.shard(), receipt);
    }

    /** All that was added and not replaced. */
    List<RoundEvent> events() {
        List<RoundEvent> events = new ArrayList<>(receipts.values());
        tallies.values().forEach(numbered -> events.addAll(numbered.values()));
        return events;
    }

    public Collection<Receipt> receipts() {
        return receipts.values();
    }

    Collection<Tally> shards() {
        return tallies.getOrDefault(ShardWriterOperator.NAME, new TreeMap<>()).values();
    }

    /** The index's count of that name. */
    long index(String count) {
        return sum(DirectoryIndexOperator.NAME::equals, count);
    }

    /**
     * Milliseconds from the first listing that any subtask of the index got to the end of the scan
     * in the last one, by their hosts' clocks; 0 without a listing.
     */
    long scanMs() {
        long begun = Long.MAX_VALUE;
        long ended = Long.MIN_VALUE;
        for (Tally tally :
                tallies.getOrDefault(DirectoryIndexOperator.NAME, new TreeMap<>()).values()) {
            begun = Math.min(begun, tally.counts().getOrDefault(IndexCounts.SCAN_BEGUN, begun));
            ended = Math.max(ended, tally.counts().getOrDefault(IndexCounts.SCAN_ENDED, ended));
        }
        return ended > begun ? ended - begun : 0;
    }

    /** The shard writers' count of that name. */
    long writers(String count) {
        return sum(ShardWriterOperator.NAME::equals, count);
    }

    /** The sources' counts whose names start with {@code prefix}, by the rest of their names. */
    SortedMap<String, Long> sourcesByReason(String prefix) {
        SortedMap<String, Long> counts = new TreeMap<>();
        tallies.forEach(
                (operator, numbered) -> {
                    if (operator.startsWith(SOURCE)) {
                        counts.putAll(byReason(numbered.values(), prefix));
                    }
                });
        return counts;
    }

    /** The sources' count of that name. */
    long sources(String count) {
        return sum(operator -> operator.startsWith(SOURCE), count);
    }

    private long sum(Predicate<String> operator, String count) {
        long sum = 0;
        for (SortedMap<Integer, Tally> numbered : tallies.values()) {
            for (Tally tally : numbered.values()) {
                if (operator.test(tally.operator())) {
                    sum += tally.counts().getOrDefault(count, 0L);
                }
            }
        }
        return sum;
    }

    /**
     * The counts of index and writers whose names start with {@code prefix}, added up, by the rest
     * of their names.
     */
    SortedMap<String, Long> byReason(String prefix) {
        SortedMap<String, Long> reasons = indexByReason(prefix);
        writersByReason(prefix).forEach((reason, n) -> reasons.merge(reason, n, Long::sum));
        return reasons;
    }

    SortedMap<String, Long> indexByReason(String prefix) {
        return byReason(DirectoryIndexOperator.NAME, prefix);
    }

    SortedMap<String, Long> writersByReason(String prefix) {
        return byReason(ShardWriterOperator.NAME, prefix);
    }

    private SortedMap<String, Long> byReason(String operator, String prefix) {
        return byReason(tallies.getOrDefault(operator, new TreeMap<>()).values(), prefix);
    }

    private static SortedMap<String, Long> byReason(Collection<Tally> tallies, String prefix) {
        SortedMap<String, Long> reasons = new TreeMap<>();
        for (Tally tally : tallies) {
            tally.counts()
                    .forEach(
                            (name, n) -> {
                                if (name.startsWith(prefix)) {
                                    reasons.merge(name.substring(prefix.length()), n, Long::sum);
                                }
                            });
        }
        return reasons;
    }

    static long total(SortedMap<String, Long> counts) {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    /**
     * Every sum that does not come out, each as one line with its two figures; empty when the books
     * balance.
     *
     * @param shards number of streams that the round has
     */
    public List<String> imbalances(int shards) {
        List<String> lines = new ArrayList<>();
        long names = index("names");
        long announced = index("new") + index("changed");
        check(
                lines,
                "names sent by the sources",
                sources("names"),
                "names merged by the index",
                names);
        check(
                lines,
                "names merged by the index",
                names,
                "their outcomes",
                announced
                        + index("unchanged")
                        + index("repeated")
                        + index("disagreed")
                        + total(indexByReason("skipped."))
                        + total(indexByReason("failed.")));
        check(
                lines,
                "listings sent by the sources",
                sources("directories"),
                "listings merged by the index",
                index("directories.listed"));
        check(
                lines,
                "failed listings of the sources",
                sources("directories.failed"),
                "failed listings in the index",
                total(indexByReason("directories.failed.")));
        checkDirectories(lines);
        check(
                lines,
                "answers sent by the sources",
                sources("deltas"),
                "answers heard by the index",
                index("deltas"));
        check(
                lines,
                "answers heard by the index",
                index("deltas"),
                "their outcomes",
                index("retried") + index("deleted.unknown") + total(indexByReason("delta.")));
        check(
                lines,
                "names that are new, changed, retried or gone",
                fresh() + changed() + index("retried") + deleted(),
                "items sent to the shards",
                index("items"));
        check(
                lines,
                "items sent to the shards",
                index("items"),
                "items of the shards",
                writers("items"));
        check(
                lines,
                "items of the shards",
                writers("items"),
                "their outcomes",
                // What a failed attempt sent, and no item came for, is no item's.
                -writers("unclaimed")
                        + total(writersByReason("stored."))
                        + writers("deleted")
                        + total(writersByReason("failed."))
                        + total(writersByReason("skipped.")));
        long withReceipt = 0;
        for (Tally shard : shards()) {
            Receipt receipt = receipts.get(shard.number());
            if (receipt != null) {
                withReceipt++;
                check(
                        lines,
                        "entries and tombstones stored by shard " + shard.number(),
                        total(byReason(List.of(shard), "stored."))
                                + shard.counts().getOrDefault("deleted", 0L),
                        "entries in its receipt",
                        receipt.entries());
            }
        }
        check(lines, "shards", shards, "shards with counts", shards().size());
        check(lines, "shards", shards, "shards with a receipt", withReceipt);
        return lines;
    }

    /** Names that the index did not know, listed or asked for by name. */
    long fresh() {
        return index("new") + index("delta.new");
    }

    /** Names whose signature is another one, listed or asked for by name. */
    long changed() {
        return index("changed") + index("delta.changed");
    }

    /** Whether listings covered the whole tree. */
    boolean isFullScan() {
        return index("without_scan") == 0;
    }

    /** Names that got a tombstone. */
    long deleted() {
        return index("deleted") + index("deleted.unknown");
    }

    /**
     * Each directory shown must have been listed; without a full scan more are. After a failure,
     * one that was on its way to another reader when it was removed may have been listed without
     * that anybody shows it any more.
     */
    private void checkDirectories(List<String> lines) {
        // The root's own entry is listed too, and nothing shows that directory. Without a full scan
        // each subtree that is listed has such a top.
        long shown = index("directories") + (isFullScan() ? 1 : 0);
        long listed = index("directories.distinct");
        boolean exact = isFullScan() && index("restores") == 0;
        if (exact || listed < shown) {
            check(lines, "directories to be listed", shown, "directories listed", listed);
        }
    }

    private static void check(
            List<String> lines, String what, long one, String other, long another) {
        if (one != another) {
            lines.add(what + ": " + one + ", " + other + ": " + another);
        }
    }
}
