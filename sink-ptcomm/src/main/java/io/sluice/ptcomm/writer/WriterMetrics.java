package io.sluice.ptcomm.writer;

import io.sluice.common.posix.Errno;
import java.util.HashMap;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MeterView;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.SimpleCounter;

/**
 * A shard writer's metrics, in the group {@code sluice}. Counted on the mailbox thread; the gauges
 * look at its queues without waiting for it, and so may be behind.
 */
final class WriterMetrics {
    private final MetricGroup group;
    private final Counter stored;
    private final Counter bytes;
    private final Counter deleted;
    private final Counter vanished;
    private final Map<Integer, Counter> errors = new HashMap<>();

    /**
     * @param shards by their numbers; null where another subtask has the shard
     */
    WriterMetrics(MetricGroup writer, long round, WriterShard[] shards) {
        group = writer.addGroup("sluice");
        stored = group.counter("stored", new SimpleCounter());
        bytes = group.counter("bytes", new SimpleCounter());
        group.meter("bytes_per_second", new MeterView(bytes));
        deleted = group.counter("deleted", new SimpleCounter());
        vanished = group.counter("vanished", new SimpleCounter());
        group.<Long, Gauge<Long>>gauge("round", () -> round);
        group.<Long, Gauge<Long>>gauge("items_waiting", () -> sum(shards, ShardStream::waiting));
        group.<Long, Gauge<Long>>gauge(
                "overflow_bytes", () -> sum(shards, ShardStream::overflowBytes));
    }

    private static long sum(WriterShard[] shards, ToLongFunction<ShardStream> of) {
        long sum = 0;
        for (WriterShard shard : shards) {
            ShardStream running = shard == null ? null : shard.running();
            sum += running == null ? 0 : of.applyAsLong(running);
        }
        return sum;
    }

    void count(Outcome outcome) {
        switch (outcome.state) {
            case STORED -> {
                stored.inc();
                bytes.inc(outcome.dataBytes);
            }
            case DELETED -> deleted.inc();
            case VANISHED -> vanished.inc();
            case FAILED -> error(outcome.errno).inc();
            case PREPARED, DEFERRED, CLAIMED, KEPT -> {}
        }
    }

    /** There from the first error of its kind on. */
    private Counter error(int errno) {
        return errors.computeIfAbsent(
                errno,
                kind ->
                        group.addGroup("kind", Errno.name(kind))
                                .counter("errors", new SimpleCounter()));
    }
}
