package io.sluice.ptcomm.writer;

import io.sluice.common.serial.RecordSerializer;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Version 1: round, run, number of settled items. */
public final class ShardProgressSerializer extends RecordSerializer<ShardProgress> {
    private static final long serialVersionUID = 1L;
    static final ShardProgressSerializer INSTANCE = new ShardProgressSerializer();

    private ShardProgressSerializer() {
        super(1);
    }

    @Override
    protected void write(ShardProgress progress, DataOutputView target) throws IOException {
        target.writeLong(progress.round());
        target.writeUTF(progress.run());
        target.writeLong(progress.settled());
    }

    @Override
    protected ShardProgress read(int version, DataInputView source) throws IOException {
        return new ShardProgress(source.readLong(), source.readUTF(), source.readLong());
    }

    @Override
    public TypeSerializerSnapshot<ShardProgress> snapshotConfiguration() {
        return new Snapshot();
    }

    /** Says to Flink which serializer wrote the data. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<ShardProgress> {
        public Snapshot() {
            super(() -> INSTANCE);
        }
    }
}
