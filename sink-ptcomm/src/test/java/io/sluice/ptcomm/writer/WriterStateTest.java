package io.sluice.ptcomm.writer;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.entry.Stat;
import io.sluice.common.entry.Timestamp;
import io.sluice.common.round.Receipt;
import io.sluice.common.serial.FrozenSample;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.Test;

/** The queue's batches are tested where their serializer is. */
class WriterStateTest {
    private static final ShardProgress FIRST =
            new ShardProgress(
                    7,
                    "run-é",
                    new TreeMap<>(Map.of("items", 1L << 40)),
                    QueueMark.EMPTY,
                    null,
                    null);

    private static final Receipt.Segment SEGMENT =
            new Receipt.Segment("shard-3.run.0.0.ptcomm.zst", 1L << 33, 5000, -2L);

    private static final QueueMark QUEUE = new QueueMark(1L << 34, (1L << 34) + 9, 63, 700, 65536);

    private static ShardProgress at(ReceiverPoint point, Receipt receipt) {
        Map<String, Long> counts = Map.of("items", 5001L, "stored.f", 5000L, "deleted", 1L);
        return new ShardProgress(7, "run-é", new TreeMap<>(counts), QUEUE, point, receipt);
    }

    private static ShardProgress withPoint() {
        Receipt.Segment open =
                new Receipt.Segment("shard-3.run.1.1.ptcomm.zst", 9, 1, Long.MAX_VALUE);
        return at(new ReceiverPoint(5001, 1L << 35, List.of(SEGMENT), open), null);
    }

    private static ShardProgress withoutOpenSegment() {
        return at(new ReceiverPoint(5000, 1L << 35, List.of(SEGMENT, SEGMENT), null), null);
    }

    private static ShardProgress withReceipt() {
        return at(null, new Receipt(3, 5000, 1L << 35, List.of(SEGMENT)));
    }

    private static byte[] linkNames() {
        Timestamp changed = new Timestamp(99, 1);
        Timestamp modified = new Timestamp(-5, 999_999_999);
        Stat known =
                new Stat(
                        0100644, 2, 0, 0, 5, 1L << 33, changed, modified, changed, changed, 8, 1, 0,
                        0);
        Stat other = new Stat(0100644, 2, 0, 0, 5, 0, changed, modified, changed, null, 8, 2, 0, 0);
        byte[] names = LinkNames.with(null, known, new byte[] {'d', '/', (byte) 0xff, '\n'});
        return LinkNames.with(names, other, Item.NOBODY);
    }

    @Test
    void stateIsReadAndWrittenAsEver() throws Exception {
        Map<String, byte[]> frozen =
                FrozenSample.load(WriterStateTest.class, "writer-state-v1.hex");
        assertThat(read(ShardProgressSerializer.INSTANCE, frozen.get("progress"))).isEqualTo(FIRST);
        check(LinkNamesSerializer.INSTANCE, linkNames(), frozen.get("links"));
        assertThat(frozen).hasSize(2);
    }

    @Test
    void progressIsReadAndWrittenAsEver() throws Exception {
        Map<String, byte[]> frozen =
                FrozenSample.load(WriterStateTest.class, "writer-state-v2.hex");
        check(ShardProgressSerializer.INSTANCE, FIRST, frozen.get("begun"));
        check(ShardProgressSerializer.INSTANCE, withPoint(), frozen.get("point"));
        check(ShardProgressSerializer.INSTANCE, withoutOpenSegment(), frozen.get("closed"));
        check(ShardProgressSerializer.INSTANCE, withReceipt(), frozen.get("receipt"));
        assertThat(frozen).hasSize(4);
    }

    private static <T> void check(TypeSerializer<T> serializer, T value, byte[] frozen)
            throws Exception {
        DataOutputSerializer out = new DataOutputSerializer(64);
        serializer.serialize(value, out);
        assertThat(HexFormat.of().formatHex(out.getCopyOfBuffer()))
                .isEqualTo(HexFormat.of().formatHex(frozen));
        assertThat(read(serializer, frozen)).isEqualTo(value);
    }

    private static <T> T read(TypeSerializer<T> serializer, byte[] bytes) throws Exception {
        DataInputDeserializer in = new DataInputDeserializer(bytes);
        T value = serializer.deserialize(in);
        assertThat(in.available()).isZero();
        return value;
    }

    @Test
    void nobodyIsAName() {
        Timestamp time = new Timestamp(1, 1);
        Stat stat = new Stat(0100644, 2, 0, 0, 5, 0, time, time, time, null, 8, 1, 0, 0);
        byte[] names = LinkNames.with(null, stat, Item.NOBODY);

        assertThat(LinkNames.find(names, stat)).isEmpty();
        names = LinkNames.with(names, stat, bytes("a"));
        assertThat(LinkNames.find(names, stat)).isEqualTo(bytes("a"));
    }
}
