package io.sluice.pipeline.report;

import io.sluice.common.round.Receipt;
import io.sluice.common.round.RoundEvent;
import io.sluice.common.round.Tally;
import io.sluice.pipeline.index.DirectoryIndexOperator;
import io.sluice.pipeline.index.IndexCounts;
import io.sluice.ptcomm.writer.ShardWriterOperator;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The events of a round whose books balance, with one of every outcome; two shards. */
final class RoundSample {
    static final int SHARDS = 2;

    private final Map<String, Map<String, Long>> figures = new HashMap<>();
    private final long[] received = {9, 7};

    RoundSample() {
        figures.put(
                "source.namespace-scan/0",
                Map.of("names", 24L, "directories", 4L, "directories.failed", 2L));
        // 2 retried, 1 never known and gone, 3 that led to nothing.
        figures.put("source.owed/0", Map.of("deltas", 6L));
        // 9 new, 3 changed, 2 unchanged, 1 repeated, 1 disagreed, 5 skipped, 3 failed.
        TreeMap<String, Long> index = new TreeMap<>();
        index.put("names", 24L);
        index.put("new", 9L);
        index.put("changed", 3L);
        index.put("unchanged", 2L);
        index.put("repeated", 1L);
        index.put("disagreed", 1L);
        index.put("skipped.own", 2L);
        index.put("skipped.vanished", 3L);
        index.put("failed.EACCES", 2L);
        index.put("failed.EIO", 1L);
        index.put("deltas", 6L);
        index.put("retried", 2L);
        index.put("deleted", 3L);
        index.put("deleted.unknown", 1L);
        index.put("delta.repeated", 1L);
        index.put("delta.gone", 2L);
        index.put("items", 18L);
        index.put("directories", 3L);
        index.put("directories.listed", 4L);
        index.put("directories.distinct", 4L);
        index.put("directories.unsteady", 1L);
        index.put("directories.failed.EACCES", 1L);
        index.put("directories.failed.ENOENT", 1L);
        index.put("mounts", 1L);
        index.put("owed.scan", 2L);
        index.put(IndexCounts.SCAN_BEGUN, 1_700_000_000_500L);
        index.put(IndexCounts.SCAN_ENDED, 1_700_000_002_000L);
        figures.put(DirectoryIndexOperator.NAME + "/0", index);
        // A subtask that no listing came to.
        figures.put(
                DirectoryIndexOperator.NAME + "/1",
                Map.of(IndexCounts.SCAN_ENDED, 1_700_000_002_250L));
        TreeMap<String, Long> shard0 = new TreeMap<>();
        shard0.put("items", 10L);
        shard0.put("deleted", 3L);
        shard0.put("bytes", 1000L);
        shard0.put("stored.f", 4L);
        shard0.put("stored.d", 2L);
        shard0.put("links", 1L);
        shard0.put("links.f", 1L);
        shard0.put("failed.EACCES", 1L);
        shard0.put("torn", 1L);
        shard0.put("read_errors.EIO", 1L);
        shard0.put("owed.torn", 1L);
        figures.put(ShardWriterOperator.NAME + "/0", shard0);
        TreeMap<String, Long> shard1 = new TreeMap<>();
        shard1.put("items", 8L);
        shard1.put("deleted", 1L);
        shard1.put("bytes", 24L);
        shard1.put("links", 0L);
        shard1.put("torn", 0L);
        shard1.put("stored.f", 6L);
        shard1.put("skipped.vanished", 1L);
        figures.put(ShardWriterOperator.NAME + "/1", shard1);
    }

    /** Adds to one figure. */
    RoundSample falsify(String part, String figure, long by) {
        TreeMap<String, Long> counts = new TreeMap<>(figures.get(part));
        counts.merge(figure, by, Long::sum);
        figures.put(part, counts);
        return this;
    }

    RoundSample falsifyReceipt(int shard, long by) {
        received[shard] += by;
        return this;
    }

    List<RoundEvent> events() {
        List<RoundEvent> events = new ArrayList<>();
        figures.forEach(
                (part, counts) -> {
                    int slash = part.indexOf('/');
                    events.add(
                            new Tally(
                                    part.substring(0, slash),
                                    Integer.parseInt(part.substring(slash + 1)),
                                    new TreeMap<>(counts)));
                });
        for (int shard = 0; shard < SHARDS; shard++) {
            events.add(
                    new Receipt(
                            shard,
                            received[shard],
                            5000,
                            List.of(
                                    new Receipt.Segment(
                                            "shard-" + shard + ".run.0.0.ptcomm",
                                            700,
                                            received[shard],
                                            -1L))));
        }
        return events;
    }

    Books books() {
        Books books = new Books();
        for (RoundEvent event : events()) {
            add(books, event);
        }
        return books;
    }

    static void add(Books books, RoundEvent event) {
        if (event instanceof Tally tally) {
            books.add(tally);
        } else if (event instanceof Receipt receipt) {
            books.add(receipt);
        }
    }
}
