package io.sluice.pipeline.savepoint;

import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.runtime.state.DefaultKeyedStateStore;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.state.api.input.operator.StateReaderOperator;
import org.apache.flink.state.api.runtime.SavepointRuntimeContext;
import org.apache.flink.util.CloseableIterator;
import org.apache.flink.util.Collector;

/** Gives its reader the state when that has been restored, and has no records. */
final class KeyedReaderOperator<K>
        extends StateReaderOperator<KeyedReader<K>, K, VoidNamespace, Void> {
    private static final long serialVersionUID = 1L;

    KeyedReaderOperator(KeyedReader<K> reader, TypeInformation<K> key) {
        super(reader, key, VoidNamespaceSerializer.INSTANCE);
    }

    @Override
    public void open() throws Exception {
        function.read(
                getKeyedStateBackend(),
                new DefaultKeyedStateStore(getKeyedStateBackend(), getSerializerFactory()));
    }

    @Override
    public CloseableIterator<Tuple2<K, VoidNamespace>> getKeysAndNamespaces(
            SavepointRuntimeContext context) {
        return CloseableIterator.empty();
    }

    @Override
    public void processElement(K key, VoidNamespace namespace, Collector<Void> out) {
        throw new IllegalStateException("there is no key to be read by itself");
    }
}
