package io.sluice.pipeline.job;

import io.sluice.common.change.Change;
import io.sluice.common.item.ItemBatch;
import io.sluice.common.round.RoundEvent;
import io.sluice.common.serial.ChangeSerializer;
import io.sluice.common.serial.ItemBatchSerializer;
import io.sluice.common.serial.RoundEventSerializer;
import io.sluice.lustre.source.LustreChangelogSource;
import io.sluice.pipeline.index.DirectoryIndexFactory;
import io.sluice.pipeline.index.DirectoryIndexOperator;
import io.sluice.pipeline.index.DirectoryKey;
import io.sluice.pipeline.index.IndexOptions;
import io.sluice.pipeline.owed.OwedSource;
import io.sluice.pipeline.report.CollectorOperator;
import io.sluice.ptcomm.writer.ShardKeys;
import io.sluice.ptcomm.writer.ShardWriterFactory;
import io.sluice.scan.NamespaceScanSource;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.BasicTypeInfo;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.KeyedStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;

/**
 * The job graph of a round:
 *
 * <pre>
 * namespace scan ──(directory)──► directory index ──(shard)──► shard writer ──► collector
 * or change logs ──────┤                 │                                        │
 * owed names ──────────┘                 └───────────── events ───────────────────┘
 * </pre>
 *
 * The sources' uids carry the round, since a source that was saved at its end would read nothing;
 * index and shard writer keep theirs for ever.
 */
public final class RoundJob {
    private static final String NAME = "sluice round ";
    private static final String INTO = " into ";

    private RoundJob() {}

    public static StreamGraph graph(RoundSpec spec, Configuration configuration) {
        StreamExecutionEnvironment environment = new StreamExecutionEnvironment(configuration);
        environment.setParallelism(spec.indexParallelism());
        long round = spec.index().round();

        DataStream<Change> source =
                spec.changes() == null ? scan(environment, spec) : logs(environment, spec);
        DataStream<Change> changes =
                spec.owed() == null ? source : source.union(owed(environment, spec));

        SingleOutputStreamOperator<ItemBatch> index = index(changes, spec.index());

        DataStream<RoundEvent> writer =
                byShard(index, spec.writer().shards())
                        .transform(
                                "shard writer",
                                RoundEventSerializer.TYPE,
                                new ShardWriterFactory(spec.writer(), spec.receivers()))
                        .setParallelism(spec.writerParallelism())
                        .uid("shard-writer");

        index.getSideOutput(DirectoryIndexOperator.EVENTS)
                .union(writer)
                .transform(
                        "collector",
                        BasicTypeInfo.VOID_TYPE_INFO,
                        new CollectorOperator(spec.collector()))
                .setParallelism(1)
                .setMaxParallelism(1)
                .uid(CollectorOperator.NAME);

        StreamGraph graph = environment.getStreamGraph();
        graph.setJobName(
                NAME
                        + round
                        + " of "
                        + spec.collector().path()
                        + INTO
                        + spec.collector().directory());
        return graph;
    }

    private static DataStream<Change> scan(StreamExecutionEnvironment environment, RoundSpec spec) {
        return environment
                .fromSource(
                        new NamespaceScanSource(spec.scan()),
                        WatermarkStrategy.noWatermarks(),
                        "namespace scan",
                        ChangeSerializer.TYPE)
                .setParallelism(spec.scanParallelism())
                .uid("namespace-scan-r" + spec.index().round());
    }

    private static DataStream<Change> logs(StreamExecutionEnvironment environment, RoundSpec spec) {
        int mdts = spec.changes().cursors().size();
        return environment
                .fromSource(
                        new LustreChangelogSource(spec.changes()),
                        WatermarkStrategy.noWatermarks(),
                        "Lustre changelogs",
                        ChangeSerializer.TYPE)
                .setParallelism(Math.min(mdts, spec.scanParallelism()))
                .uid("lustre-changelog-r" + spec.index().round());
    }

    private static DataStream<Change> owed(StreamExecutionEnvironment environment, RoundSpec spec) {
        return environment
                .fromSource(
                        new OwedSource(spec.scan(), spec.owed()),
                        WatermarkStrategy.noWatermarks(),
                        "owed names",
                        ChangeSerializer.TYPE)
                .setParallelism(1)
                .uid("owed-r" + spec.index().round());
    }

    /** Whether both are names of jobs whose rounds go into one archive. */
    public static boolean isOfSameArchive(String job, String other) {
        return job.startsWith(NAME) && archive(job).equals(archive(other));
    }

    /** The round's directory is the archive's, {@code rounds} and the number. */
    private static String archive(String job) {
        String directory = job.substring(job.lastIndexOf(INTO) + INTO.length());
        return directory.substring(0, directory.lastIndexOf('/') + 1);
    }

    /** The index behind all sources, keyed by directory. */
    public static SingleOutputStreamOperator<ItemBatch> index(
            DataStream<Change> changes, IndexOptions options) {
        return changes.keyBy(new ByDirectory(), DirectoryKey.TYPE)
                .transform(
                        "directory index",
                        ItemBatchSerializer.TYPE,
                        new DirectoryIndexFactory(options, ShardKeys.KEY_GROUPS))
                .uid(DirectoryIndexOperator.NAME);
    }

    /** Each batch to the subtask that writes its shard. */
    public static KeyedStream<ItemBatch, Integer> byShard(DataStream<ItemBatch> items, int shards) {
        return items.keyBy(new ByShard(shards), BasicTypeInfo.INT_TYPE_INFO);
    }

    private static final class ByDirectory implements KeySelector<Change, DirectoryKey> {
        private static final long serialVersionUID = 1L;

        @Override
        public DirectoryKey getKey(Change change) {
            return DirectoryKey.of(change.directory());
        }
    }

    private static final class ByShard implements KeySelector<ItemBatch, Integer> {
        private static final long serialVersionUID = 1L;
        private final int[] keys;

        ByShard(int shards) {
            keys = ShardKeys.of(shards);
        }

        @Override
        public Integer getKey(ItemBatch batch) {
            return keys[batch.shard()];
        }
    }
}
