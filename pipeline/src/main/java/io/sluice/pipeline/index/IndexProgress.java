package io.sluice.pipeline.index;

import io.sluice.common.serial.RecordSerializer;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * Which round a subtask's state is of, and how far it is.
 *
 * @param verdict that the subtask acts upon or has acted upon; else null
 * @param ended whether the round's watermark has passed
 */
record IndexProgress(long round, String run, EndEvent.Verdict verdict, boolean ended) {
    /**
     * Version 1: round, run, whether there is a verdict, whether it withholds, number of names
     * gone, whether the round has ended.
     */
    static final class Serializer extends RecordSerializer<IndexProgress> {
        private static final long serialVersionUID = 1L;
        static final Serializer INSTANCE = new Serializer();

        private Serializer() {
            super(1);
        }

        @Override
        protected void write(IndexProgress progress, DataOutputView target) throws IOException {
            EndEvent.Verdict verdict = progress.verdict();
            target.writeLong(progress.round());
            target.writeUTF(progress.run());
            target.writeBoolean(verdict != null);
            target.writeBoolean(verdict != null && verdict.withheld());
            target.writeLong(verdict == null ? 0 : verdict.gone());
            target.writeBoolean(progress.ended());
        }

        @Override
        protected IndexProgress read(int version, DataInputView source) throws IOException {
            long round = source.readLong();
            String run = source.readUTF();
            boolean judged = source.readBoolean();
            EndEvent.Verdict verdict =
                    new EndEvent.Verdict(source.readBoolean(), source.readLong());
            return new IndexProgress(round, run, judged ? verdict : null, source.readBoolean());
        }

        @Override
        public TypeSerializerSnapshot<IndexProgress> snapshotConfiguration() {
            return new Snapshot();
        }
    }

    /** Says to Flink which serializer wrote the data. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<IndexProgress> {
        public Snapshot() {
            super(() -> Serializer.INSTANCE);
        }
    }
}
