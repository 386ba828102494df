package io.sluice.ptcomm.writer;

import io.sluice.common.posix.Errno;
import io.sluice.common.posix.FileType;
import io.sluice.common.round.Failure;
import io.sluice.common.round.OwedReason;
import java.util.EnumMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** What became of the items of one shard, counted in the mailbox thread. */
final class ShardCounts {
    private final Map<FileType, long[]> stored = new EnumMap<>(FileType.class);
    private final Map<OwedReason, long[]> owed = new EnumMap<>(OwedReason.class);
    private final Map<FileType, long[]> links = new EnumMap<>(FileType.class);
    private final Map<Integer, long[]> failed = new TreeMap<>();
    private final Map<Integer, long[]> readErrors = new TreeMap<>();
    private long items;
    private long deleted;
    private long vanished;
    private long torn;
    private long bytes;

    void count(Outcome outcome) {
        items++;
        switch (outcome.state) {
            case STORED -> {
                increment(stored.computeIfAbsent(outcome.announced.type(), type -> new long[1]));
                bytes += outcome.dataBytes;
                if (outcome.link) {
                    increment(links.computeIfAbsent(outcome.announced.type(), type -> new long[1]));
                }
                if (outcome.operation != null) {
                    increment(readErrors.computeIfAbsent(outcome.errno, errno -> new long[1]));
                }
                torn += outcome.torn ? 1 : 0;
            }
            case DELETED -> deleted++;
            case FAILED -> increment(failed.computeIfAbsent(outcome.errno, errno -> new long[1]));
            case VANISHED -> vanished++;
            default -> throw new IllegalStateException("an item ended as " + outcome.state);
        }
        if (outcome.owed != null) {
            increment(owed.computeIfAbsent(outcome.owed, reason -> new long[1]));
        }
    }

    private static void increment(long[] counter) {
        counter[0]++;
    }

    long items() {
        return items;
    }

    /** By the names that the report uses. */
    SortedMap<String, Long> toMap() {
        SortedMap<String, Long> counts = new TreeMap<>();
        counts.put("items", items);
        counts.put("bytes", bytes);
        counts.put("links", links.values().stream().mapToLong(n -> n[0]).sum());
        links.forEach((type, n) -> counts.put("links." + type.letter(), n[0]));
        readErrors.forEach((errno, n) -> counts.put("read_errors." + Failure.reason(errno), n[0]));
        counts.put("torn", torn);
        counts.put("deleted", deleted);
        stored.forEach((type, n) -> counts.put("stored." + type.letter(), n[0]));
        failed.forEach((errno, n) -> counts.put("failed." + Errno.name(errno), n[0]));
        if (vanished > 0) {
            counts.put("skipped.vanished", vanished);
        }
        owed.forEach((reason, n) -> counts.put("owed." + reason.text(), n[0]));
        return counts;
    }
}
