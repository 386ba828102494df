package io.sluice.scan;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.common.serial.FrozenSample;
import io.sluice.scan.enumerator.ScanState;
import io.sluice.scan.enumerator.ScanStateSerializer;
import io.sluice.scan.split.DirectorySplit;
import io.sluice.scan.split.DirectorySplitSerializer;
import io.sluice.scan.split.SentCounts;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.junit.jupiter.api.Test;

class StateSerializerTest {
    private static final DirectorySplit SPLIT =
            new DirectorySplit(
                    List.of(bytes("a/b"), new byte[0], new byte[] {(byte) 0xe9, '\n'}),
                    new SentCounts(1L << 33, 7, 1));

    private static final Map<String, DirectorySplit> SPLITS =
            Map.of(
                    "split",
                    SPLIT,
                    "split-whole",
                    DirectorySplit.whole(),
                    "split-of-counts",
                    new DirectorySplit(List.of(), new SentCounts(3, 2, 1)));

    private static final Map<String, ScanState> STATES =
            Map.of(
                    "state",
                    new ScanState(List.of(SPLIT, DirectorySplit.whole())),
                    "state-empty",
                    new ScanState(List.of()));

    @Test
    void splitsAreReadAndWrittenAsEver() throws Exception {
        check(DirectorySplitSerializer.INSTANCE, SPLITS, "split-v1.hex");
    }

    @Test
    void statesAreReadAndWrittenAsEver() throws Exception {
        check(ScanStateSerializer.INSTANCE, STATES, "state-v1.hex");
    }

    private static <T> void check(
            SimpleVersionedSerializer<T> serializer, Map<String, T> records, String file)
            throws IOException {
        Map<String, byte[]> samples = FrozenSample.load(StateSerializerTest.class, file);
        assertThat(samples.keySet()).isEqualTo(records.keySet());
        for (Map.Entry<String, byte[]> sample : samples.entrySet()) {
            T record = records.get(sample.getKey());
            assertThat(serializer.deserialize(1, sample.getValue()))
                    .usingRecursiveComparison()
                    .isEqualTo(record);
            assertThat(serializer.serialize(record)).isEqualTo(sample.getValue());
        }
    }

    @Test
    void otherVersionIsRefused() {
        assertThatThrownBy(() -> DirectorySplitSerializer.INSTANCE.deserialize(2, new byte[28]))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("version 2; this release knows version 1");
        assertThatThrownBy(() -> ScanStateSerializer.INSTANCE.deserialize(0, new byte[4]))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("version 0");
    }

    @Test
    void everyTruncationAndEveryExcessIsDamage() throws Exception {
        byte[] whole = ScanStateSerializer.INSTANCE.serialize(STATES.get("state"));
        for (int length = 0; length <= whole.length + 1; length++) {
            byte[] bytes = Arrays.copyOf(whole, length);
            if (length != whole.length) {
                assertThatThrownBy(() -> ScanStateSerializer.INSTANCE.deserialize(1, bytes))
                        .as("%d bytes", length)
                        .isInstanceOf(IOException.class);
            }
        }
    }

    @Test
    void splitsWithOtherContentHaveOtherIds() {
        assertThat(SPLIT.splitId()).isNotEqualTo(DirectorySplit.whole().splitId());
        assertThat(new DirectorySplit(SPLIT.directories(), SentCounts.NONE).splitId())
                .isNotEqualTo(SPLIT.splitId());
        assertThat(DirectorySplit.whole().splitId()).isEqualTo(DirectorySplit.whole().splitId());
    }
}
