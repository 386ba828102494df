package io.sluice.pipeline.index;

import io.sluice.common.change.Listing;
import io.sluice.common.entry.EntryCursor;
import io.sluice.common.entry.PackedEntries;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.flink.api.common.state.KeyedStateStore;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.runtime.state.KeyedStateBackend;
import org.apache.flink.runtime.state.VoidNamespace;

/**
 * Directories that come in parts, collected under their listing id until the set is complete and
 * gapless. A part is cut into buckets by the hash of its names and appended; nothing is read until
 * the last part has come. Then one pass gives the buckets in order: a million names cost a million,
 * not a million times the pages, and memory holds one bucket.
 */
final class PartedListings {
    /**
     * Bits that number a bucket. With 256 of them a part of 4,096 names makes values of about 1
     * KiB, which is what RocksDB likes, and a directory of 10⁸ names a bucket of 400,000, about 40
     * MiB.
     */
    static final int BUCKET_BITS = 8;

    private static final int BUCKETS = 1 << BUCKET_BITS;

    static final String PARTS = "parts";

    /** Has an entry for every reading that has one in "parts", and far fewer. */
    static final String READINGS = "readings";

    private final MapState<PartKey, byte[]> parts;

    /**
     * By listing id: next expected part (4 bytes; -1 once one is missing), names so far (8 bytes).
     */
    private final MapState<Long, byte[]> readings;

    private final PackedEntries[] buckets = new PackedEntries[BUCKETS];

    PartedListings(KeyedStateStore state) {
        parts =
                state.getMapState(
                        new MapStateDescriptor<>(
                                PARTS,
                                PartKey.KeySerializer.INSTANCE,
                                BytePrimitiveArraySerializer.INSTANCE));
        readings =
                state.getMapState(
                        new MapStateDescriptor<>(
                                READINGS,
                                LongSerializer.INSTANCE,
                                BytePrimitiveArraySerializer.INSTANCE));
    }

    /** A complete reading: how many names, and whether every part of it came. */
    record Reading(long id, long names, boolean gapless) {}

    /** Appends a part; the reading when this was its last, else null. */
    Reading add(Listing part) throws Exception {
        byte[] known = readings.get(part.id());
        ByteBuffer reading = known == null ? ByteBuffer.allocate(12) : ByteBuffer.wrap(known);
        int expected = reading.getInt(0);
        boolean gapless = expected == part.part();
        long names = reading.getLong(4) + part.count();
        append(part);
        if (part.isLast()) {
            return new Reading(part.id(), names, gapless && part.parts() == part.part() + 1);
        }
        reading.putInt(0, gapless ? expected + 1 : -1).putLong(4, names);
        readings.put(part.id(), reading.array());
        return null;
    }

    private void append(Listing part) throws Exception {
        EntryCursor cursor = part.cursor();
        while (cursor.next()) {
            int bucket =
                    Pages.pageOf(
                            cursor.buffer(), cursor.nameStart(), cursor.nameLength(), BUCKET_BITS);
            if (buckets[bucket] == null) {
                buckets[bucket] = new PackedEntries(2048);
            }
            buckets[bucket].copy(cursor);
        }
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            if (buckets[bucket] != null && buckets[bucket].count() > 0) {
                parts.put(new PartKey(part.id(), bucket, part.part()), buckets[bucket].toBytes());
                buckets[bucket].clear();
            }
        }
    }

    /**
     * Takes entries that belong together: all of the given buckets, {@code from} up to but without
     * {@code to}.
     */
    interface BucketConsumer {
        void accept(int from, int to, byte[] entries) throws Exception;
    }

    /**
     * Gives the whole reading, {@code together} neighbouring buckets at a time, in order, also
     * those without an entry; then forgets it.
     */
    void drain(Reading reading, int together, BucketConsumer consumer) throws Exception {
        ByteArrayOutputStream collected = new ByteArrayOutputStream(64 * 1024);
        int group = 0;
        Iterator<Map.Entry<PartKey, byte[]>> all = parts.iterator();
        while (all.hasNext()) {
            Map.Entry<PartKey, byte[]> part = all.next();
            if (part.getKey().listing() != reading.id()) {
                continue;
            }
            while (part.getKey().bucket() >= group + together) {
                group = give(group, together, collected, consumer);
            }
            collected.write(part.getValue());
            all.remove();
        }
        while (group < BUCKETS) {
            group = give(group, together, collected, consumer);
        }
        readings.remove(reading.id());
    }

    private static int give(
            int group, int together, ByteArrayOutputStream collected, BucketConsumer consumer)
            throws Exception {
        byte[] entries = collected.toByteArray();
        collected.reset();
        consumer.accept(group, group + together, entries);
        return group + together;
    }

    /**
     * Forgets the readings whose last part never came: their reader died, and another read the
     * directory again under an id of its own. To be called when no part can come any more.
     *
     * <p>Only directories with such a reading are visited, at most one for each reader that died.
     * So it is one pass in the task's thread, not a chain of mails: what it costs beyond a look is
     * a deletion for each 16 names collected in vain.
     *
     * @param backend of the state given at first; its current key is another one afterwards
     * @return how many directories had one
     */
    int dropIncomplete(KeyedStateBackend<DirectoryKey> backend) throws Exception {
        int directories = 0;
        try (Stream<DirectoryKey> keys = backend.getKeys(READINGS, VoidNamespace.INSTANCE)) {
            // Reads a snapshot: what is removed meanwhile does not disturb it.
            Iterator<DirectoryKey> key = keys.iterator();
            while (key.hasNext()) {
                backend.setCurrentKey(key.next());
                parts.clear();
                readings.clear();
                directories++;
            }
        }
        return directories;
    }
}
