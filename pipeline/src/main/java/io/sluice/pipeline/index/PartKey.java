package io.sluice.pipeline.index;

import io.sluice.common.serial.FixedSerializer;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
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
    static final class KeySerializer extends FixedSerializer<PartKey> {
        private static final long serialVersionUID = 1L;
        static final KeySerializer INSTANCE = new KeySerializer();

        private KeySerializer() {
            super(Long.BYTES + 2 * Integer.BYTES);
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
