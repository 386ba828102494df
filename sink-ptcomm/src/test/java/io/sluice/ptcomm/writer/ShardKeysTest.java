package io.sluice.ptcomm.writer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShardKeysTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 64, 1000, 4096})
    void eachShardsKeyLiesInItsKeyGroup(int shards) {
        int[] keys = ShardKeys.of(shards);
        assertThat(keys).hasSize(shards).doesNotHaveDuplicates();
        for (int shard = 0; shard < shards; shard++) {
            int group = (int) Math.ceil((double) shard * ShardKeys.KEY_GROUPS / shards);
            assertThat(KeyGroupRangeAssignment.assignToKeyGroup(keys[shard], ShardKeys.KEY_GROUPS))
                    .isEqualTo(group);
        }
        // They stand in savepoints.
        assertThat(ShardKeys.of(shards)).isEqualTo(keys);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 64, 1000, 4096})
    void shardsLieEvenlyOverAnyNumberOfSubtasks(int shards) {
        for (int parallelism : new int[] {1, 2, 3, 7, 16, 100}) {
            int[] served = new int[parallelism];
            for (int key : ShardKeys.of(shards)) {
                served[
                        KeyGroupRangeAssignment.assignKeyToParallelOperator(
                                key, ShardKeys.KEY_GROUPS, parallelism)]++;
            }
            int most = Arrays.stream(served).max().orElseThrow();
            int least = Arrays.stream(served).min().orElseThrow();
            assertThat(most - least).as(shards + " on " + parallelism).isLessThanOrEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 8, 9, 64, 1000, 4096})
    void buffersOfManyShardsAreBounded(int shards) {
        BufferSizes sizes = BufferSizes.of(shards, 1);
        long bytes = shards * ((long) sizes.slices() * sizes.sliceBytes() + sizes.frameBytes());
        assertThat(bytes).isLessThanOrEqualTo(Math.max(24 << 20, shards * 192L * 1024));
        assertThat(sizes.slices()).isGreaterThanOrEqualTo(2);
        assertThat(sizes.sliceBytes()).isBetween(64 * 1024, 1 << 20);
        assertThat(sizes.frameBytes()).isBetween(64 * 1024, BufferSizes.MAX_FRAME_BYTES);
    }
}
