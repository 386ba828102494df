package io.sluice.ptcomm.writer;

import io.sluice.common.serial.RecordSerializer;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Version 1: {@link LinkNames} as they are, behind their length in bytes (4). */
public final class LinkNamesSerializer extends RecordSerializer<byte[]> {
    private static final long serialVersionUID = 1L;
    static final LinkNamesSerializer INSTANCE = new LinkNamesSerializer();

    private LinkNamesSerializer() {
        super(1);
    }

    @Override
    protected void write(byte[] names, DataOutputView target) throws IOException {
        writeBytes(names, target);
    }

    @Override
    protected byte[] read(int version, DataInputView source) throws IOException {
        return readBytes(source);
    }

    @Override
    public TypeSerializerSnapshot<byte[]> snapshotConfiguration() {
        return new Snapshot();
    }

    /** Says to Flink which serializer wrote the data. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<byte[]> {
        public Snapshot() {
            super(() -> INSTANCE);
        }
    }
}
