package io.sluice.common.serial;

import io.sluice.common.change.Change;
import io.sluice.common.change.Delta;
import io.sluice.common.change.Listing;
import io.sluice.common.change.SourceTotals;
import io.sluice.common.shard.MetadataTargets;
import java.io.IOException;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * {@link Change}s between source and index. Version 4: a tag (0 listing, 1 delta, 2 totals), then
 * the record's fields in order. In version 1 totals had no number of deltas, in version 2 none of
 * the other counts; up to version 3 listings and deltas had no metadata server.
 */
public final class ChangeSerializer extends RecordSerializer<Change> {
    private static final long serialVersionUID = 1L;
    public static final ChangeSerializer INSTANCE = new ChangeSerializer();
    public static final RecordType<Change> TYPE = RecordType.of(Change.class, INSTANCE);

    private static final int VERSION = 4;
    private static final byte LISTING = 0;
    private static final byte DELTA = 1;
    private static final byte TOTALS = 2;

    private ChangeSerializer() {
        super(VERSION);
    }

    @Override
    protected void write(Change change, DataOutputView target) throws IOException {
        if (change instanceof Listing listing) {
            target.writeByte(LISTING);
            writeBytes(listing.directory(), target);
            target.writeLong(listing.id());
            target.writeInt(listing.part());
            target.writeInt(listing.parts());
            target.writeBoolean(listing.unsteady());
            target.writeInt(listing.errno());
            target.writeInt(listing.count());
            writeBytes(listing.entries(), target);
            target.writeInt(listing.target());
        } else if (change instanceof Delta delta) {
            target.writeByte(DELTA);
            writeBytes(delta.directory(), target);
            target.writeBoolean(delta.forced());
            writeBytes(delta.entry(), target);
            target.writeInt(delta.target());
        } else if (change instanceof SourceTotals totals) {
            target.writeByte(TOTALS);
            target.writeUTF(totals.source());
            target.writeInt(totals.reader());
            target.writeLong(totals.names());
            target.writeLong(totals.directories());
            target.writeLong(totals.unreadableDirectories());
            target.writeLong(totals.deltas());
            target.writeInt(totals.more().size());
            for (Map.Entry<String, Long> count : totals.more().entrySet()) {
                target.writeUTF(count.getKey());
                target.writeLong(count.getValue());
            }
        }
    }

    @Override
    protected Change read(int version, DataInputView source) throws IOException {
        byte tag = source.readByte();
        return switch (tag) {
            case LISTING ->
                    new Listing(
                            readBytes(source),
                            source.readLong(),
                            source.readInt(),
                            source.readInt(),
                            source.readBoolean(),
                            source.readInt(),
                            source.readInt(),
                            readBytes(source),
                            readTarget(version, source));
            case DELTA ->
                    new Delta(
                            readBytes(source),
                            source.readBoolean(),
                            readBytes(source),
                            readTarget(version, source));
            case TOTALS ->
                    new SourceTotals(
                            source.readUTF(),
                            source.readInt(),
                            source.readLong(),
                            source.readLong(),
                            source.readLong(),
                            version < 2 ? 0 : source.readLong(),
                            version < 3 ? Collections.emptySortedMap() : readCounts(source));
            default ->
                    throw new IOException("no change has the tag " + tag + ": the data is damaged");
        };
    }

    private static int readTarget(int version, DataInputView source) throws IOException {
        return version < 4 ? MetadataTargets.UNKNOWN : source.readInt();
    }

    private static SortedMap<String, Long> readCounts(DataInputView source) throws IOException {
        SortedMap<String, Long> counts = new TreeMap<>();
        int size = source.readInt();
        for (int i = 0; i < size; i++) {
            counts.put(source.readUTF(), source.readLong());
        }
        return counts;
    }

    @Override
    public TypeSerializerSnapshot<Change> snapshotConfiguration() {
        return new Snapshot();
    }

    /** Says to Flink which serializer wrote the data. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<Change> {
        public Snapshot() {
            super(() -> INSTANCE);
        }
    }
}
