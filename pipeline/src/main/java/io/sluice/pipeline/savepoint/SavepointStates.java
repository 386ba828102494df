package io.sluice.pipeline.savepoint;

import io.sluice.common.SluiceException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.function.Consumer;
import org.apache.flink.api.common.ExecutionConfig;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobInfoImpl;
import org.apache.flink.api.common.TaskInfoImpl;
import org.apache.flink.api.common.functions.util.RuntimeUDFContext;
import org.apache.flink.api.common.io.RichInputFormat;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.core.io.InputSplit;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.state.api.input.KeyedStateInputFormat;
import org.apache.flink.state.rocksdb.RocksDBOptions;

/**
 * Reads the states of a savepoint, one subtask's after the other, cut as they were written: each is
 * copied to a local disk and opened there, and nothing else is in memory but RocksDB's caches.
 *
 * <p>Uses the input formats of Flink's State Processor API without a job. Its {@code
 * SavepointReader} makes sources of the same formats, but goes through the keys of all states of an
 * operator at once, and Flink 2.3.0 gives keys more than once there: it compares bytes signed that
 * RocksDB has sorted unsigned. It would also restore at the reading job's parallelism, not at the
 * written one.
 *
 * <p>Belongs to one thread. An interrupt ends a reading at the next key.
 */
public final class SavepointStates {
    /** RocksDB's block cache; Flink would give 64 MiB. */
    private static final MemorySize ROCKSDB_MEMORY = MemorySize.ofMebiBytes(24);

    private final Savepoint savepoint;
    private final Configuration configuration = new Configuration();
    private final ExecutionConfig execution;

    /**
     * @param work an existing directory on a local disk, with room for the state of one subtask;
     *     what is in it afterwards is of no use
     */
    public SavepointStates(Savepoint savepoint, Path work) {
        this.savepoint = savepoint;
        configuration.set(StateBackendOptions.STATE_BACKEND, "rocksdb");
        configuration.set(CoreOptions.TMP_DIRS, work.toString());
        configuration.set(RocksDBOptions.LOCAL_DIRECTORIES, work.toString());
        configuration.set(RocksDBOptions.FIX_PER_SLOT_MEMORY_SIZE, ROCKSDB_MEMORY);
        execution = new ExecutionConfig(configuration);
    }

    /**
     * Reads the keyed state of all subtasks of an operator.
     *
     * @throws SluiceException if the savepoint has no such operator
     */
    public <K> void keyed(String uid, TypeInformation<K> keyType, KeyedReader<K> reader)
            throws IOException {
        OperatorState operator = savepoint.required(uid);
        read(operator, keyed(operator, keyType, reader), null, record -> {});
    }

    /** Reads the keyed state of the one subtask that had {@code key}. */
    public <K> void keyed(String uid, TypeInformation<K> keyType, K key, KeyedReader<K> reader)
            throws IOException {
        OperatorState operator = savepoint.required(uid);
        int group = KeyGroupRangeAssignment.assignToKeyGroup(key, operator.getMaxParallelism());
        int subtask =
                KeyGroupRangeAssignment.computeOperatorIndexForKeyGroup(
                        operator.getMaxParallelism(), operator.getParallelism(), group);
        read(operator, keyed(operator, keyType, reader), subtask, record -> {});
    }

    private <K> KeyedStateInputFormat<K, ?, Void> keyed(
            OperatorState operator, TypeInformation<K> keyType, KeyedReader<K> reader)
            throws IOException {
        return new KeyedStateInputFormat<>(
                operator,
                null,
                configuration,
                new KeyedReaderOperator<>(reader, keyType),
                execution);
    }

    /**
     * @param only number of the split to read; null for all
     */
    private <T, S extends InputSplit> void read(
            OperatorState operator, RichInputFormat<T, S> format, Integer only, Consumer<T> records)
            throws IOException {
        format.setRuntimeContext(context(operator));
        for (S split : format.createInputSplits(operator.getParallelism())) {
            if (only != null && split.getSplitNumber() != only) {
                continue;
            }
            format.openInputFormat();
            try {
                format.open(split);
                while (!format.reachedEnd()) {
                    records.accept(format.nextRecord(null));
                }
            } catch (IOException e) {
                throw savepoint.failed(e);
            } finally {
                format.close();
                format.closeInputFormat();
            }
        }
    }

    /** Stands for the subtask that reads; its number is the split's. */
    private RuntimeUDFContext context(OperatorState operator) {
        return new RuntimeUDFContext(
                new JobInfoImpl(new JobID(), "inspect"),
                new TaskInfoImpl(
                        "inspect", operator.getMaxParallelism(), 0, operator.getParallelism(), 0),
                SavepointStates.class.getClassLoader(),
                execution,
                new HashMap<>(),
                new HashMap<>(),
                UnregisteredMetricsGroup.createOperatorMetricGroup());
    }
}
