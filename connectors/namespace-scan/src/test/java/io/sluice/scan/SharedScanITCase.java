package io.sluice.scan;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.change.Change;
import io.sluice.common.change.Listing;
import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.entry.EntryCursor;
import io.sluice.common.posix.RawTree;
import io.sluice.common.serial.ChangeSerializer;
import io.sluice.common.text.Text;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Readers of a real job share a walk, while its tasks fail again and again. */
class SharedScanITCase {
    private static final int PARALLELISM = 4;
    private static final int FAILURES = 6;
    private static final long PATIENCE_SECONDS = 120;

    @RegisterExtension
    static final MiniClusterExtension CLUSTER =
            new MiniClusterExtension(
                    new MiniClusterResourceConfiguration.Builder()
                            .setNumberTaskManagers(1)
                            .setNumberSlotsPerTaskManager(PARALLELISM)
                            .build());

    /** What the collectors of the whole job share, in this JVM. */
    private static final class Shared {
        static final Map<Integer, List<String>> NAMES = new ConcurrentHashMap<>();
        static final CountDownLatch ENDED = new CountDownLatch(PARALLELISM);
        static final AtomicInteger FAILURES_LEFT = new AtomicInteger(FAILURES);
    }

    /** Behind one reader; what it has seen goes back with a failure, as the index's state does. */
    private static final class Collector extends AbstractStreamOperator<Integer>
            implements OneInputStreamOperator<Change, Integer> {
        private static final long serialVersionUID = 1L;

        /** Slow enough that a walk of a few hundred listings lasts over some checkpoints. */
        private static final long LISTING_NS = TimeUnit.MILLISECONDS.toNanos(2);

        private transient ListState<String> state;
        private transient List<String> names;
        private transient int sinceCheckpoint;
        private transient boolean hasCheckpoint;

        @Override
        public void initializeState(StateInitializationContext context) throws Exception {
            super.initializeState(context);
            state =
                    context.getOperatorStateStore()
                            .getListState(new ListStateDescriptor<>("names", Types.STRING));
            names = new ArrayList<>();
            state.get().forEach(names::add);
        }

        @Override
        public void snapshotState(StateSnapshotContext context) throws Exception {
            super.snapshotState(context);
            state.update(names);
        }

        @Override
        public void notifyCheckpointComplete(long checkpoint) {
            hasCheckpoint = true;
            sinceCheckpoint = 0;
        }

        @Override
        public void processElement(StreamRecord<Change> element) {
            if (!(element.getValue() instanceof Listing listing)) {
                return;
            }
            LockSupport.parkNanos(LISTING_NS);
            EntryCursor cursor = listing.cursor();
            while (cursor.next()) {
                names.add(Text.escape(DirectoryPath.child(listing.directory(), cursor.name())));
            }
            if (hasCheckpoint
                    && ++sinceCheckpoint == 10
                    && Shared.FAILURES_LEFT.getAndDecrement() > 0) {
                throw new IllegalStateException("a failure, as the test wants it");
            }
        }

        @Override
        public void processWatermark(Watermark mark) throws Exception {
            Shared.NAMES.put(getRuntimeContext().getTaskInfo().getIndexOfThisSubtask(), names);
            Shared.ENDED.countDown();
            super.processWatermark(mark);
        }
    }

    @Test
    void everyNameIsSeenThoughTasksFail() throws Exception {
        try (RawTree tree = new RawTree()) {
            TreeSet<String> expected = new TreeSet<>();
            expected.add("");
            for (int i = 0; i < 30; i++) {
                tree.directory("d" + i);
                for (int j = 0; j < 40; j++) {
                    String directory = "d" + i + "/e" + j;
                    tree.directory(directory).file(directory + "/f");
                    expected.addAll(List.of("d" + i, directory, directory + "/f"));
                }
            }
            JobClient job = start(tree);
            assertThat(Shared.ENDED.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
            job.cancel().get(PATIENCE_SECONDS, TimeUnit.SECONDS);

            TreeSet<String> seen = new TreeSet<>();
            Shared.NAMES.values().forEach(seen::addAll);
            assertThat(seen).isEqualTo(expected);
            assertThat(Shared.FAILURES_LEFT.get()).as("all failures came").isNotPositive();
            assertThat(Shared.NAMES.values())
                    .as("the walk was shared")
                    .filteredOn(names -> names.size() > 10)
                    .hasSizeGreaterThan(1);
        }
    }

    private static JobClient start(RawTree tree) throws Exception {
        Configuration configuration = new Configuration();
        configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(100));
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
        configuration.set(
                RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, 2 * FAILURES);
        configuration.set(
                RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, Duration.ofMillis(10));
        StreamExecutionEnvironment environment =
                StreamExecutionEnvironment.getExecutionEnvironment(configuration);
        environment.setParallelism(PARALLELISM);
        environment
                .fromSource(
                        new NamespaceScanSource(ScanOptions.of(tree.root(), 1, 2)),
                        WatermarkStrategy.noWatermarks(),
                        "namespace scan",
                        ChangeSerializer.TYPE)
                .uid("namespace-scan-r1")
                .transform("collector", Types.INT, new Collector())
                .uid("collector")
                .sinkTo(new DiscardingSink<>())
                .uid("sink");
        return environment.executeAsync();
    }
}
