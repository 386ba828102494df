package io.sluice.pipeline.index;

import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.base.TypeSerializerSingleton;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * Where a collected part of a large directory lies in the state: by reading, then by bucket of its
 * names' hash, then by number. RocksDB keeps keys in the order of their bytes, so one pass over a
 * reading gives bucket after bucket, and memory holds one bucket.
 *
 * @param listing id of the reading
 * @param bucket highest bits of the names' hash, see {@link PartedListings}
 * @param part number of the part
 */
record PartKey(long listing, int bucket, int part) {
    /** Sixteen bytes, big-endian: their order is the order of the fields (as unsigned numbers). */
    static final class KeySerializer extends TypeSerializerSingleton<PartKey> {
        private static final long serialVersionUID = 1L;
        static final KeySerializer INSTANCE = new KeySerializer();

        @Override
        public boolean isImmutableType() {
            return true;
        }

        @Override
        public PartKey createInstance() {
            return new PartKey(0, 0, 0);
        }

        @Override
        public PartKey copy(PartKey from) {
            return from;
        }

        @Override
        public PartKey copy(PartKey from, PartKey reuse) {
            return from;
        }

        @Override
        public int getLength() {
            return Long.BYTES + 2 * Integer.BYTES;
        }

        @Override
        public void serialize(PartKey key, DataOutputView target) throws IOException {
            target.writeLong(key.listing);
            target.writeInt(key.bucket);
            target.writeInt(key.part);
        }

        @Override
        public PartKey deserialize(DataInputView source) throws IOException {
            return new PartKey(source.readLong(), source.readInt(), source.readInt());
        }

        @Override
        public PartKey deserialize(PartKey reuse, DataInputView source) throws IOException {
            return deserialize(source);
        }

        @Override
        public void copy(DataInputView source, DataOutputView target) throws IOException {
            target.write(source, getLength());
        }

        @Override
        public TypeSerializerSnapshot<PartKey> snapshotConfiguration() {
            return new Snapshot();
        }
    }

    /** Says to Flink which serializer wrote the data. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<PartKey> {
        public Snapshot() {
            super(() -> KeySerializer.INSTANCE);
        }
    }
}
