package io.sluice.ptcomm.writer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BufferSizesTest {
    private static final int KIB = 1024;

    /** A streamer's head, and what a reader asks for attributes with. */
    private static final long EACH_SHARD_BYTES = (64 + 133) * KIB;

    private static long directBytes(int shards) {
        return directBytes(shards, 1);
    }

    private static long directBytes(int shards, int readers) {
        BufferSizes sizes = BufferSizes.of(shards, readers);
        long slices = (long) sizes.slices() * sizes.sliceBytes();
        long frames = (long) sizes.frames() * sizes.frameBytes();
        return shards * (slices + frames + EACH_SHARD_BYTES);
    }

    @Test
    void directMemoryIsSharedDownToALeastSize() {
        for (int shards = 1; shards <= ShardKeys.KEY_GROUPS; shards++) {
            long shared = (24L << 20) + shards * EACH_SHARD_BYTES;
            long least = shards * (3L * 64 * KIB + EACH_SHARD_BYTES);
            assertThat(directBytes(shards)).isLessThanOrEqualTo(shared + least);
        }
        // Thirty-two frames of 256 KiB, of which thirty-one may be read ahead.
        assertThat(directBytes(1)).isLessThan(25L << 20);
        assertThat(directBytes(64)).isLessThan(37L << 20);
        assertThat(directBytes(ShardKeys.KEY_GROUPS)).isLessThan(1700L << 20);
    }

    /** A reader without a slice would have nothing to do. */
    @Test
    void eachReaderHasASliceAsLongAsThereIsMemory() {
        for (int readers = 1; readers <= 2048; readers++) {
            for (int shards = 1; shards <= 8; shards++) {
                BufferSizes sizes = BufferSizes.of(shards, readers);
                assertThat(shards * sizes.slices())
                        .isGreaterThanOrEqualTo(Math.min(readers, 96 - shards));
                // A file of a quarter MiB is never left to the one thread that writes.
                assertThat(sizes.sliceBytes()).isGreaterThanOrEqualTo(512 * KIB);
                assertThat(directBytes(shards, readers))
                        .isLessThanOrEqualTo((56L << 20) + shards * EACH_SHARD_BYTES);
            }
        }
    }

    @Test
    void openDirectoriesAreSharedDownToOne() {
        assertThat(BufferSizes.of(1, 1).directories()).isEqualTo(16);
        assertThat(BufferSizes.of(16, 1).directories()).isEqualTo(4);
        for (int shards = 1; shards <= ShardKeys.KEY_GROUPS; shards++) {
            int directories = BufferSizes.of(shards, 1).directories();
            assertThat(directories).isPositive();
            assertThat(directories * shards).isLessThanOrEqualTo(Math.max(64, shards));
        }
    }
}
