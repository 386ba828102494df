package io.sluice.pipeline.index;

import com.dynatrace.hash4j.hashing.HashValue128;
import io.sluice.common.hash.Xxh3;
import io.sluice.common.serial.FixedSerializer;
import io.sluice.common.serial.RecordType;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * The key of a directory: xxh3_128 of its path. The state keeps the path itself, so that a
 * collision is noticed.
 *
 * @param high most significant half
 * @param low least significant half
 */
public record DirectoryKey(long high, long low) {
    public static final RecordType<DirectoryKey> TYPE =
            RecordType.key(DirectoryKey.class, KeySerializer.INSTANCE);

    public static DirectoryKey of(byte[] directory) {
        HashValue128 hash = Xxh3.hash128(directory);
        return new DirectoryKey(hash.getMostSignificantBits(), hash.getLeastSignificantBits());
    }

    /** Decides the key group, so it never changes. */
    @Override
    public int hashCode() {
        return Long.hashCode(high ^ low);
    }

    /**
     * Sixteen bytes, big-endian; no version, since it stands before every state entry and can never
     * change.
     */
    public static final class KeySerializer extends FixedSerializer<DirectoryKey> {
        private static final long serialVersionUID = 1L;
        static final KeySerializer INSTANCE = new KeySerializer();

        private KeySerializer() {
            super(2 * Long.BYTES);
        }

        @Override
        public void serialize(DirectoryKey key, DataOutputView target) throws IOException {
            target.writeLong(key.high);
            target.writeLong(key.low);
        }

        @Override
        public DirectoryKey deserialize(DataInputView source) throws IOException {
            return new DirectoryKey(source.readLong(), source.readLong());
        }

        @Override
        public TypeSerializerSnapshot<DirectoryKey> snapshotConfiguration() {
            return new Snapshot();
        }
    }

    /** Says to Flink which serializer wrote the data. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<DirectoryKey> {
        public Snapshot() {
            super(() -> KeySerializer.INSTANCE);
        }
    }
}
