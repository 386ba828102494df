package io.sluice.ptcomm.writer;

import io.sluice.common.item.ItemBatch;
import java.util.Iterator;
import java.util.stream.Stream;
import org.apache.flink.api.common.state.KeyedStateStore;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.runtime.state.KeyedStateBackend;
import org.apache.flink.runtime.state.VoidNamespace;

/**
 * What a subtask of the shard writer keeps while a round runs, and must not keep behind its end.
 *
 * @param queued batches of items that wait
 * @param links inodes whose names are remembered
 */
public record WriterLeftovers(long queued, long links) {
    public static final WriterLeftovers NONE = new WriterLeftovers(0, 0);

    /** Counts; the backend's current key is another one afterwards. */
    public static WriterLeftovers of(KeyedStateBackend<Integer> backend, KeyedStateStore store)
            throws Exception {
        MapState<Long, ItemBatch> queue = store.getMapState(QueueState.DESCRIPTOR);
        MapState<Long, byte[]> links = store.getMapState(LinkState.DESCRIPTOR);
        return new WriterLeftovers(
                count(backend, QueueState.DESCRIPTOR, queue),
                count(backend, LinkState.DESCRIPTOR, links));
    }

    private static <V> long count(
            KeyedStateBackend<Integer> backend,
            MapStateDescriptor<Long, V> descriptor,
            MapState<Long, V> state)
            throws Exception {
        long count = 0;
        try (Stream<Integer> shards =
                backend.getKeys(descriptor.getName(), VoidNamespace.INSTANCE)) {
            for (Iterator<Integer> shard = shards.iterator(); shard.hasNext(); ) {
                backend.setCurrentKey(shard.next());
                for (Long key : state.keys()) {
                    count += key == null ? 0 : 1;
                }
            }
        }
        return count;
    }

    public WriterLeftovers plus(WriterLeftovers other) {
        return new WriterLeftovers(queued + other.queued, links + other.links);
    }
}
