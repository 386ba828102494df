package io.sluice.ptcomm.writer;

import io.sluice.common.round.Receipt;
import io.sluice.common.round.RoundEvent;
import io.sluice.common.serial.RecordSerializer;
import io.sluice.common.serial.RoundEventSerializer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * Version 2: round, run; number of counts (4), and for each its name and value; the queue's five
 * fields; a tag: 0 neither, 1 a point, 2 a receipt. A point: entries, bytes, number of segments (4)
 * and these, whether one is open (1) and that one. A segment: name, length, entries, xxh3. A
 * receipt is as {@link RoundEventSerializer} has it.
 *
 * <p>Version 1: round, run, number of settled items. Such a stream cannot be continued.
 */
public final class ShardProgressSerializer extends RecordSerializer<ShardProgress> {
    private static final long serialVersionUID = 1L;
    static final ShardProgressSerializer INSTANCE = new ShardProgressSerializer();

    private static final byte NEITHER = 0;
    private static final byte POINT = 1;
    private static final byte RECEIPT = 2;

    private ShardProgressSerializer() {
        super(2);
    }

    @Override
    protected void write(ShardProgress progress, DataOutputView target) throws IOException {
        target.writeLong(progress.round());
        target.writeUTF(progress.run());
        target.writeInt(progress.counts().size());
        for (Map.Entry<String, Long> count : progress.counts().entrySet()) {
            target.writeUTF(count.getKey());
            target.writeLong(count.getValue());
        }
        QueueMark queue = progress.queue();
        target.writeLong(queue.first());
        target.writeLong(queue.next());
        target.writeInt(queue.settled());
        target.writeLong(queue.items());
        target.writeLong(queue.bytes());
        if (progress.receipt() != null) {
            target.writeByte(RECEIPT);
            RoundEventSerializer.INSTANCE.serialize(progress.receipt(), target);
        } else if (progress.point() != null) {
            target.writeByte(POINT);
            write(progress.point(), target);
        } else {
            target.writeByte(NEITHER);
        }
    }

    private static void write(ReceiverPoint point, DataOutputView target) throws IOException {
        target.writeLong(point.entries());
        target.writeLong(point.bytes());
        target.writeInt(point.segments().size());
        for (Receipt.Segment segment : point.segments()) {
            write(segment, target);
        }
        target.writeBoolean(point.open() != null);
        if (point.open() != null) {
            write(point.open(), target);
        }
    }

    private static void write(Receipt.Segment segment, DataOutputView target) throws IOException {
        target.writeUTF(segment.name());
        target.writeLong(segment.length());
        target.writeLong(segment.entries());
        target.writeLong(segment.xxh3());
    }

    @Override
    protected ShardProgress read(int version, DataInputView source) throws IOException {
        long round = source.readLong();
        String run = source.readUTF();
        SortedMap<String, Long> counts = new TreeMap<>();
        if (version == 1) {
            counts.put(ShardCounts.ITEMS, source.readLong());
            return new ShardProgress(round, run, counts, QueueMark.EMPTY, null, null);
        }
        for (int left = source.readInt(); left > 0; left--) {
            counts.put(source.readUTF(), source.readLong());
        }
        QueueMark queue =
                new QueueMark(
                        source.readLong(),
                        source.readLong(),
                        source.readInt(),
                        source.readLong(),
                        source.readLong());
        byte tag = source.readByte();
        ReceiverPoint point = tag == POINT ? point(source) : null;
        Receipt receipt = tag == RECEIPT ? receipt(source) : null;
        if (tag < NEITHER || tag > RECEIPT) {
            throw new IOException("no progress of a shard has the tag " + tag + ": damaged");
        }
        return new ShardProgress(round, run, counts, queue, point, receipt);
    }

    private static ReceiverPoint point(DataInputView source) throws IOException {
        long entries = source.readLong();
        long bytes = source.readLong();
        List<Receipt.Segment> segments = new ArrayList<>();
        for (int left = source.readInt(); left > 0; left--) {
            segments.add(segment(source));
        }
        return new ReceiverPoint(
                entries, bytes, segments, source.readBoolean() ? segment(source) : null);
    }

    private static Receipt.Segment segment(DataInputView source) throws IOException {
        return new Receipt.Segment(
                source.readUTF(), source.readLong(), source.readLong(), source.readLong());
    }

    private static Receipt receipt(DataInputView source) throws IOException {
        RoundEvent event = RoundEventSerializer.INSTANCE.deserialize(source);
        if (event instanceof Receipt receipt) {
            return receipt;
        }
        throw new IOException("a shard's progress has no receipt where one is due: damaged");
    }

    @Override
    public TypeSerializerSnapshot<ShardProgress> snapshotConfiguration() {
        return new Snapshot();
    }

    /** Says to Flink which serializer wrote the data. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<ShardProgress> {
        public Snapshot() {
            super(() -> INSTANCE);
        }
    }
}
