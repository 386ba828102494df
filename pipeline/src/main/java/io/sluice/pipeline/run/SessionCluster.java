package io.sluice.pipeline.run;

import io.sluice.pipeline.launch.JobCluster;
import io.sluice.pipeline.launch.RunningJob;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.flink.client.ClientUtils;
import org.apache.flink.client.cli.ClientOptions;
import org.apache.flink.client.deployment.executors.RemoteExecutor;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.DeploymentOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.state.rocksdb.RocksDBConfigurableOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Flink cluster that {@code flink run} was told of. A round's job goes with its client, as
 * {@code execution.shutdown-on-attached-exit} has it: nobody else can commit it, and it would hold
 * its slots for ever.
 */
final class SessionCluster implements JobCluster {
    private static final Logger LOG = LoggerFactory.getLogger(SessionCluster.class);
    private static final long CANCEL_WAIT_S = 30;

    /** What the configuration may say otherwise than the job; the rest is its correctness. */
    private static final List<ConfigOption<?>> OPERATORS_CHOICE =
            List.of(
                    CheckpointingOptions.CHECKPOINTS_DIRECTORY,
                    CheckpointingOptions.CHECKPOINTING_INTERVAL,
                    CheckpointingOptions.CHECKPOINTING_TIMEOUT,
                    CheckpointingOptions.TOLERABLE_FAILURE_NUMBER,
                    RocksDBConfigurableOptions.WRITE_BUFFER_SIZE);

    private static final String RESTARTS = "restart-strategy";

    private final Configuration settings;
    private JobClient client;
    private FlinkJob job;
    private ScheduledExecutorService heartbeat;

    private SessionCluster(Configuration settings) {
        this.settings = settings;
    }

    /**
     * @param configuration of the cluster, the client and the command line
     */
    record Factory(Configuration configuration) implements JobCluster.Factory {
        static Factory ofContext() {
            ReadableConfig configuration =
                    StreamExecutionEnvironment.getExecutionEnvironment().getConfiguration();
            return new Factory(Configuration.fromMap(configuration.toMap()));
        }

        /** Null outside {@code flink run}. */
        String target() {
            return configuration.get(DeploymentOptions.TARGET);
        }

        @Override
        public int scanParallelism() {
            return parallelism();
        }

        @Override
        public int parallelism() {
            return configuration.get(CoreOptions.DEFAULT_PARALLELISM);
        }

        @Override
        public Optional<String> savepoint() {
            return configuration.getOptional(StateRecoveryOptions.SAVEPOINT_PATH);
        }

        @Override
        public Configuration settings(Configuration job) {
            Configuration merged = new Configuration(job);
            for (ConfigOption<?> option : OPERATORS_CHOICE) {
                take(merged, option.key());
            }
            for (String key : configuration.keySet()) {
                if (key.startsWith(RESTARTS)) {
                    take(merged, key);
                }
            }
            return merged;
        }

        private void take(Configuration merged, String key) {
            Map<String, String> given = configuration.toMap();
            if (given.containsKey(key)) {
                merged.setString(key, given.get(key));
            }
        }

        @Override
        public JobCluster make(Configuration settings, Path work, int slots) {
            return new SessionCluster(settings);
        }
    }

    @Override
    public void start() {}

    @Override
    public RunningJob submit(StreamGraph graph) throws Exception {
        Configuration submission = new Configuration(settings);
        ReadableConfig context =
                StreamExecutionEnvironment.getExecutionEnvironment().getConfiguration();
        boolean session = RemoteExecutor.NAME.equals(context.get(DeploymentOptions.TARGET));
        if (session) {
            submission.set(DeploymentOptions.ATTACHED, true);
            submission.set(DeploymentOptions.SHUTDOWN_IF_ATTACHED, true);
        }
        try {
            if (session) {
                OrphanedJobs.cancel(Configuration.fromMap(context.toMap()), graph.getJobName());
            }
            client =
                    StreamExecutionEnvironment.getExecutionEnvironment(submission)
                            .executeAsync(graph);
        } catch (Exception e) {
            throw Unreachable.isBehind(e)
                    ? Unreachable.refusal("the cluster did not answer", e)
                    : e;
        }
        job = new FlinkJob(client);
        if (session) {
            heartbeat =
                    ClientUtils.reportHeartbeatPeriodically(
                            client,
                            context.get(ClientOptions.CLIENT_HEARTBEAT_INTERVAL).toMillis(),
                            context.get(ClientOptions.CLIENT_HEARTBEAT_TIMEOUT).toMillis());
        }
        return job;
    }

    /** No task of the job writes into the archive any more when this returns, if it can be told. */
    @Override
    public void close() throws InterruptedException {
        try {
            if (job != null && !job.ended().isDone()) {
                job.cancel().get(CANCEL_WAIT_S, TimeUnit.SECONDS);
                job.ended().get(CANCEL_WAIT_S, TimeUnit.SECONDS);
            }
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn(
                    "Job {} could not be cancelled; the cluster does that when it misses its client.",
                    client.getJobID(),
                    e);
        } finally {
            if (heartbeat != null) {
                heartbeat.shutdownNow();
            }
        }
    }
}
