package io.sluice.scan;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.change.Change;
import io.sluice.common.change.Listing;
import io.sluice.common.change.SourceTotals;
import io.sluice.common.posix.RawTree;
import io.sluice.common.serial.ChangeSerializer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
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

class NamespaceScanSourceITCase {
    private static final int PARALLELISM = 3;
    private static final int ROUND = 17;
    private static final long PATIENCE_SECONDS = 60;

    @RegisterExtension
    static final MiniClusterExtension CLUSTER =
            new MiniClusterExtension(
                    new MiniClusterResourceConfiguration.Builder()
                            .setNumberTaskManagers(1)
                            .setNumberSlotsPerTaskManager(PARALLELISM)
                            .build());

    /** What arrived behind the source, in this JVM. */
    private static final class Arrived {
        static final ConcurrentLinkedQueue<Change> CHANGES = new ConcurrentLinkedQueue<>();
        static final Set<String> WATERMARKS = ConcurrentHashMap.newKeySet();
        static CountDownLatch allReaders;

        static void expect() {
            CHANGES.clear();
            WATERMARKS.clear();
            allReaders = new CountDownLatch(PARALLELISM);
        }
    }

    /** Chained to its reader, so it sees that reader's watermark and no other. */
    private static final class Collector extends AbstractStreamOperator<Integer>
            implements OneInputStreamOperator<Change, Integer> {
        private static final long serialVersionUID = 1L;

        @Override
        public void processElement(StreamRecord<Change> element) {
            Arrived.CHANGES.add(element.getValue());
        }

        @Override
        public void processWatermark(Watermark mark) throws Exception {
            int reader = getRuntimeContext().getTaskInfo().getIndexOfThisSubtask();
            Arrived.WATERMARKS.add(reader + ": " + mark.getTimestamp());
            Arrived.allReaders.countDown();
            super.processWatermark(mark);
        }
    }

    @Test
    void everyReaderEmitsTheWatermarkThenHoldsAndDoesSoAgainAfterARestore() throws Exception {
        Path savepoints = Files.createTempDirectory("sluice-savepoint-");
        try (RawTree tree = new RawTree()) {
            for (int i = 0; i < 50; i++) {
                tree.directory("d" + i).files("d" + i, "f", 20);
            }
            Arrived.expect();
            JobClient first = start(tree, null);
            awaitWatermarks();
            assertThat(listedNames()).isEqualTo(1 + 50 + 50 * 20);
            assertThat(totals()).isEqualTo(1 + 50 + 50 * 20);
            assertThat(first.getJobStatus().get()).isEqualTo(JobStatus.RUNNING);
            String savepoint =
                    first.stopWithSavepoint(
                                    false, savepoints.toString(), SavepointFormatType.NATIVE)
                            .get(PATIENCE_SECONDS, TimeUnit.SECONDS);

            Arrived.expect();
            JobClient second = start(tree, savepoint);
            awaitWatermarks();
            assertThat(listedNames()).isZero();
            assertThat(totals()).isEqualTo(1 + 50 + 50 * 20);
            assertThat(second.getJobStatus().get()).isEqualTo(JobStatus.RUNNING);
            second.cancel().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } finally {
            org.apache.flink.util.FileUtils.deleteDirectory(savepoints.toFile());
        }
    }

    private static void awaitWatermarks() throws Exception {
        assertThat(Arrived.allReaders.await(PATIENCE_SECONDS, TimeUnit.SECONDS))
                .as("watermarks " + Arrived.WATERMARKS)
                .isTrue();
        assertThat(Arrived.WATERMARKS)
                .containsExactlyInAnyOrder("0: " + ROUND, "1: " + ROUND, "2: " + ROUND);
    }

    private static long listedNames() {
        return Arrived.CHANGES.stream()
                .filter(Listing.class::isInstance)
                .mapToLong(change -> ((Listing) change).count())
                .sum();
    }

    private static long totals() {
        List<SourceTotals> totals =
                Arrived.CHANGES.stream()
                        .filter(SourceTotals.class::isInstance)
                        .map(SourceTotals.class::cast)
                        .toList();
        assertThat(totals).extracting(SourceTotals::reader).containsExactlyInAnyOrder(0, 1, 2);
        return totals.stream().mapToLong(SourceTotals::names).sum();
    }

    private static JobClient start(RawTree tree, String savepoint) throws Exception {
        Configuration configuration = new Configuration();
        if (savepoint != null) {
            configuration.set(StateRecoveryOptions.SAVEPOINT_PATH, savepoint);
        }
        StreamExecutionEnvironment environment =
                StreamExecutionEnvironment.getExecutionEnvironment(configuration);
        environment.setParallelism(PARALLELISM);
        environment
                .fromSource(
                        new NamespaceScanSource(ScanOptions.of(tree.root(), ROUND, 2)),
                        WatermarkStrategy.noWatermarks(),
                        "namespace scan",
                        ChangeSerializer.TYPE)
                .uid("namespace-scan-r" + ROUND)
                .transform("collector", Types.INT, new Collector())
                .uid("collector")
                .sinkTo(new DiscardingSink<>())
                .uid("sink");
        return environment.executeAsync();
    }
}
