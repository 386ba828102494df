package io.sluice.pipeline.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.SluiceException;
import java.time.Duration;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.executiongraph.failover.ExecutionFailureHandler;
import org.apache.flink.runtime.executiongraph.failover.ExponentialDelayRestartBackoffTimeStrategy;
import org.apache.flink.util.SerializedThrowable;
import org.junit.jupiter.api.Test;

class JobSettingsTest {
    private static final Configuration SETTINGS = JobSettings.of("file:///checkpoints");

    @Test
    void whatNoRetryCanMendIsNotRetried() {
        SluiceException full = new SluiceException("no space left");
        assertThat(ExecutionFailureHandler.isUnrecoverableError(full)).isTrue();
        assertThat(
                        ExecutionFailureHandler.isUnrecoverableError(
                                new IllegalStateException("reading ahead failed", full)))
                .isTrue();
        SerializedThrowable sent = new SerializedThrowable(full);
        assertThat(
                        ExecutionFailureHandler.isUnrecoverableError(
                                sent.deserializeError(getClass().getClassLoader())))
                .as("as a task manager sends it")
                .isTrue();
        assertThat(ExecutionFailureHandler.isUnrecoverableError(new IllegalStateException("x")))
                .isFalse();
    }

    /** As Flink reads the options: thirty restarts in all, since the count is never reset. */
    @Test
    void aRoundIsRestartedThirtyTimes() {
        assertThat(
                        ExponentialDelayRestartBackoffTimeStrategy.createFactory(SETTINGS)
                                .create()
                                .toString())
                .contains(
                        "initialBackoffMS=1000,",
                        "maxBackoffMS=30000,",
                        "backoffMultiplier=2.0,",
                        "resetBackoffThresholdMS=" + Duration.ofDays(3650).toMillis() + ",",
                        "attemptsBeforeResetBackoff=30,");
    }
}
