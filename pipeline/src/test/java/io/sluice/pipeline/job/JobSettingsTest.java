package io.sluice.pipeline.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.SluiceException;
import java.time.Duration;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.executiongraph.failover.ExecutionFailureHandler;
import org.apache.flink.util.SerializedThrowable;
import org.apache.flink.util.clock.ManualClock;
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

    /** A process that died costs some restarts at first; what fails each time ends the round. */
    @Test
    void aRoundIsRestartedThirtyTimesHoweverLongItLasts() {
        assertThat(restarts(Duration.ZERO)).isEqualTo(30);
        assertThat(restarts(Duration.ofDays(7))).isEqualTo(30);
    }

    /** Restarts with so much time between a restart and the next failure. */
    private static int restarts(Duration running) {
        ManualClock clock = new ManualClock(Duration.ofDays(20_000).toNanos());
        var strategy = new ClockedStrategy(clock).create();
        int restarts = 0;
        long pauses = 0;
        while (true) {
            strategy.notifyFailure(new IllegalStateException("x"));
            if (!strategy.canRestart()) {
                assertThat(pauses).isBetween(10 * 60_000L, 20 * 60_000L);
                return restarts;
            }
            restarts++;
            pauses += strategy.getBackoffTime();
            clock.advanceTime(Duration.ofMillis(strategy.getBackoffTime() + 1).plus(running));
        }
    }
}
