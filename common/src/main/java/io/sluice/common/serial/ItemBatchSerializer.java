package io.sluice.common.serial;

import io.sluice.common.item.ItemBatch;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * {@link ItemBatch}es between index and shard writer. Version 1: directory, shard, count, items.
 */
public final class ItemBatchSerializer extends RecordSerializer<ItemBatch> {
    private static final long serialVersionUID = 1L;
    public static final ItemBatchSerializer INSTANCE = new ItemBatchSerializer();
    public static final RecordType<ItemBatch> TYPE = RecordType.of(ItemBatch.class, INSTANCE);

    private static final int VERSION = 1;

    private ItemBatchSerializer() {
        super(VERSION);
    }

    @Override
    protected void write(ItemBatch batch, DataOutputView target) throws IOException {
        writeBytes(batch.directory(), target);
        target.writeInt(batch.shard());
        target.writeInt(batch.count());
        writeBytes(batch.items(), target);
    }

    @Override
    protected ItemBatch read(int version, DataInputView source) throws IOException {
        return new ItemBatch(
                readBytes(source), source.readInt(), source.readInt(), readBytes(source));
    }

    @Override
    public TypeSerializerSnapshot<ItemBatch> snapshotConfiguration() {
        return new Snapshot();
    }

    /** Says to Flink which serializer wrote the data. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<ItemBatch> {
        public Snapshot() {
            super(() -> INSTANCE);
        }
    }
}
