package io.sluice.ptcomm.writer;

import io.sluice.common.item.ItemBatch;
import io.sluice.common.serial.ItemBatchSerializer;
import java.io.IOException;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeutils.base.LongSerializer;

/** What of one shard's queue lies in keyed state: batches by number. Mailbox thread only. */
final class QueueState implements ItemQueue.State {
    static final MapStateDescriptor<Long, ItemBatch> DESCRIPTOR =
            new MapStateDescriptor<>(
                    "overflow", LongSerializer.INSTANCE, ItemBatchSerializer.INSTANCE);

    private final MapState<Long, ItemBatch> batches;
    private final Runnable key;

    /**
     * @param key makes the shard's key the current one
     */
    QueueState(MapState<Long, ItemBatch> batches, Runnable key) {
        this.batches = batches;
        this.key = key;
    }

    @Override
    public void put(long number, ItemBatch batch) throws IOException {
        key.run();
        try {
            batches.put(number, batch);
        } catch (Exception e) {
            throw new IOException("storing batch " + number + " of shard " + batch.shard(), e);
        }
    }

    @Override
    public ItemBatch get(long number) throws IOException {
        key.run();
        ItemBatch batch;
        try {
            batch = batches.get(number);
        } catch (Exception e) {
            throw new IOException("fetching batch " + number + " of the queue", e);
        }
        if (batch == null) {
            throw new IllegalStateException("batch " + number + " is not in the queue's state");
        }
        return batch;
    }

    @Override
    public void remove(long number) throws IOException {
        key.run();
        try {
            batches.remove(number);
        } catch (Exception e) {
            throw new IOException("removing batch " + number + " of the queue", e);
        }
    }
}
