package io.sluice.scan.split;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.core.memory.DataOutputView;

/**
 * Splits as bytes. Version 1, big-endian: names sent 8, directories sent 8, unreadable ones 8,
 * number of directories 4; for each its path's length 4 and bytes.
 */
public final class DirectorySplitSerializer implements SimpleVersionedSerializer<DirectorySplit> {
    public static final DirectorySplitSerializer INSTANCE = new DirectorySplitSerializer();
    private static final int VERSION = 1;

    private DirectorySplitSerializer() {}

    @Override
    public int getVersion() {
        return VERSION;
    }

    @Override
    public byte[] serialize(DirectorySplit split) throws IOException {
        DataOutputSerializer out = new DataOutputSerializer(256);
        write(split, out);
        return out.getCopyOfBuffer();
    }

    @Override
    public DirectorySplit deserialize(int version, byte[] bytes) throws IOException {
        if (version != VERSION) {
            throw new IOException(
                    "a split of the scan in version "
                            + version
                            + "; this release knows version "
                            + VERSION);
        }
        DataInputDeserializer in = new DataInputDeserializer(bytes);
        DirectorySplit split = read(in);
        if (in.available() > 0) {
            throw new IOException(in.available() + " bytes too many: the split is damaged");
        }
        return split;
    }

    public static void write(DirectorySplit split, DataOutputView out) throws IOException {
        out.writeLong(split.sent().names());
        out.writeLong(split.sent().directories());
        out.writeLong(split.sent().unreadableDirectories());
        out.writeInt(split.directories().size());
        for (byte[] directory : split.directories()) {
            out.writeInt(directory.length);
            out.write(directory);
        }
    }

    public static DirectorySplit read(DataInputDeserializer in) throws IOException {
        SentCounts sent = new SentCounts(in.readLong(), in.readLong(), in.readLong());
        int count = length(in, Integer.BYTES);
        List<byte[]> directories = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            byte[] directory = new byte[length(in, 1)];
            in.readFully(directory);
            directories.add(directory);
        }
        return new DirectorySplit(directories, sent);
    }

    /** A number of things of at least {@code size} bytes each, which must still be there. */
    private static int length(DataInputDeserializer in, int size) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > in.available() / size) {
            throw new IOException(
                    "room for "
                            + in.available()
                            + " bytes, a length of "
                            + Integer.toUnsignedString(length)
                            + ": the split is damaged");
        }
        return length;
    }
}
