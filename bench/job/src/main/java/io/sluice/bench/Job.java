package io.sluice.bench;

import io.sluice.common.change.Change;
import io.sluice.common.item.ItemBatch;
import io.sluice.common.serial.ChangeSerializer;
import io.sluice.pipeline.index.IndexOptions;
import io.sluice.pipeline.job.JobSettings;
import io.sluice.pipeline.job.RoundJob;
import io.sluice.pipeline.launch.EmbeddedCluster;
import io.sluice.pipeline.launch.RunningJob;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.BasicTypeInfo;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;

/**
 * A round without a receiver: some source, the product's directory index and its state under the
 * product's settings, items shuffled by shard, and a sink that counts ({@link Clock}).
 */
final class Job {
    static final long ROUND = 1;
    private static final int SHARDS = 4;

    /** A full round. */
    static final IndexOptions OPTIONS = new IndexOptions(ROUND, "bench", SHARDS, null, false);

    private static final long POLL_MS = 100;

    private Job() {}

    /** Puts the source at the beginning. */
    interface Scan {
        DataStream<Change> of(StreamExecutionEnvironment environment);
    }

    /** What a feed makes up. */
    static Scan source(Feed feed) {
        return environment ->
                environment
                        .fromSource(
                                new SyntheticSource(feed, ROUND),
                                WatermarkStrategy.noWatermarks(),
                                "synthetic source",
                                ChangeSerializer.TYPE)
                        .uid("synthetic-source");
    }

    /**
     * Runs the job to the round's end.
     *
     * @param parallelism of the index; the clock expects as many sinks
     * @param work is made, and removed afterwards
     * @return size of a savepoint in native format, bytes
     */
    static long run(Scan scan, IndexOptions options, int parallelism, Path work) throws Exception {
        Files.createDirectory(work);
        try {
            Configuration settings = JobSettings.of(work.resolve("checkpoints").toUri().toString());
            try (EmbeddedCluster cluster = new EmbeddedCluster(settings, work, parallelism)) {
                cluster.start();
                RunningJob job = cluster.submit(graph(scan, options, settings, parallelism));
                await(Clock.CLOCK, job.ended());
                String savepoint = job.stopWithSavepoint(work.resolve("savepoints")).get();
                return size(Path.of(URI.create(savepoint)));
            }
        } finally {
            remove(work);
        }
    }

    private static StreamGraph graph(
            Scan scan, IndexOptions options, Configuration settings, int parallelism) {
        StreamExecutionEnvironment environment = new StreamExecutionEnvironment(settings);
        environment.setParallelism(parallelism);
        DataStream<ItemBatch> items = RoundJob.index(scan.of(environment), options);
        RoundJob.byShard(items, SHARDS)
                .transform("count", BasicTypeInfo.VOID_TYPE_INFO, new CountingSink())
                .uid("count");
        return environment.getStreamGraph();
    }

    private static void await(Clock clock, CompletableFuture<Throwable> ended) throws Exception {
        while (!clock.isOver()) {
            try {
                Throwable failure = ended.get(POLL_MS, TimeUnit.MILLISECONDS);
                throw new IllegalStateException("the job ended early", failure);
            } catch (TimeoutException stillRunning) {
                // The ordinary case.
            }
        }
    }

    /** Largest resident set of this process. */
    static long peakRssKib() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", ""));
            }
        }
        throw new IOException("/proc/self/status has no VmHWM");
    }

    private static long size(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            long size = 0;
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                size += Files.size(file);
            }
            return size;
        }
    }

    private static void remove(Path directory) throws IOException {
        List<Path> all;
        try (Stream<Path> files = Files.walk(directory)) {
            all = files.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : all) {
            Files.deleteIfExists(file);
        }
    }
}
