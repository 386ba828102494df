package io.sluice.common.serial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.common.change.Change;
import io.sluice.common.change.Delta;
import io.sluice.common.change.Listing;
import io.sluice.common.change.SourceTotals;
import io.sluice.common.entry.EntryCursor;
import io.sluice.common.entry.EntryKind;
import io.sluice.common.entry.PackedEntries;
import io.sluice.common.entry.SampleStats;
import io.sluice.common.item.ItemBatch;
import io.sluice.common.item.ItemPacker;
import io.sluice.common.item.Reason;
import io.sluice.common.round.Failure;
import io.sluice.common.round.Owed;
import io.sluice.common.round.OwedReason;
import io.sluice.common.round.Receipt;
import io.sluice.common.round.RoundEvent;
import io.sluice.common.round.Tally;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.Test;

class RecordSerializerTest {
    private static final byte[] DIRECTORY = {'a', '/', (byte) 0xe9, '\n'};

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** One entry of each kind. */
    private static PackedEntries entries() {
        PackedEntries packed = new PackedEntries(16);
        packed.present(bytes("file"), 4, SampleStats.FILE, null);
        packed.present(bytes("link"), 4, SampleStats.LINK, bytes("to/there"));
        packed.present(bytes("disk"), 4, SampleStats.DEVICE, null);
        packed.unreadable(new byte[] {(byte) 0xff}, 1, 13);
        packed.leftOut(bytes("excluded"), 8, EntryKind.EXCLUDED);
        packed.leftOut(bytes("pruned"), 6, EntryKind.PRUNED);
        packed.mount(bytes("mount"), 5, SampleStats.DIRECTORY);
        packed.leftOut(bytes("own"), 3, EntryKind.OWN);
        packed.gone(bytes("gone"), 4, -1L);
        return packed;
    }

    private static Map<String, Change> changes() {
        PackedEntries packed = entries();
        byte[] bytes = packed.toBytes();
        byte[] one = new PackedEntriesOf().gone("x", 99);
        Map<String, Change> changes = new LinkedHashMap<>();
        changes.put("whole", Listing.whole(DIRECTORY, true, packed.count(), bytes));
        changes.put("failed", Listing.failed(new byte[0], 116));
        changes.put("part", new Listing(DIRECTORY, -2L, 3, 0, false, 0, packed.count(), bytes));
        changes.put("last", new Listing(DIRECTORY, -2L, 4, 5, true, 5, 0, new byte[0]));
        changes.put("delta", new Delta(DIRECTORY, true, one));
        changes.put("totals", new SourceTotals("namespace-scan", 2, 1L << 40, 77, 3, 0));
        return changes;
    }

    private static final class PackedEntriesOf {
        byte[] gone(String name, long inode) {
            PackedEntries packed = new PackedEntries(16);
            packed.gone(bytes(name), name.length(), inode);
            return packed.toBytes();
        }
    }

    private static Map<String, ItemBatch> batches() {
        ItemPacker packer = new ItemPacker();
        EntryCursor cursor = new EntryCursor().reset(entries().toBytes());
        Reason[] reasons = {Reason.NEW, Reason.CHANGED, Reason.RETRIED, Reason.GONE};
        for (int i = 0; cursor.next(); i++) {
            packer.add(reasons[i % reasons.length], cursor);
        }
        Map<String, ItemBatch> batches = new LinkedHashMap<>();
        batches.put("all", packer.take(DIRECTORY, 4095));
        batches.put("empty", packer.take(new byte[0], 0));
        return batches;
    }

    private static Map<String, RoundEvent> events() {
        Map<String, RoundEvent> events = new LinkedHashMap<>();
        for (OwedReason reason : OwedReason.values()) {
            events.put("owed-" + reason.text(), new Owed(DIRECTORY, reason, 7));
        }
        events.put("failure", new Failure(DIRECTORY, "open", 13));
        events.put(
                "tally",
                new Tally(
                        "directory-index",
                        1,
                        new TreeMap<>(Map.of("new", 1L, "skipped.mount", -1L))));
        events.put(
                "receipt",
                new Receipt(
                        3, 10, 1L << 33, List.of(new Receipt.Segment("shard-3.zst", 99, 10, -5L))));
        events.put("receipt-of-bridge", new Receipt(0, 0, 0, List.of()));
        return events;
    }

    @Test
    void changesAreReadAndWrittenAsEver() throws Exception {
        readable(ChangeSerializer.INSTANCE, changes(), "change-v1.hex");
        Map<String, Change> changes = changes();
        changes.put("totals", new SourceTotals("owed", 2, 1L << 40, 77, 3, 1L << 33));
        readable(ChangeSerializer.INSTANCE, changes, "change-v2.hex");
        changes.put(
                "totals",
                new SourceTotals(
                        "lustre-changelog",
                        2,
                        1L << 40,
                        77,
                        3,
                        1L << 33,
                        new TreeMap<>(Map.of("cursor.fs-MDT0000", 1L << 50, "doubt.x", 1L))));
        readable(ChangeSerializer.INSTANCE, changes, "change-v3.hex");
        byte[] none = {};
        changes.put("last", new Listing(DIRECTORY, -2L, 4, 5, true, 5, 0, none, 1));
        changes.put(
                "delta", new Delta(DIRECTORY, true, new PackedEntriesOf().gone("x", 99), 65_535));
        check(ChangeSerializer.INSTANCE, changes, "change-v4.hex");
    }

    @Test
    void batchesAreReadAndWrittenAsEver() throws Exception {
        check(ItemBatchSerializer.INSTANCE, batches(), "item-batch-v1.hex");
    }

    @Test
    void eventsAreReadAndWrittenAsEver() throws Exception {
        check(RoundEventSerializer.INSTANCE, events(), "round-event-v1.hex");
    }

    private static <T> void check(TypeSerializer<T> serializer, Map<String, T> records, String file)
            throws IOException {
        Map<String, String> now = new LinkedHashMap<>();
        for (Map.Entry<String, T> record : records.entrySet()) {
            byte[] bytes = write(serializer, record.getValue());
            now.put(record.getKey(), HexFormat.of().formatHex(bytes));
        }
        assertThat(now).isEqualTo(readable(serializer, records, file));
    }

    /** Reads what a release wrote; its bytes. */
    private static <T> Map<String, String> readable(
            TypeSerializer<T> serializer, Map<String, T> records, String file) throws IOException {
        Map<String, String> frozen = new LinkedHashMap<>();
        for (Map.Entry<String, byte[]> sample :
                FrozenSample.load(RecordSerializerTest.class, file).entrySet()) {
            T read = read(serializer, sample.getValue());
            assertThat(read).usingRecursiveComparison().isEqualTo(records.get(sample.getKey()));
            frozen.put(sample.getKey(), HexFormat.of().formatHex(sample.getValue()));
        }
        assertThat(frozen).isNotEmpty();
        return frozen;
    }

    @Test
    void copyOfBytesIsTheSame() throws Exception {
        byte[] bytes = write(ChangeSerializer.INSTANCE, changes().get("whole"));
        DataOutputSerializer out = new DataOutputSerializer(64);
        ChangeSerializer.INSTANCE.copy(new DataInputDeserializer(bytes), out);

        assertThat(out.getCopyOfBuffer()).isEqualTo(bytes);
    }

    @Test
    void newerVersionIsRefusedWithBothNumbers() throws Exception {
        byte[] bytes = write(ChangeSerializer.INSTANCE, changes().get("delta"));
        bytes[0] = 5;

        assertThatThrownBy(() -> read(ChangeSerializer.INSTANCE, bytes))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("knows versions 1 to 4, the data has 5");
    }

    @Test
    void unknownTagsAreDamage() {
        for (TypeSerializer<?> serializer :
                List.of(ChangeSerializer.INSTANCE, RoundEventSerializer.INSTANCE)) {
            assertThatThrownBy(() -> read(serializer, new byte[] {1, 9}))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("damaged");
        }
    }

    @Test
    void unknownReasonIsDamage() throws Exception {
        byte[] bytes = write(RoundEventSerializer.INSTANCE, events().get("owed-torn"));
        bytes[bytes.length - 5] = 'X';

        assertThatThrownBy(() -> read(RoundEventSerializer.INSTANCE, bytes))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("'TORX'");
    }

    @Test
    void everyTruncationIsNoticed() throws Exception {
        byte[] bytes = write(ChangeSerializer.INSTANCE, changes().get("whole"));
        for (int length = 0; length < bytes.length; length++) {
            byte[] cut = java.util.Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> read(ChangeSerializer.INSTANCE, cut))
                    .isInstanceOf(EOFException.class);
        }
    }

    @Test
    void impossibleLengthIsDamageAndNotAllocated() {
        byte[] negative = {1, 1, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff};

        assertThatThrownBy(() -> read(ChangeSerializer.INSTANCE, negative))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("4294967295 bytes");
    }

    private static <T> byte[] write(TypeSerializer<T> serializer, T record) throws IOException {
        DataOutputSerializer out = new DataOutputSerializer(64);
        serializer.serialize(record, out);
        return out.getCopyOfBuffer();
    }

    private static <T> T read(TypeSerializer<T> serializer, byte[] bytes) throws IOException {
        return serializer.deserialize(new DataInputDeserializer(bytes));
    }
}
