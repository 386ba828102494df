package io.sluice.pipeline.report;

import io.sluice.common.round.RoundEvent;
import io.sluice.common.serial.RecordSerializer;
import io.sluice.common.serial.RoundEventSerializer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * Version 2: run, attempt, length of the owed file, length of the file of failures, number of
 * events (4) and these, each as {@link RoundEventSerializer} has it. Version 1 had no attempt.
 */
public final class CollectorStateSerializer extends RecordSerializer<CollectorState> {
    private static final long serialVersionUID = 1L;
    static final CollectorStateSerializer INSTANCE = new CollectorStateSerializer();

    private CollectorStateSerializer() {
        super(2);
    }

    @Override
    protected void write(CollectorState state, DataOutputView target) throws IOException {
        target.writeUTF(state.run());
        target.writeUTF(state.attempt());
        target.writeLong(state.owedBytes());
        target.writeLong(state.failedBytes());
        target.writeInt(state.events().size());
        for (RoundEvent event : state.events()) {
            RoundEventSerializer.INSTANCE.serialize(event, target);
        }
    }

    @Override
    protected CollectorState read(int version, DataInputView source) throws IOException {
        String run = source.readUTF();
        String attempt = version < 2 ? "" : source.readUTF();
        long owedBytes = source.readLong();
        long failedBytes = source.readLong();
        List<RoundEvent> events = new ArrayList<>();
        for (int left = source.readInt(); left > 0; left--) {
            events.add(RoundEventSerializer.INSTANCE.deserialize(source));
        }
        return new CollectorState(run, attempt, owedBytes, failedBytes, events);
    }

    @Override
    public TypeSerializerSnapshot<CollectorState> snapshotConfiguration() {
        return new Snapshot();
    }

    /** Says to Flink which serializer wrote the data. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<CollectorState> {
        public Snapshot() {
            super(() -> INSTANCE);
        }
    }
}
