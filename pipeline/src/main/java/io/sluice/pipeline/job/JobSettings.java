package io.sluice.pipeline.job;

import io.sluice.ptcomm.writer.ShardKeys;
import java.time.Duration;
import org.apache.flink.api.common.ExecutionConfig;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.core.execution.RecoveryClaimMode;
import org.apache.flink.state.rocksdb.RocksDBConfigurableOptions;
import org.apache.flink.state.rocksdb.RocksDBOptions;
import org.rocksdb.CompactionStyle;

/** The job's own settings, wherever it runs: what its correctness and its memory rest on. */
public final class JobSettings {
    private static final Duration CHECKPOINT_INTERVAL = Duration.ofSeconds(30);

    /**
     * A checkpoint may have to wait for a tape mount; ten minutes, the default, would fail the job
     * over and over.
     */
    private static final Duration CHECKPOINT_TIMEOUT = Duration.ofHours(24);

    private static final int TOLERABLE_CHECKPOINT_FAILURES = 1000;

    private static final Duration FIRST_RESTART = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    /** Flink counts its attempts anew after so long without a failure; not within a round. */
    private static final Duration NEVER = Duration.ofDays(3650);

    /**
     * Of a whole round. After a process died, some restarts are scheduled onto it until it is
     * declared lost, within about a minute: 30 are enough for five such deaths. What fails each
     * time ends the round after a quarter of an hour.
     */
    private static final int RESTARTS = 30;

    /**
     * A memtable takes memory in blocks of an eighth of this, for each of the four states of the
     * index. With RocksDB's 64 MiB one block (8 MiB) of two states is all that a subtask may have
     * of 64 MiB of managed memory in two slots (10 MiB): it would flush all the time, and blocks of
     * that size, freed and taken again, leave glibc's heap in pieces.
     */
    private static final MemorySize WRITE_BUFFER = MemorySize.ofMebiBytes(8);

    /**
     * What does not fill a network buffer waits so long in it; the end of a round goes from
     * operator to operator, and would wait a tenth of a second before each.
     */
    private static final Duration BUFFER_TIMEOUT = Duration.ofMillis(10);

    private JobSettings() {}

    /**
     * @param checkpoints URI of the directory for checkpoints
     */
    public static Configuration of(String checkpoints) {
        Configuration settings = new Configuration();
        settings.set(ExecutionOptions.RUNTIME_MODE, RuntimeExecutionMode.STREAMING);
        settings.set(ExecutionOptions.BUFFER_TIMEOUT, BUFFER_TIMEOUT);
        settings.set(PipelineOptions.OBJECT_REUSE, true);
        settings.set(PipelineOptions.GENERIC_TYPES, false);
        settings.set(PipelineOptions.MAX_PARALLELISM, ShardKeys.KEY_GROUPS);
        settings.set(
                PipelineOptions.CLOSURE_CLEANER_LEVEL, ExecutionConfig.ClosureCleanerLevel.NONE);
        settings.set(StateBackendOptions.STATE_BACKEND, "rocksdb");
        settings.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
        settings.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
        settings.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, checkpoints);
        settings.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, CHECKPOINT_INTERVAL);
        // A watermark that a checkpoint carries, or items that come twice, would break the books.
        settings.set(
                CheckpointingOptions.CHECKPOINTING_CONSISTENCY_MODE,
                CheckpointingMode.EXACTLY_ONCE);
        settings.set(CheckpointingOptions.ENABLE_UNALIGNED, false);
        settings.set(CheckpointingOptions.MAX_CONCURRENT_CHECKPOINTS, 1);
        settings.set(CheckpointingOptions.CHECKPOINTING_TIMEOUT, CHECKPOINT_TIMEOUT);
        settings.set(CheckpointingOptions.TOLERABLE_FAILURE_NUMBER, TOLERABLE_CHECKPOINT_FAILURES);
        settings.set(RocksDBOptions.USE_MANAGED_MEMORY, true);
        settings.set(RocksDBConfigurableOptions.WRITE_BUFFER_SIZE, WRITE_BUFFER);
        // A first round only writes. By levels, RocksDB's default, what is merged is written ten
        // times and more: at 100 million entries that is more work than the index's own.
        settings.set(RocksDBConfigurableOptions.COMPACTION_STYLE, CompactionStyle.UNIVERSAL);
        // Both or neither: with little memory, bloom filters in one piece are read and dropped
        // again and again.
        settings.set(RocksDBOptions.USE_PARTITIONED_INDEX_FILTERS, true);
        settings.set(RocksDBConfigurableOptions.USE_BLOOM_FILTER, true);
        settings.set(StateRecoveryOptions.SAVEPOINT_IGNORE_UNCLAIMED_STATE, true);
        // The chain's savepoints are the archive's: Flink deletes what it claims.
        settings.set(StateRecoveryOptions.RESTORE_MODE, RecoveryClaimMode.NO_CLAIM);
        restarts(settings);
        return settings;
    }

    /**
     * What is retried is all but a {@link io.sluice.common.SluiceException}: a lost process, a
     * state backend or a network that failed, an error in the program.
     */
    private static void restarts(Configuration settings) {
        settings.set(RestartStrategyOptions.RESTART_STRATEGY, "exponential-delay");
        settings.set(
                RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_INITIAL_BACKOFF,
                FIRST_RESTART);
        settings.set(
                RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_MAX_BACKOFF,
                LONGEST_PAUSE);
        settings.set(
                RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_BACKOFF_MULTIPLIER, 2.0);
        settings.set(
                RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_RESET_BACKOFF_THRESHOLD,
                NEVER);
        settings.set(RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_ATTEMPTS, RESTARTS);
    }
}
