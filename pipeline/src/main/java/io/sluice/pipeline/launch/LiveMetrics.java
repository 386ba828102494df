package io.sluice.pipeline.launch;

import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Metric;
import org.apache.flink.metrics.MetricConfig;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.reporter.MetricReporter;
import org.apache.flink.metrics.reporter.MetricReporterFactory;

/**
 * Flink's metrics of the group {@code sluice}, readable while an embedded round runs: for the
 * progress line, never for the report. Thread-safe.
 */
public final class LiveMetrics implements MetricReporter {
    private static final String GROUP = ".sluice.";
    private static final Map<String, Metric> METRICS = new ConcurrentHashMap<>();

    /** The sum over all subtasks of the metric with that name; 0 while there is none. */
    public static long sum(String name) {
        long sum = 0;
        for (Map.Entry<String, Metric> metric : METRICS.entrySet()) {
            if (metric.getKey().endsWith(GROUP + name)) {
                if (metric.getValue() instanceof Counter counter) {
                    sum += counter.getCount();
                } else if (metric.getValue() instanceof Gauge<?> gauge
                        && gauge.getValue() instanceof Number number) {
                    sum += number.longValue();
                }
            }
        }
        return sum;
    }

    /**
     * Another cluster begins: what the one before it left goes, and with it the buffers of its job.
     */
    @Override
    public void open(MetricConfig config) {
        METRICS.clear();
    }

    @Override
    public void close() {}

    @Override
    public void notifyOfAddedMetric(Metric metric, String name, MetricGroup group) {
        String identifier = group.getMetricIdentifier(name);
        if (identifier.contains(GROUP)) {
            METRICS.put(identifier, metric);
        }
    }

    /**
     * A metric that has gone keeps its last value: the progress must not fall back to zero at the
     * end.
     */
    @Override
    public void notifyOfRemovedMetric(Metric metric, String name, MetricGroup group) {}

    /** Found by Flink through its service file and its name in the configuration. */
    public static final class Factory implements MetricReporterFactory {
        @Override
        public MetricReporter createMetricReporter(Properties properties) {
            return new LiveMetrics();
        }
    }
}
