package io.sluice.pipeline.index;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.posix.Errno;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.testutils.MetricListener;
import org.junit.jupiter.api.Test;

class IndexMetricsTest {
    @Test
    void countsAreGaugesAndErrorsOfTheScanCountersByKind() {
        MetricListener listener = new MetricListener();
        IndexCounts counts = new IndexCounts();
        new IndexMetrics(listener.getMetricGroup(), counts);
        counts.add(IndexCount.UNCHANGED, 3);
        counts.unreadable(Errno.EACCES);
        counts.unreadable(Errno.EACCES);
        counts.failedListing(Errno.EACCES);
        counts.failedListing(Errno.EIO);
        counts.vanished();

        assertThat(listener.<Long>getGauge("sluice", "index_unchanged").orElseThrow().getValue())
                .isEqualTo(3);
        assertThat(errors(listener, "EACCES")).isEqualTo(3);
        assertThat(errors(listener, "EIO")).isEqualTo(1);
        assertThat(listener.getCounter("sluice", "kind", "ENOENT", "scan_errors")).isEmpty();
    }

    private static long errors(MetricListener listener, String kind) {
        return listener.getCounter("sluice", "kind", kind, "scan_errors")
                .map(Counter::getCount)
                .orElseThrow();
    }
}
