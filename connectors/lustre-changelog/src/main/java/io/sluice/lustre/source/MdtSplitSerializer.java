package io.sluice.lustre.source;

import io.sluice.scan.split.SentCounts;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * Splits in the state of readers, and lists of them in that of the enumerator. Version 1: the
 * fields in the record's order, numbers big-endian, texts in modified UTF-8 behind their length (2
 * bytes), paths behind theirs (4 bytes), lists behind their size (4 bytes).
 */
final class MdtSplitSerializer implements SimpleVersionedSerializer<MdtSplit> {
    static final MdtSplitSerializer INSTANCE = new MdtSplitSerializer();

    private static final int VERSION = 1;

    private MdtSplitSerializer() {}

    @Override
    public int getVersion() {
        return VERSION;
    }

    @Override
    public byte[] serialize(MdtSplit split) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        write(split, out);
        return bytes.toByteArray();
    }

    @Override
    public MdtSplit deserialize(int version, byte[] bytes) throws IOException {
        return read(input(version, bytes));
    }

    private static DataInputStream input(int version, byte[] bytes) throws IOException {
        if (version != VERSION) {
            throw new IOException(
                    "the state of a changelog's reader is of version "
                            + version
                            + "; this release knows version 1");
        }
        return new DataInputStream(new ByteArrayInputStream(bytes));
    }

    private static void write(MdtSplit split, DataOutputStream out) throws IOException {
        out.writeUTF(split.mdt());
        out.writeUTF(split.user());
        out.writeLong(split.acknowledged());
        out.writeLong(split.next());
        out.writeBoolean(split.ended());
        out.writeBoolean(split.lost());
        out.writeInt(split.subtrees().size());
        for (byte[] path : split.subtrees()) {
            out.writeInt(path.length);
            out.write(path);
        }
        out.writeLong(split.sent().names());
        out.writeLong(split.sent().directories());
        out.writeLong(split.sent().unreadableDirectories());
        out.writeLong(split.deltas());
        out.writeLong(split.records());
        out.writeLong(split.unknown());
        out.writeInt(split.doubts().size());
        for (String doubt : split.doubts()) {
            out.writeUTF(doubt);
        }
    }

    private static MdtSplit read(DataInputStream in) throws IOException {
        String mdt = in.readUTF();
        String user = in.readUTF();
        long acknowledged = in.readLong();
        long next = in.readLong();
        boolean ended = in.readBoolean();
        boolean lost = in.readBoolean();
        List<byte[]> subtrees = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            byte[] path = in.readNBytes(in.readInt());
            subtrees.add(path);
        }
        SentCounts sent = new SentCounts(in.readLong(), in.readLong(), in.readLong());
        long deltas = in.readLong();
        long records = in.readLong();
        long unknown = in.readLong();
        List<String> doubts = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            doubts.add(in.readUTF());
        }
        return new MdtSplit(
                mdt,
                user,
                acknowledged,
                next,
                ended,
                lost,
                subtrees,
                sent,
                deltas,
                records,
                unknown,
                doubts);
    }

    /** For what the enumerator has not given away. */
    static final class OfList implements SimpleVersionedSerializer<List<MdtSplit>> {
        static final OfList INSTANCE = new OfList();

        private OfList() {}

        @Override
        public int getVersion() {
            return VERSION;
        }

        @Override
        public byte[] serialize(List<MdtSplit> splits) throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(bytes);
            out.writeInt(splits.size());
            for (MdtSplit split : splits) {
                write(split, out);
            }
            return bytes.toByteArray();
        }

        @Override
        public List<MdtSplit> deserialize(int version, byte[] bytes) throws IOException {
            DataInputStream in = input(version, bytes);
            List<MdtSplit> splits = new ArrayList<>();
            for (int left = in.readInt(); left > 0; left--) {
                splits.add(read(in));
            }
            return splits;
        }
    }
}
