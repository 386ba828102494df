package io.sluice.pipeline.index;

import io.sluice.common.posix.Errno;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.SimpleCounter;

/**
 * A subtask's metrics, in the group {@code sluice}: a gauge for each count, and what the scan could
 * not look at or list, by kind. The gauges go on after a failure, the kinds begin anew. Belongs to
 * the task's thread, as the counts do.
 */
final class IndexMetrics {
    private final MetricGroup group;
    private final Map<Integer, Counter> errors = new HashMap<>();

    IndexMetrics(MetricGroup index, IndexCounts counts) {
        group = index.addGroup("sluice");
        for (IndexCount count : IndexCount.values()) {
            group.gauge(
                    "index_" + count.name().toLowerCase(Locale.ROOT),
                    (Gauge<Long>) () -> counts.get(count));
        }
        counts.onError(errno -> error(errno).inc());
    }

    /** There from the first error of its kind on. */
    private Counter error(int errno) {
        return errors.computeIfAbsent(
                errno,
                kind ->
                        group.addGroup("kind", Errno.name(kind))
                                .counter("scan_errors", new SimpleCounter()));
    }
}
