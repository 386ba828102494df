package io.sluice.common.serial;

import java.io.IOException;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * A hand-written serializer of immutable records: one version byte, then the fields, big-endian.
 * Every version ever released stays readable; each has a frozen sample in the tests.
 */
public abstract class RecordSerializer<T> extends ImmutableSerializer<T> {
    private static final long serialVersionUID = 1L;

    /**
     * No record is larger: a listing or a batch is bounded far below it, so a larger length is
     * damage.
     */
    private static final int MAX_BYTES = 256 << 20;

    private final byte version;

    protected RecordSerializer(int version) {
        this.version = (byte) version;
    }

    protected abstract void write(T record, DataOutputView target) throws IOException;

    protected abstract T read(int readVersion, DataInputView source) throws IOException;

    @Override
    public final void serialize(T record, DataOutputView target) throws IOException {
        target.writeByte(version);
        write(record, target);
    }

    @Override
    public final T deserialize(DataInputView source) throws IOException {
        byte found = source.readByte();
        if (found < 1 || found > version) {
            throw new IOException(
                    getClass().getSimpleName()
                            + " knows versions 1 to "
                            + version
                            + ", the data has "
                            + found
                            + "; it was written by a newer release or is damaged");
        }
        return read(found, source);
    }

    @Override
    public final void copy(DataInputView source, DataOutputView target) throws IOException {
        serialize(deserialize(source), target);
    }

    @Override
    public final int getLength() {
        return -1;
    }

    protected static void writeBytes(byte[] bytes, DataOutputView target) throws IOException {
        target.writeInt(bytes.length);
        target.write(bytes);
    }

    protected static byte[] readBytes(DataInputView source) throws IOException {
        int length = source.readInt();
        if (length < 0 || length > MAX_BYTES) {
            throw new IOException(
                    "a byte array of "
                            + Integer.toUnsignedString(length)
                            + " bytes: the data is damaged");
        }
        byte[] bytes = new byte[length];
        source.readFully(bytes);
        return bytes;
    }
}
