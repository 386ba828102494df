package io.sluice.ptcomm.writer;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.entry.Stat;
import io.sluice.common.entry.Timestamp;
import io.sluice.common.serial.FrozenSample;
import java.util.HexFormat;
import java.util.Map;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.Test;

/** The queue's batches are tested where their serializer is. */
class WriterStateTest {
    private static final ShardProgress PROGRESS = new ShardProgress(7, "run-é", 1L << 40);

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
        check(ShardProgressSerializer.INSTANCE, PROGRESS, frozen.get("progress"));
        check(LinkNamesSerializer.INSTANCE, linkNames(), frozen.get("links"));
        assertThat(frozen).hasSize(2);
    }

    private static <T> void check(TypeSerializer<T> serializer, T value, byte[] frozen)
            throws Exception {
        DataOutputSerializer out = new DataOutputSerializer(64);
        serializer.serialize(value, out);
        assertThat(HexFormat.of().formatHex(out.getCopyOfBuffer()))
                .isEqualTo(HexFormat.of().formatHex(frozen));
        assertThat(serializer.deserialize(new DataInputDeserializer(frozen))).isEqualTo(value);
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
