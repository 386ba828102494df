package io.sluice.scan.reader;

import io.sluice.scan.split.SentCounts;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;

/** A reader's metrics, in the group {@code sluice}. Counted on the mailbox thread, when emitted. */
final class ScanMetrics {
    private final Counter entries;
    private final Counter directories;
    private final Counter unreadable;
    private final Counter swapped;
    private final Counter handedOver;

    ScanMetrics(MetricGroup reader, Walk walk, int walkers) {
        MetricGroup group = reader.addGroup("sluice");
        entries = group.counter("entries");
        directories = group.counter("directories");
        unreadable = group.counter("directories_unreadable");
        swapped = group.counter("directories_swapped");
        handedOver = group.counter("directories_handed_over");
        group.<Integer, Gauge<Integer>>gauge("directories_left", walk::directoriesLeft);
        group.<Integer, Gauge<Integer>>gauge("walkers_busy", () -> walk.busy(walkers));
        group.<Integer, Gauge<Integer>>gauge("directories_spilled", () -> walk.stack().spilled());
    }

    void gaveUp(int n) {
        handedOver.inc(n);
    }

    void count(ListingPart part) {
        SentCounts counts = part.counts();
        entries.inc(part.listing().count());
        directories.inc(counts.directories());
        unreadable.inc(counts.unreadableDirectories());
        if (part.swapped()) {
            swapped.inc();
        }
    }
}
