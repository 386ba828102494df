package io.sluice.pipeline.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.pipeline.job.JobSettings;
import java.util.List;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.client.program.StreamContextEnvironment;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.core.execution.DefaultExecutorServiceLoader;
import org.apache.flink.core.execution.RecoveryClaimMode;
import org.apache.flink.runtime.jobgraph.SavepointRestoreSettings;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.Test;

class SessionClusterTest {
    /** What the executor is given, as {@code flink run} puts it together. */
    private static Configuration submitted(Configuration ofCluster) {
        StreamContextEnvironment.setAsContext(
                new DefaultExecutorServiceLoader(),
                ofCluster,
                SessionClusterTest.class.getClassLoader(),
                Integer.MAX_VALUE,
                Integer.MAX_VALUE,
                false,
                null,
                null,
                List.of());
        try {
            Configuration settings =
                    SessionCluster.Factory.ofContext().settings(JobSettings.of("file:///archive"));
            return Configuration.fromMap(
                    StreamExecutionEnvironment.getExecutionEnvironment(settings)
                            .getConfiguration()
                            .toMap());
        } finally {
            StreamContextEnvironment.unsetAsContext();
        }
    }

    /** By {@code flink run -claimMode CLAIM} or the cluster's configuration. */
    @Test
    void savepointsAreNeverFlinksOwn() {
        Configuration claim = new Configuration();
        claim.set(StateRecoveryOptions.SAVEPOINT_PATH, "file:///archive/state/savepoints/1/s");
        claim.set(StateRecoveryOptions.RESTORE_MODE, RecoveryClaimMode.CLAIM);
        assertThat(SavepointRestoreSettings.fromConfiguration(submitted(claim)))
                .isEqualTo(
                        SavepointRestoreSettings.forPath(
                                "file:///archive/state/savepoints/1/s",
                                true,
                                RecoveryClaimMode.NO_CLAIM));
    }

    @Test
    void theOperatorChoosesPlaceAndPaceOfCheckpointsButNotTheMode() {
        Configuration ofCluster = new Configuration();
        ofCluster.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, "file:///shared");
        ofCluster.set(ExecutionOptions.RUNTIME_MODE, RuntimeExecutionMode.BATCH);
        Configuration submitted = submitted(ofCluster);
        assertThat(submitted.get(CheckpointingOptions.CHECKPOINTS_DIRECTORY))
                .isEqualTo("file:///shared");
        assertThat(submitted.get(ExecutionOptions.RUNTIME_MODE))
                .isEqualTo(RuntimeExecutionMode.STREAMING);
    }
}
