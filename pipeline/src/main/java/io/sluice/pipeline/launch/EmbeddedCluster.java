package io.sluice.pipeline.launch;

import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.MetricOptions;
import org.apache.flink.configuration.ResourceManagerOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.configuration.WebOptions;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.dispatcher.DispatcherGateway;
import org.apache.flink.runtime.dispatcher.SessionDispatcherFactory;
import org.apache.flink.runtime.dispatcher.runner.DefaultDispatcherRunnerFactory;
import org.apache.flink.runtime.entrypoint.component.DefaultDispatcherResourceManagerComponentFactory;
import org.apache.flink.runtime.entrypoint.component.DispatcherResourceManagerComponentFactory;
import org.apache.flink.runtime.executiongraph.AccessExecutionGraph;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.jobmaster.JobResult;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.runtime.resourcemanager.StandaloneResourceManagerFactory;
import org.apache.flink.runtime.rest.RestEndpointFactory;
import org.apache.flink.runtime.rest.handler.RestHandlerConfiguration;
import org.apache.flink.runtime.rest.handler.RestHandlerSpecification;
import org.apache.flink.runtime.rpc.pekko.PekkoRpcSystem;
import org.apache.flink.runtime.webmonitor.WebMonitorEndpoint;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelInboundHandler;
import org.apache.flink.state.rocksdb.RocksDBOptions;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.apache.flink.util.Reference;
import org.rocksdb.NativeLibraryLoader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Flink cluster inside this process, for one job. Its RPC comes from the class path (no jar is
 * unpacked at each start), its REST endpoint binds a port of the loopback and knows no route, so
 * nobody else on the machine can reach the job.
 */
public final class EmbeddedCluster implements JobCluster {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedCluster.class);

    /** RocksDB's block cache and write buffers of the subtasks in one slot. */
    private static final MemorySize MANAGED_MEMORY_OF_SLOT = MemorySize.ofMebiBytes(24);

    /** Flink's network buffers. One job of four operators needs a quarter of it. */
    private static final MemorySize NETWORK_MEMORY = MemorySize.ofMebiBytes(16);

    /**
     * Subtasks of the index and of the shard writer. One merges a million entries a second, and
     * what waits for the filesystem or compresses has threads of its own; each more costs memory
     * for its state and buffers towards all others.
     */
    private static final int MAX_SUBTASKS = 4;

    private static final String LOOPBACK = "127.0.0.1";

    private final MiniCluster cluster;

    /** A cluster for each round; one reader walks, with many threads. */
    static final class Factory implements JobCluster.Factory {
        @Override
        public int scanParallelism() {
            return 1;
        }

        @Override
        public int parallelism() {
            return Math.min(Runtime.getRuntime().availableProcessors(), MAX_SUBTASKS);
        }

        @Override
        public boolean worksInArchive() {
            return true;
        }

        @Override
        public JobCluster make(Configuration settings, Path work, int slots) {
            return new EmbeddedCluster(settings, work, slots);
        }
    }

    /**
     * @param work directory for everything that Flink and RocksDB put on a local disk; exists
     */
    public EmbeddedCluster(Configuration job, Path work, int slots) {
        Configuration configuration = new Configuration(job);
        String directory = work.toString();
        configuration.set(CoreOptions.TMP_DIRS, directory);
        configuration.set(WebOptions.TMP_DIR, directory);
        configuration.set(RocksDBOptions.LOCAL_DIRECTORIES, directory);
        configuration.set(RestOptions.ADDRESS, LOOPBACK);
        configuration.set(RestOptions.BIND_ADDRESS, LOOPBACK);
        configuration.set(RestOptions.BIND_PORT, "0");
        configuration.set(RestOptions.SERVER_NUM_THREADS, 1);
        configuration.set(JobManagerOptions.ADDRESS, LOOPBACK);
        configuration.set(JobManagerOptions.BIND_HOST, LOOPBACK);
        configuration.set(TaskManagerOptions.HOST, LOOPBACK);
        configuration.set(TaskManagerOptions.BIND_HOST, LOOPBACK);
        configuration.set(MetricOptions.METRIC_FETCHER_UPDATE_INTERVAL, Duration.ZERO);
        // It waits for requests to be dealt with together: there is one job, and it is there.
        configuration.set(ResourceManagerOptions.REQUIREMENTS_CHECK_DELAY, Duration.ZERO);
        configuration.setString("metrics.reporters", "sluice");
        configuration.setString(
                "metrics.reporter.sluice.factory.class", LiveMetrics.Factory.class.getName());
        configuration.set(
                TaskManagerOptions.MANAGED_MEMORY_SIZE, MANAGED_MEMORY_OF_SLOT.multiply(slots));
        configuration.set(TaskManagerOptions.NETWORK_MEMORY_MIN, NETWORK_MEMORY);
        configuration.set(TaskManagerOptions.NETWORK_MEMORY_MAX, NETWORK_MEMORY);
        cluster =
                new Loopback(
                        new MiniClusterConfiguration.Builder()
                                .setConfiguration(configuration)
                                .setNumTaskManagers(1)
                                .setNumSlotsPerTaskManager(slots)
                                .build());
    }

    /**
     * Does what the start of the first cluster needs, and keeps it for that: what a process does
     * besides while it reads its options. What fails here fails there again.
     */
    public static void prepare() {
        try {
            loadRocksDb();
            ConfigFactory.defaultReference(PekkoRpcSystem.class.getClassLoader());
        } catch (IOException | RuntimeException | LinkageError e) {
            LOG.debug("The start of a cluster cannot be prepared", e);
        }
    }

    /**
     * From java.library.path, else unpacked below java.io.tmpdir: Flink would unpack it into its
     * work directory, whose path the dynamic linker may not be able to open (names are bytes, a
     * JVM's paths are text).
     */
    private static void loadRocksDb() throws IOException {
        NativeLibraryLoader.getInstance().loadLibrary(null);
    }

    @Override
    public void start() throws Exception {
        loadRocksDb();
        cluster.start();
    }

    @Override
    public RunningJob submit(StreamGraph graph) throws Exception {
        JobGraph job = graph.getJobGraph();
        cluster.submitJob(job).get();
        return new Job(job.getJobID(), cluster.requestJobResult(job.getJobID()));
    }

    private final class Job implements RunningJob {
        private final JobID id;
        private final CompletableFuture<Throwable> ended;

        Job(JobID id, CompletableFuture<JobResult> result) {
            this.id = id;
            ended =
                    result.thenApply(
                            end ->
                                    end.getSerializedThrowable()
                                            .map(
                                                    serialized ->
                                                            serialized.deserializeError(
                                                                    getClass().getClassLoader()))
                                            .orElse(null));
        }

        @Override
        public CompletableFuture<Throwable> ended() {
            return ended;
        }

        @Override
        public CompletableFuture<Throwable> restartedAfter() {
            return cluster.getExecutionGraph(id)
                    .thenApply(AccessExecutionGraph::getFailureInfo)
                    .thenApply(
                            failure ->
                                    failure == null
                                            ? null
                                            : failure.getException()
                                                    .deserializeError(getClass().getClassLoader()));
        }

        @Override
        public CompletableFuture<String> stopWithSavepoint(Path directory) {
            return cluster.stopWithSavepoint(
                    id, directory.toUri().toString(), false, SavepointFormatType.NATIVE);
        }

        @Override
        public CompletableFuture<?> cancel() {
            return cluster.cancelJob(id);
        }
    }

    @Override
    public void close() throws Exception {
        cluster.closeAsync().get();
    }

    private static final class Loopback extends MiniCluster {
        Loopback(MiniClusterConfiguration configuration) {
            super(configuration, () -> Reference.owned(new PekkoRpcSystem()));
        }

        @Override
        protected DispatcherResourceManagerComponentFactory
                createDispatcherResourceManagerComponentFactory() {
            RestEndpointFactory<DispatcherGateway> closed =
                    (configuration,
                            dispatcher,
                            resourceManager,
                            blobs,
                            executor,
                            metrics,
                            election,
                            fatal) -> {
                        RestHandlerConfiguration handlers =
                                RestHandlerConfiguration.fromConfiguration(configuration);
                        return new WebMonitorEndpoint<>(
                                dispatcher,
                                configuration,
                                handlers,
                                resourceManager,
                                blobs,
                                executor,
                                metrics,
                                election,
                                RestEndpointFactory.createExecutionGraphCache(handlers),
                                fatal) {
                            @Override
                            protected List<Tuple2<RestHandlerSpecification, ChannelInboundHandler>>
                                    initializeHandlers(CompletableFuture<String> address) {
                                return new ArrayList<>();
                            }
                        };
                    };
            return new DefaultDispatcherResourceManagerComponentFactory(
                    DefaultDispatcherRunnerFactory.createSessionRunner(
                            SessionDispatcherFactory.INSTANCE),
                    StandaloneResourceManagerFactory.getInstance(),
                    closed);
        }
    }
}
