package io.sluice.lustre.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.change.Change;
import io.sluice.common.change.Delta;
import io.sluice.common.change.Listing;
import io.sluice.common.change.SourceTotals;
import io.sluice.common.serial.ChangeSerializer;
import io.sluice.lustre.changelog.ChangelogRecord;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * The source in a job of its own: dealt out, failed, restored from a checkpoint, and begun again
 * from a savepoint with more and with fewer readers.
 */
class LustreChangelogSourceITCase {
    private static final int MDTS = 4;
    private static final int SLOTS = 5;
    private static final int FILES = 600;
    private static final int BATCH = 20;
    private static final long PATIENCE_SECONDS = 60;

    /** Records of each log before its reader is held, once to fail and once to be stopped. */
    private static final int FIRST_GATE = 90;

    private static final int SECOND_GATE = 200;

    @RegisterExtension
    static final MiniClusterExtension CLUSTER =
            new MiniClusterExtension(
                    new MiniClusterResourceConfiguration.Builder()
                            .setNumberTaskManagers(1)
                            .setNumberSlotsPerTaskManager(SLOTS)
                            .build());

    @TempDir private Path root;
    @TempDir private Path savepoints;
    private final Map<String, LustreSourceOptions.Cursor> cursors = new LinkedHashMap<>();
    private NameModel known;

    /** Before a record of each log its reader waits here, as for an MDT that is away. */
    private static final class Gate {
        private final Map<String, Long> records = new ConcurrentHashMap<>();
        private final Set<String> waiting = ConcurrentHashMap.newKeySet();
        private final CountDownLatch held = new CountDownLatch(MDTS);
        private final CountDownLatch open = new CountDownLatch(1);

        Gate(Map<String, LustreSourceOptions.Cursor> cursors, long behind) {
            cursors.forEach((mdt, cursor) -> records.put(mdt, cursor.next() + behind));
        }

        void pass(String mdt, long record) throws IOException {
            if (record < records.get(mdt)) {
                return;
            }
            if (waiting.add(mdt)) {
                held.countDown();
            }
            try {
                open.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException();
            }
        }

        boolean holdsAll() {
            return held.getCount() == 0;
        }

        boolean isOpen() {
            return open.getCount() == 0;
        }
    }

    /** What the readers see and do, in this JVM. */
    private static final class Played {
        static final Queue<Change> CHANGES = new ConcurrentLinkedQueue<>();
        static final Map<Integer, Long> WATERMARKS = new ConcurrentHashMap<>();
        static final Map<Integer, Long> SURVIVED = new ConcurrentHashMap<>();
        static final AtomicBoolean FAILED = new AtomicBoolean();
        static PlayedLustre fs;
        static Gate first;
        static Gate second;
        static CountDownLatch restored;
        static volatile CountDownLatch ends;

        static void expect(int readers) {
            CHANGES.removeIf(SourceTotals.class::isInstance);
            WATERMARKS.clear();
            SURVIVED.clear();
            ends = new CountDownLatch(readers);
        }
    }

    /** The played logs, behind the gates. */
    private static final class GatedLogs implements Changelogs {
        @Override
        public Log open(String mdt, long from) throws IOException {
            Log log = Played.fs.open(mdt, from);
            return new Log() {
                @Override
                public ChangelogRecord next() throws IOException {
                    ChangelogRecord record = log.next();
                    if (record != null) {
                        Played.first.pass(mdt, record.index());
                        Played.second.pass(mdt, record.index());
                    }
                    return record;
                }

                @Override
                public void close() throws IOException {
                    log.close();
                }
            };
        }

        @Override
        public int clearOrErrno(String mdt, String user, long index) {
            return Played.fs.clearOrErrno(mdt, user, index);
        }
    }

    /** Chained to its reader. Counts what came in its state, so what failed is not counted. */
    private static final class Collector extends AbstractStreamOperator<Integer>
            implements OneInputStreamOperator<Change, Integer> {
        private static final long serialVersionUID = 1L;

        private transient ListState<Long> state;
        private long count;
        private long snapshot;

        @Override
        public void initializeState(StateInitializationContext context) throws Exception {
            super.initializeState(context);
            state =
                    context.getOperatorStateStore()
                            .getListState(new ListStateDescriptor<>("count", Types.LONG));
            for (long part : state.get()) {
                count += part;
            }
        }

        @Override
        public void snapshotState(StateSnapshotContext context) throws Exception {
            super.snapshotState(context);
            snapshot = count;
            state.update(List.of(count));
        }

        @Override
        public void notifyCheckpointComplete(long checkpoint) throws Exception {
            super.notifyCheckpointComplete(checkpoint);
            if (snapshot > 0 && Played.first.holdsAll()) {
                Played.first.open.countDown();
            }
            if (Played.FAILED.get() && Played.second.holdsAll()) {
                Played.restored.countDown();
            }
        }

        @Override
        public void processElement(StreamRecord<Change> element) {
            Change change = element.getValue();
            Played.CHANGES.add(change);
            if (change instanceof Delta) {
                count++;
            } else if (change instanceof Listing listing) {
                count += listing.count();
            }
            if (Played.first.isOpen() && !Played.FAILED.getAndSet(true)) {
                throw new IllegalStateException("as the test wants it");
            }
        }

        @Override
        public void processWatermark(Watermark mark) throws Exception {
            int reader = getRuntimeContext().getTaskInfo().getIndexOfThisSubtask();
            Played.SURVIVED.put(reader, count);
            Played.WATERMARKS.put(reader, mark.getTimestamp());
            Played.ends.countDown();
            super.processWatermark(mark);
        }
    }

    @BeforeEach
    void makeTree() throws Exception {
        PlayedLustre fs = new PlayedLustre(root, MDTS);
        Played.fs = fs;
        Played.CHANGES.clear();
        for (int mdt = 0; mdt < MDTS; mdt++) {
            fs.mkdir(mdt, "d" + mdt);
            fs.write(mdt, "d" + mdt + "/before");
        }
        known = NameModel.of(ReaderRig.scan(fs));
        for (int mdt = 0; mdt < MDTS; mdt++) {
            String name = "fs-MDT000" + mdt;
            long last = fs.last(name);
            assertThat(fs.clearOrErrno(name, "cl1", last)).isZero();
            cursors.put(name, new LustreSourceOptions.Cursor("cl1", last, last + 1));
        }
        fs.cleared.clear();
        Played.first = new Gate(cursors, FIRST_GATE);
        Played.second = new Gate(cursors, SECOND_GATE);
        Played.restored = new CountDownLatch(1);
        for (int i = 0; i < FILES; i++) {
            int mdt = i % MDTS;
            switch (i % 6) {
                case 0 -> fs.mkdir(mdt, "d" + mdt + "/n" + i);
                case 1 -> fs.rename(mdt, "d" + (mdt + MDTS - 1) % MDTS + "/n" + (i - 1), "m" + i);
                default -> {
                    fs.write(mdt, "d" + mdt + "/f" + i);
                    fs.write(mdt, "d" + mdt + "/f" + i);
                }
            }
        }
    }

    @Test
    void whatFailsIsReadAgainAndCountedOnceWhateverTheParallelism() throws Exception {
        Played.expect(3);
        JobClient first = start(3, null);
        assertThat(Played.restored.await(PATIENCE_SECONDS, TimeUnit.SECONDS))
                .as("a checkpoint behind the failure, with all logs held")
                .isTrue();
        assertThat(Played.WATERMARKS).isEmpty();
        String middle = stop(first);

        Played.expect(SLOTS);
        Played.second.open.countDown();
        JobClient second = start(SLOTS, middle);
        expectTheEnd(SLOTS);
        expectTheLiveTree();
        assertThat(second.getJobStatus().get()).isEqualTo(JobStatus.RUNNING);
        String end = stop(second);

        // Nothing is left to be read; the totals come again.
        long before = arrived();
        Played.expect(2);
        JobClient third = start(2, end);
        expectTheEnd(2);
        assertThat(arrived()).isEqualTo(before);
        third.cancel().get(PATIENCE_SECONDS, TimeUnit.SECONDS);

        assertThat(Played.fs.cleared)
                .isNotEmpty()
                .allSatisfy(
                        call -> {
                            String[] words = call.split(" ", -1);
                            assertThat(Long.parseLong(words[2]))
                                    .isEqualTo(cursors.get(words[0]).acknowledged());
                        });
    }

    /** Deltas and listings that have come, repeated ones too. */
    private static long arrived() {
        return Played.CHANGES.stream().filter(c -> !(c instanceof SourceTotals)).count();
    }

    private void expectTheEnd(int readers) throws Exception {
        assertThat(Played.ends.await(PATIENCE_SECONDS, TimeUnit.SECONDS))
                .as("watermarks %s", Played.WATERMARKS)
                .isTrue();
        assertThat(Played.WATERMARKS).hasSize(readers).containsValue(ReaderRig.ROUND);
        List<SourceTotals> totals =
                Played.CHANGES.stream()
                        .filter(SourceTotals.class::isInstance)
                        .map(SourceTotals.class::cast)
                        .toList();
        assertThat(totals).hasSize(readers);
        long told = totals.stream().mapToLong(t -> t.deltas() + t.names()).sum();
        assertThat(told).isEqualTo(Played.SURVIVED.values().stream().mapToLong(n -> n).sum());
        cursors.forEach(
                (mdt, cursor) ->
                        assertThat(totals)
                                .filteredOn(t -> t.more().containsKey("cursor." + mdt))
                                .singleElement()
                                .satisfies(
                                        t ->
                                                assertThat(t.more().get("cursor." + mdt))
                                                        .isEqualTo(Played.fs.last(mdt) + 1)));
        long records = totals.stream().mapToLong(t -> t.more().getOrDefault("records", 0L)).sum();
        long written = 0;
        for (Map.Entry<String, LustreSourceOptions.Cursor> cursor : cursors.entrySet()) {
            written += Played.fs.last(cursor.getKey()) + 1 - cursor.getValue().next();
        }
        assertThat(records).isEqualTo(written);
    }

    private void expectTheLiveTree() throws Exception {
        Played.CHANGES.forEach(known::add);
        assertThat(known.known()).isEqualTo(NameModel.of(ReaderRig.scan(Played.fs)).known());
    }

    private String stop(JobClient job) throws Exception {
        return job.stopWithSavepoint(false, savepoints.toString(), SavepointFormatType.NATIVE)
                .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    private JobClient start(int parallelism, String savepoint) throws Exception {
        Configuration configuration = new Configuration();
        configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(20));
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
        configuration.set(
                RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, Duration.ofMillis(10));
        if (savepoint != null) {
            configuration.set(StateRecoveryOptions.SAVEPOINT_PATH, savepoint);
        }
        LustreSourceOptions options =
                new LustreSourceOptions(
                        ReaderRig.scan(Played.fs),
                        new byte[0],
                        new byte[0],
                        cursors,
                        List.of(),
                        null);
        Patience patience =
                new Patience(
                        BATCH,
                        Duration.ofMillis(1),
                        Duration.ofMillis(5),
                        20,
                        Duration.ofMinutes(5));
        StreamExecutionEnvironment environment =
                StreamExecutionEnvironment.getExecutionEnvironment(configuration);
        environment.setParallelism(parallelism);
        environment
                .fromSource(
                        new LustreChangelogSource(
                                options,
                                same -> new Filesystem(new GatedLogs(), Played.fs),
                                patience),
                        WatermarkStrategy.noWatermarks(),
                        "lustre changelog",
                        ChangeSerializer.TYPE)
                .uid("lustre-changelog")
                .transform("collector", Types.INT, new Collector())
                .uid("collector")
                .sinkTo(new DiscardingSink<>())
                .uid("sink");
        return environment.executeAsync();
    }
}
