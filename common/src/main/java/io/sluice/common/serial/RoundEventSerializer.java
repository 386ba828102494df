package io.sluice.common.serial;

import io.sluice.common.round.Failure;
import io.sluice.common.round.Owed;
import io.sluice.common.round.OwedReason;
import io.sluice.common.round.Receipt;
import io.sluice.common.round.RoundEvent;
import io.sluice.common.round.Tally;
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
 * {@link RoundEvent}s towards the collector. Version 1: a tag (0 owed, 1 failure, 2 tally, 3
 * receipt), then the record's fields in order; enumerations by name.
 */
public final class RoundEventSerializer extends RecordSerializer<RoundEvent> {
    private static final long serialVersionUID = 1L;
    public static final RoundEventSerializer INSTANCE = new RoundEventSerializer();
    public static final RecordType<RoundEvent> TYPE = RecordType.of(RoundEvent.class, INSTANCE);

    private static final int VERSION = 1;
    private static final byte OWED = 0;
    private static final byte FAILURE = 1;
    private static final byte TALLY = 2;
    private static final byte RECEIPT = 3;

    private RoundEventSerializer() {
        super(VERSION);
    }

    @Override
    protected void write(RoundEvent event, DataOutputView target) throws IOException {
        if (event instanceof Owed owed) {
            target.writeByte(OWED);
            writeBytes(owed.path(), target);
            target.writeUTF(owed.reason().name());
            target.writeInt(owed.shard());
        } else if (event instanceof Failure failure) {
            target.writeByte(FAILURE);
            writeBytes(failure.path(), target);
            target.writeUTF(failure.operation());
            target.writeInt(failure.errno());
        } else if (event instanceof Tally tally) {
            target.writeByte(TALLY);
            target.writeUTF(tally.operator());
            target.writeInt(tally.number());
            target.writeInt(tally.counts().size());
            for (Map.Entry<String, Long> count : tally.counts().entrySet()) {
                target.writeUTF(count.getKey());
                target.writeLong(count.getValue());
            }
        } else if (event instanceof Receipt receipt) {
            target.writeByte(RECEIPT);
            target.writeInt(receipt.shard());
            target.writeLong(receipt.entries());
            target.writeLong(receipt.bytes());
            target.writeInt(receipt.segments().size());
            for (Receipt.Segment segment : receipt.segments()) {
                target.writeUTF(segment.name());
                target.writeLong(segment.length());
                target.writeLong(segment.entries());
                target.writeLong(segment.xxh3());
            }
        }
    }

    @Override
    protected RoundEvent read(int version, DataInputView source) throws IOException {
        byte tag = source.readByte();
        return switch (tag) {
            case OWED ->
                    new Owed(readBytes(source), owedReason(source.readUTF()), source.readInt());
            case FAILURE -> new Failure(readBytes(source), source.readUTF(), source.readInt());
            case TALLY -> new Tally(source.readUTF(), source.readInt(), readCounts(source));
            case RECEIPT ->
                    new Receipt(
                            source.readInt(),
                            source.readLong(),
                            source.readLong(),
                            readSegments(source));
            default ->
                    throw new IOException(
                            "no event of a round has the tag " + tag + ": the data is damaged");
        };
    }

    private static OwedReason owedReason(String name) throws IOException {
        try {
            return OwedReason.valueOf(name);
        } catch (IllegalArgumentException e) {
            throw new IOException(
                    "nothing is owed for the reason '" + name + "': the data is damaged", e);
        }
    }

    private static SortedMap<String, Long> readCounts(DataInputView source) throws IOException {
        SortedMap<String, Long> counts = new TreeMap<>();
        for (int left = source.readInt(); left > 0; left--) {
            counts.put(source.readUTF(), source.readLong());
        }
        return counts;
    }

    private static List<Receipt.Segment> readSegments(DataInputView source) throws IOException {
        List<Receipt.Segment> segments = new ArrayList<>();
        for (int left = source.readInt(); left > 0; left--) {
            segments.add(
                    new Receipt.Segment(
                            source.readUTF(),
                            source.readLong(),
                            source.readLong(),
                            source.readLong()));
        }
        return segments;
    }

    @Override
    public TypeSerializerSnapshot<RoundEvent> snapshotConfiguration() {
        return new Snapshot();
    }

    /** Says to Flink which serializer wrote the data. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<RoundEvent> {
        public Snapshot() {
            super(() -> INSTANCE);
        }
    }
}
