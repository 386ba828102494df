package io.sluice.ptcomm.writer;

import io.sluice.common.item.ItemBatch;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.typeinfo.BasicTypeInfo;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;

/** Reads from a snapshot what a shard's queue had in keyed state. */
final class OverflowProbe extends AbstractStreamOperator<Integer>
        implements OneInputStreamOperator<Integer, Integer> {
    private static final long serialVersionUID = 1L;

    private transient MapState<Long, ItemBatch> overflow;

    private OverflowProbe() {}

    /** Number of items of each batch, in order. */
    static List<Integer> batches(OperatorSubtaskState snapshot, int shard, int shards)
            throws Exception {
        try (var harness =
                new KeyedOneInputStreamOperatorTestHarness<Integer, Integer, Integer>(
                        new OverflowProbe(),
                        key -> key,
                        BasicTypeInfo.INT_TYPE_INFO,
                        ShardKeys.KEY_GROUPS,
                        1,
                        0)) {
            harness.setStateBackend(new EmbeddedRocksDBStateBackend(false));
            harness.setup(IntSerializer.INSTANCE);
            harness.initializeState(snapshot);
            harness.open();
            harness.processElement(new StreamRecord<>(ShardKeys.of(shards)[shard]));
            return new ArrayList<>(harness.extractOutputValues());
        }
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        overflow = context.getKeyedStateStore().getMapState(QueueState.DESCRIPTOR);
    }

    @Override
    public void processElement(StreamRecord<Integer> key) throws Exception {
        for (ItemBatch batch : overflow.values()) {
            output.collect(new StreamRecord<>(batch.count()));
        }
    }
}
