package io.sluice.pipeline.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.common.change.Change;
import io.sluice.common.change.Listing;
import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.entry.EntryCursor;
import io.sluice.common.item.ItemBatch;
import io.sluice.common.item.ItemPacker;
import io.sluice.common.item.Reason;
import io.sluice.common.posix.RawTree;
import io.sluice.common.round.Content;
import io.sluice.common.round.RoundEvent;
import io.sluice.common.round.Tally;
import io.sluice.common.serial.ChangeSerializer;
import io.sluice.common.serial.ItemBatchSerializer;
import io.sluice.common.serial.RoundEventSerializer;
import io.sluice.common.shard.InodeHash;
import io.sluice.common.text.Text;
import io.sluice.pipeline.index.DirectoryIndexOperator;
import io.sluice.pipeline.report.CollectorOperator;
import io.sluice.pipeline.report.CollectorOptions;
import io.sluice.pipeline.report.RoundFiles;
import io.sluice.pipeline.report.RoundReport;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.ptcomm.archive.ArchiveReceivers;
import io.sluice.ptcomm.archive.Compression;
import io.sluice.ptcomm.archive.Manifest;
import io.sluice.ptcomm.archive.SegmentConfig;
import io.sluice.ptcomm.codec.EntryHandler;
import io.sluice.ptcomm.codec.StreamEntry;
import io.sluice.ptcomm.writer.ForwardingReceiver;
import io.sluice.ptcomm.writer.ReceiverPoint;
import io.sluice.ptcomm.writer.ShardReceiver;
import io.sluice.ptcomm.writer.ShardReceiverFactory;
import io.sluice.ptcomm.writer.ShardWriterFactory;
import io.sluice.ptcomm.writer.WriterOptions;
import io.sluice.scan.NamespaceScanSource;
import io.sluice.scan.ScanOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.BasicTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * A whole round, with the job's own settings, while its tasks fail again and again: the source, the
 * shard writers and the collector are the real ones; what stands for the index sends every name
 * once and keeps in state which.
 */
@Timeout(300)
class RestartITCase {
    private static final int SHARDS = 3;
    private static final int ROUND = 1;
    private static final int FAILURES = 9;
    private static final int DIRECTORIES = 120;
    private static final int NAMES = DIRECTORIES * 11;
    private static final long BESIDE_MS = 20;
    private static final long AHEAD_MS = 600;

    @RegisterExtension
    static final MiniClusterExtension CLUSTER =
            new MiniClusterExtension(
                    new MiniClusterResourceConfiguration.Builder()
                            .setNumberTaskManagers(1)
                            .setNumberSlotsPerTaskManager(2)
                            .build());

    @TempDir Path temporary;

    /** What the tasks of the whole job share, in this JVM. */
    private static final class Shared {
        static final AtomicInteger FAILURES_LEFT = new AtomicInteger(FAILURES);
        static final AtomicInteger CHECKPOINTS = new AtomicInteger();

        private static final List<String> PLACES =
                List.of("the index", "a receiver", "a large file");

        private Shared() {}

        /** A failure, if it is that place's turn and something was saved since the last one. */
        static void mayFail(String place) {
            int left = FAILURES_LEFT.get();
            if (left > 0
                    && PLACES.get(left % PLACES.size()).equals(place)
                    && CHECKPOINTS.get() > 0
                    && FAILURES_LEFT.compareAndSet(left, left - 1)) {
                CHECKPOINTS.set(0);
                throw new IllegalStateException("a failure in " + place + ", as the test wants it");
            }
        }

        /**
         * As long as failures are due, the round must not end: it waits for them the longer the
         * more it is ahead of them. A task that waits takes no part in a checkpoint.
         *
         * @param done part of the names that have been sent
         */
        static void slowDown(double done) {
            int left = FAILURES_LEFT.get();
            boolean ahead = done > 1 - (double) left / FAILURES;
            if (left > 0) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(ahead ? AHEAD_MS : BESIDE_MS));
            }
        }
    }

    /** Sends each entry of a listing as a new one, once. */
    private static final class Names extends AbstractStreamOperator<ItemBatch>
            implements OneInputStreamOperator<Change, ItemBatch> {
        private static final long serialVersionUID = 1L;

        private transient ListState<String> state;
        private transient Set<String> sent;

        @Override
        public void initializeState(StateInitializationContext context) throws Exception {
            super.initializeState(context);
            state =
                    context.getOperatorStateStore()
                            .getListState(new ListStateDescriptor<>("sent", Types.STRING));
            sent = new HashSet<>();
            state.get().forEach(sent::add);
        }

        @Override
        public void snapshotState(StateSnapshotContext context) throws Exception {
            super.snapshotState(context);
            state.update(new ArrayList<>(sent));
        }

        @Override
        public void notifyCheckpointComplete(long checkpoint) {
            Shared.CHECKPOINTS.incrementAndGet();
        }

        @Override
        public void processElement(StreamRecord<Change> element) {
            if (!(element.getValue() instanceof Listing listing)) {
                return;
            }
            Shared.slowDown((double) sent.size() / NAMES);
            InodeHash shards = new InodeHash(SHARDS);
            Map<Integer, ItemPacker> packers = new TreeMap<>();
            EntryCursor cursor = listing.cursor();
            while (cursor.next()) {
                byte[] path = DirectoryPath.child(listing.directory(), cursor.name());
                if (sent.add(Text.escape(path))) {
                    packers.computeIfAbsent(
                                    shards.shardOf(cursor.inode()), shard -> new ItemPacker())
                            .add(Reason.NEW, cursor);
                }
            }
            packers.forEach(
                    (shard, packer) ->
                            output.collect(
                                    new StreamRecord<>(packer.take(listing.directory(), shard))));
            Shared.mayFail("the index");
        }

        /** Counts with which the books balance, if the writers' do. */
        @Override
        public void processWatermark(Watermark mark) throws Exception {
            long names = sent.size();
            Map<String, Long> source = Map.of("names", names, "directories", 1L);
            Map<String, Long> index =
                    Map.of(
                            "names",
                            names,
                            "new",
                            names,
                            "items",
                            names,
                            "directories.listed",
                            1L,
                            "directories.distinct",
                            1L);
            event(new Tally("source.names", 0, new TreeMap<>(source)));
            event(new Tally(DirectoryIndexOperator.NAME, 0, new TreeMap<>(index)));
            super.processWatermark(mark);
        }

        private void event(RoundEvent event) {
            output.collect(DirectoryIndexOperator.EVENTS, new StreamRecord<>(event));
        }
    }

    /** Segments of an archive, to which something happens now and then. */
    private record Failing(ShardReceiverFactory receivers) implements ShardReceiverFactory {
        private static final long serialVersionUID = 1L;

        @Override
        public ShardReceiver open(int shard, int attempt, ReceiverPoint from) throws IOException {
            return new ForwardingReceiver(receivers.open(shard, attempt, from)) {
                @Override
                public void entries(ByteBuffer frames, int count) throws IOException {
                    super.entries(frames, count);
                    Shared.mayFail("a receiver");
                }

                @Override
                public void entryPart(ByteBuffer frames) throws IOException {
                    super.entryPart(frames);
                    Shared.mayFail("a large file");
                }
            };
        }
    }

    @Test
    void everyEntryIsStoredAndOwedOnceThoughTasksFail() throws Exception {
        try (RawTree tree = new RawTree()) {
            Set<String> expected = fill(tree);
            byte[] path = temporary.resolve("archive").toString().getBytes(StandardCharsets.UTF_8);
            try (Archive archive = Archive.openForBackup(path, tree.root(), SHARDS)) {
                archive.beginRound(ROUND);
                Path directory = archive.roundDirectory(ROUND);
                JobClient job = start(tree, path, directory);
                while (!Files.exists(RoundFiles.report(directory))) {
                    assertThat(job.getJobStatus().get().isGloballyTerminalState()).isFalse();
                    Thread.sleep(50);
                }
                job.stopWithSavepoint(
                                false,
                                temporary.resolve("savepoint").toUri().toString(),
                                SavepointFormatType.NATIVE)
                        .get();
                RoundReport report =
                        new ObjectMapper()
                                .readValue(
                                        Files.readAllBytes(RoundFiles.report(directory)),
                                        RoundReport.class);
                assertThat(Shared.FAILURES_LEFT.get()).as("all failures came").isNotPositive();
                assertThat(report.seen()).isEqualTo(expected.size());
                assertThat(report.stored()).isEqualTo(expected.size());
                assertThat(report.owed().keySet()).isSubsetOf("racy");
                RoundFiles.place(directory, report);
                List<String> owed = Files.readAllLines(directory.resolve(RoundFiles.OWED));
                assertThat((long) owed.size()).isEqualTo(report.owed().getOrDefault("racy", 0L));
                assertThat(owed).doesNotHaveDuplicates();
                archive.commit(manifest(report));
                assertThat(stored(archive)).containsExactlyInAnyOrderElementsOf(expected);
            }
        }
    }

    /** Small files, large ones, and second names; what is stored of each. */
    private static Set<String> fill(RawTree tree) throws Exception {
        Path root = Path.of(new String(tree.root(), StandardCharsets.UTF_8));
        Random random = new Random(1);
        Set<String> expected = new HashSet<>();
        expected.add("");
        for (int i = 0; i < DIRECTORIES; i++) {
            String directory = "d" + i;
            tree.directory(directory);
            expected.add(directory);
            for (int j = 0; j < 10; j++) {
                String name = directory + "/f" + j;
                expected.add(name);
                if (j == 7) {
                    Files.createLink(root.resolve(name), root.resolve(directory + "/f6"));
                } else {
                    byte[] data = new byte[i % 3 == 0 && j == 3 ? 3 << 20 : random.nextInt(9000)];
                    random.nextBytes(data);
                    Files.write(root.resolve(name), data);
                }
            }
        }
        return expected;
    }

    private static List<String> stored(Archive archive) throws IOException {
        List<String> paths = new ArrayList<>();
        Set<String> carriers = new HashSet<>();
        archive.round(ROUND)
                .read(
                        new EntryHandler() {
                            @Override
                            public boolean entry(StreamEntry entry) {
                                String path = Text.escape(entry.path());
                                paths.add(path);
                                carriers.add(path);
                                if (entry.linkTo() != null) {
                                    assertThat(carriers).contains(Text.escape(entry.linkTo()));
                                }
                                return true;
                            }

                            @Override
                            public void extent(long offset, long length) {}

                            @Override
                            public void data(ByteBuffer bytes) {}

                            @Override
                            public void torn(int errno, String text) {
                                throw new AssertionError("torn");
                            }

                            @Override
                            public void block(String kind, byte[] content) {}

                            @Override
                            public void end(DataState state) {
                                assertThat(state).isEqualTo(DataState.INTACT);
                            }

                            @Override
                            public void deleted(byte[] path, boolean directory) {
                                throw new AssertionError("a tombstone");
                            }
                        },
                        damage -> {
                            throw new AssertionError("damaged: " + damage);
                        });
        return paths;
    }

    private JobClient start(RawTree tree, byte[] archive, Path directory) throws Exception {
        Configuration settings =
                JobSettings.of(temporary.resolve("checkpoints").toUri().toString());
        settings.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(100));
        settings.set(
                RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_INITIAL_BACKOFF,
                Duration.ofMillis(10));
        settings.set(
                RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_MAX_BACKOFF,
                Duration.ofMillis(50));
        StreamExecutionEnvironment environment =
                StreamExecutionEnvironment.getExecutionEnvironment(settings);
        environment.setParallelism(1);
        DataStream<Change> scan =
                environment
                        .fromSource(
                                new NamespaceScanSource(ScanOptions.of(tree.root(), ROUND, 2)),
                                WatermarkStrategy.noWatermarks(),
                                "namespace scan",
                                ChangeSerializer.TYPE)
                        .uid("namespace-scan-r1");
        SingleOutputStreamOperator<ItemBatch> names =
                scan.transform("index", ItemBatchSerializer.TYPE, new Names()).uid("index");
        WriterOptions writer =
                new WriterOptions(
                        tree.root(),
                        new byte[0],
                        SHARDS,
                        ROUND,
                        "run",
                        Content.FULL,
                        false,
                        2,
                        null,
                        System.currentTimeMillis());
        SegmentConfig segments = new SegmentConfig(archive, ROUND, "run", Compression.ZSTD);
        DataStream<RoundEvent> events =
                RoundJob.byShard(names, SHARDS)
                        .transform(
                                "shard writer",
                                RoundEventSerializer.TYPE,
                                new ShardWriterFactory(
                                        writer, new Failing(new ArchiveReceivers(segments))))
                        .setParallelism(2)
                        .uid("shard-writer");
        names.getSideOutput(DirectoryIndexOperator.EVENTS)
                .union(events)
                .transform(
                        "collector",
                        BasicTypeInfo.VOID_TYPE_INFO,
                        new CollectorOperator(
                                new CollectorOptions(
                                        ROUND,
                                        "run",
                                        "full",
                                        null,
                                        0,
                                        Content.FULL,
                                        "/data",
                                        Instant.now(),
                                        null,
                                        SHARDS,
                                        directory.toString())))
                .setMaxParallelism(1)
                .uid("collector");
        return environment.executeAsync();
    }

    private static Manifest manifest(RoundReport report) {
        return new Manifest(
                Manifest.FORMAT,
                ROUND,
                report.run(),
                "full",
                null,
                report.content(),
                report.path(),
                "",
                SHARDS,
                "inode-hash",
                Compression.ZSTD,
                Instant.parse(report.started()),
                Instant.parse(report.ended()),
                report.shards().stream().map(RoundReport.Shard::receipt).toList());
    }
}
