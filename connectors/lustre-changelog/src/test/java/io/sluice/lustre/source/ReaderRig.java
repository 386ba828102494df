package io.sluice.lustre.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.change.Change;
import io.sluice.common.change.SourceTotals;
import io.sluice.scan.ScanOptions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.metrics.groups.SourceReaderMetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.util.SimpleUserCodeClassLoader;
import org.apache.flink.util.UserCodeClassLoader;

/** A real reader on a played Lustre; the test's thread is the mailbox. */
final class ReaderRig implements AutoCloseable {
    static final long ROUND = 3;
    private static final long PATIENCE_SECONDS = 60;

    final List<Change> changes = new ArrayList<>();
    final List<Long> watermarks = new ArrayList<>();
    private final MdtReader reader;

    ReaderRig(PlayedLustre fs, int batchRecords, List<MdtSplit> splits) throws Exception {
        this(fs, batchRecords, splits, null);
    }

    /** One that looks again after so long, without end. */
    static ReaderRig following(PlayedLustre fs, int batchRecords, List<MdtSplit> splits)
            throws Exception {
        return new ReaderRig(fs, batchRecords, splits, Duration.ofMillis(5));
    }

    private ReaderRig(PlayedLustre fs, int batchRecords, List<MdtSplit> splits, Duration follow)
            throws Exception {
        LustreSourceOptions options =
                new LustreSourceOptions(
                        scan(fs), new byte[0], new byte[0], cursors(splits), List.of(), follow);
        reader =
                new MdtReader(
                        new Context(),
                        options,
                        same -> new Filesystem(fs, fs),
                        new Patience(
                                batchRecords,
                                Duration.ofMillis(1),
                                Duration.ofMillis(5),
                                20,
                                Duration.ofMinutes(5)));
        List<MdtSplit> copies = new ArrayList<>();
        for (MdtSplit split : splits) {
            byte[] bytes = MdtSplitSerializer.INSTANCE.serialize(split);
            copies.add(MdtSplitSerializer.INSTANCE.deserialize(1, bytes));
        }
        reader.addSplits(copies);
        reader.start();
        reader.notifyNoMoreSplits();
    }

    static ScanOptions scan(PlayedLustre fs) {
        return ScanOptions.of(fs.root().toString().getBytes(StandardCharsets.UTF_8), ROUND, 2);
    }

    private static Map<String, LustreSourceOptions.Cursor> cursors(List<MdtSplit> splits) {
        Map<String, LustreSourceOptions.Cursor> cursors = new LinkedHashMap<>();
        splits.forEach(
                split ->
                        cursors.put(
                                split.mdt(),
                                new LustreSourceOptions.Cursor(
                                        split.user(), split.acknowledged(), split.next())));
        return cursors;
    }

    /** Takes at least so many changes, or all there are in the round. */
    ReaderRig run(int most) throws Exception {
        while (changes.size() < most && watermarks.isEmpty()) {
            if (reader.pollNext(new Output()) == InputStatus.NOTHING_AVAILABLE
                    && watermarks.isEmpty()) {
                reader.isAvailable().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            }
        }
        return this;
    }

    /** Takes what comes until that is so. */
    ReaderRig runUntil(Callable<Boolean> reached) throws Exception {
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!reached.call()) {
            assertThat(System.nanoTime()).as("changes: %s", changes).isLessThan(deadlineNs);
            if (reader.pollNext(new Output()) == InputStatus.NOTHING_AVAILABLE) {
                Thread.sleep(1);
            }
        }
        return this;
    }

    ReaderRig runToTheEnd() throws Exception {
        return run(Integer.MAX_VALUE);
    }

    List<MdtSplit> snapshot() {
        return reader.snapshotState(1);
    }

    SourceTotals totals() {
        return (SourceTotals) changes.get(changes.size() - 1);
    }

    @Override
    public void close() throws Exception {
        reader.close();
    }

    private final class Output implements ReaderOutput<Change> {
        @Override
        public void collect(Change change) {
            changes.add(change);
        }

        @Override
        public void collect(Change change, long timestamp) {
            throw new AssertionError("changes have no time");
        }

        @Override
        public void emitWatermark(Watermark watermark) {
            watermarks.add(watermark.getTimestamp());
        }

        @Override
        public void markIdle() {
            throw new AssertionError("a reader of changelogs is never idle");
        }

        @Override
        public void markActive() {}

        @Override
        public SourceOutput<Change> createOutputForSplit(String split) {
            throw new AssertionError("one output");
        }

        @Override
        public void releaseOutputForSplit(String split) {}
    }

    private static final class Context implements SourceReaderContext {
        @Override
        public SourceReaderMetricGroup metricGroup() {
            return UnregisteredMetricsGroup.createSourceReaderMetricGroup();
        }

        @Override
        public Configuration getConfiguration() {
            return new Configuration();
        }

        @Override
        public String getLocalHostName() {
            return "localhost";
        }

        @Override
        public int getIndexOfSubtask() {
            return 0;
        }

        @Override
        public void sendSplitRequest() {
            throw new AssertionError("MDTs are dealt out");
        }

        @Override
        public void sendSourceEventToCoordinator(SourceEvent event) {
            throw new AssertionError("nothing is said");
        }

        @Override
        public UserCodeClassLoader getUserCodeClassLoader() {
            return SimpleUserCodeClassLoader.create(getClass().getClassLoader());
        }
    }
}
