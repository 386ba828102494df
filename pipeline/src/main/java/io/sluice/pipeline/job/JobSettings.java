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
import org.apache.flink.state.rocksdb.RocksDBConfigurableOptions;
import org.apache.flink.state.rocksdb.RocksDBOptions;

/** The job's own settings, wherever it runs: what its correctness and its memory rest on. */
public final class JobSettings {
    private static final Duration CHECKPOINT_INTERVAL = Duration.ofSeconds(30);

    /**
     * A checkpoint may have to wait for a tape mount; ten minutes, the default, would fail the job
     * over and over.
     */
    private static final Duration CHECKPOINT_TIMEOUT = Duration.ofHours(24);

    private static final int TOLERABLE_CHECKPOINT_FAILURES = 1000;

    /**
     * A memtable takes memory in blocks of an eighth of this, for each of the four states of the
     * index. With RocksDB's 64 MiB one block (8 MiB) of two states is all that a subtask may have
     * of 64 MiB of managed memory in two slots (10 MiB): it would flush all the time, and blocks of
     * that size, freed and taken again, leave glibc's heap in pieces.
     */
    private static final MemorySize WRITE_BUFFER = MemorySize.ofMebiBytes(8);

    private JobSettings() {}

    /**
     * @param checkpoints URI of the directory for checkpoints
     */
    public static Configuration of(String checkpoints) {
        Configuration settings = new Configuration();
        settings.set(ExecutionOptions.RUNTIME_MODE, RuntimeExecutionMode.STREAMING);
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
        settings.set(CheckpointingOptions.CHECKPOINTING_TIMEOUT, CHECKPOINT_TIMEOUT);
        settings.set(CheckpointingOptions.TOLERABLE_FAILURE_NUMBER, TOLERABLE_CHECKPOINT_FAILURES);
        settings.set(RocksDBOptions.USE_MANAGED_MEMORY, true);
        settings.set(RocksDBConfigurableOptions.WRITE_BUFFER_SIZE, WRITE_BUFFER);
        // Both or neither: with little memory, bloom filters in one piece are read and dropped
        // again and again.
        settings.set(RocksDBOptions.USE_PARTITIONED_INDEX_FILTERS, true);
        settings.set(RocksDBConfigurableOptions.USE_BLOOM_FILTER, true);
        settings.set(StateRecoveryOptions.SAVEPOINT_IGNORE_UNCLAIMED_STATE, true);
        // A lost process fails the round; it is started again from its base.
        settings.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
        return settings;
    }
}
