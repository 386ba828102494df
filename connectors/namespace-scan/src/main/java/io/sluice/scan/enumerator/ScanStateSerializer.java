package io.sluice.scan.enumerator;

import io.sluice.scan.split.DirectorySplit;
import io.sluice.scan.split.DirectorySplitSerializer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/**
 * The enumerator's state as bytes. Version 1, big-endian: number of splits 4, then each as in
 * version 1 of {@link DirectorySplitSerializer}.
 */
public final class ScanStateSerializer implements SimpleVersionedSerializer<ScanState> {
    public static final ScanStateSerializer INSTANCE = new ScanStateSerializer();
    private static final int VERSION = 1;

    private ScanStateSerializer() {}

    @Override
    public int getVersion() {
        return VERSION;
    }

    @Override
    public byte[] serialize(ScanState state) throws IOException {
        DataOutputSerializer out = new DataOutputSerializer(256);
        out.writeInt(state.unassigned().size());
        for (DirectorySplit split : state.unassigned()) {
            DirectorySplitSerializer.write(split, out);
        }
        return out.getCopyOfBuffer();
    }

    @Override
    public ScanState deserialize(int version, byte[] bytes) throws IOException {
        if (version != VERSION) {
            throw new IOException(
                    "the scan's enumerator in version "
                            + version
                            + "; this release knows version "
                            + VERSION);
        }
        DataInputDeserializer in = new DataInputDeserializer(bytes);
        List<DirectorySplit> splits = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            splits.add(DirectorySplitSerializer.read(in));
        }
        if (in.available() > 0) {
            throw new IOException(in.available() + " bytes too many: the state is damaged");
        }
        return new ScanState(splits);
    }
}
