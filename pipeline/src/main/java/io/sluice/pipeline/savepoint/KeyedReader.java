package io.sluice.pipeline.savepoint;

import org.apache.flink.api.common.functions.Function;
import org.apache.flink.api.common.state.KeyedStateStore;
import org.apache.flink.runtime.state.KeyedStateBackend;

/** Looks at the restored keyed state of one subtask. */
@FunctionalInterface
public interface KeyedReader<K> extends Function {
    /**
     * @param backend to go through keys with, and to make one the current one
     * @param store gives the states themselves
     */
    void read(KeyedStateBackend<K> backend, KeyedStateStore store) throws Exception;
}
