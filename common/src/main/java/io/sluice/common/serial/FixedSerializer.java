package io.sluice.common.serial;

import java.io.IOException;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * A serializer of immutable keys of one fixed length, without a version byte: keys stand before
 * every state entry, their bytes decide RocksDB's order, and so they never change.
 */
public abstract class FixedSerializer<T> extends ImmutableSerializer<T> {
    private static final long serialVersionUID = 1L;

    private final int length;

    /**
     * @param length bytes of every key
     */
    protected FixedSerializer(int length) {
        this.length = length;
    }

    @Override
    public final int getLength() {
        return length;
    }

    @Override
    public final void copy(DataInputView source, DataOutputView target) throws IOException {
        target.write(source, length);
    }
}
