package io.sluice.common.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.common.entry.EntryCursor;
import io.sluice.common.entry.PackedEntries;
import java.util.TreeSet;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class MtimeBucketTest {
    private static final long NOW = 1_800_000_000;
    private static final long DAY = 86_400;

    /** A function into 0 … N-1: so the shards are disjoint and their union is the whole. */
    @Property
    void everyEntryHasOneShard(
            @ForAll long inode,
            @ForAll long modified,
            @ForAll @IntRange(min = 1, max = 4096) int shards) {
        MtimeBucket bucket = new MtimeBucket(shards, NOW);

        assertThat(bucket.shardOf(inode, modified)).isBetween(0, shards - 1);
        assertThat(new MtimeBucket(shards, NOW).shardOf(inode, modified))
                .isEqualTo(bucket.shardOf(inode, modified));
    }

    @Property
    void olderEntryIsNeverInAYoungerClass(
            @ForAll long inode,
            @ForAll @IntRange(min = -10, max = 400) int days,
            @ForAll @IntRange(min = 1, max = 5) int shards) {
        MtimeBucket bucket = new MtimeBucket(shards, NOW);

        assertThat(bucket.shardOf(inode, NOW - days * DAY))
                .isLessThanOrEqualTo(bucket.shardOf(inode, NOW - (days + 1) * DAY));
    }

    @Example
    void ageSaysWhichShard() {
        MtimeBucket bucket = new MtimeBucket(5, NOW);
        assertThat(bucket.shardOf(7, NOW + DAY)).isZero();
        assertThat(bucket.shardOf(7, NOW - DAY + 1)).isZero();
        assertThat(bucket.shardOf(7, NOW - DAY)).isEqualTo(1);
        assertThat(bucket.shardOf(7, NOW - 7 * DAY)).isEqualTo(2);
        assertThat(bucket.shardOf(7, NOW - 30 * DAY)).isEqualTo(3);
        assertThat(bucket.shardOf(7, NOW - 90 * DAY)).isEqualTo(4);
        assertThat(bucket.shardOf(7, Long.MIN_VALUE)).isEqualTo(4);
        assertThat(new MtimeBucket(2, NOW).shardOf(7, NOW - 29 * DAY)).isZero();
        assertThat(new MtimeBucket(2, NOW).shardOf(7, NOW - 30 * DAY)).isEqualTo(1);
    }

    @Example
    void classOfSeveralShardsFillsAllOfThem() {
        for (int shards : new int[] {1, 2, 3, 5, 7, 64, 256}) {
            MtimeBucket bucket = new MtimeBucket(shards, NOW);
            TreeSet<Integer> seen = new TreeSet<>();
            for (int i = 0; i < 100_000; i++) {
                seen.add(bucket.shardOf(i, NOW - i % 120 * DAY));
            }
            assertThat(seen).hasSize(shards);
        }
    }

    /** No age is left of it; where it goes must not depend on what it once was. */
    @Example
    void whatIsGoneGoesByItsInode() {
        PackedEntries packed = new PackedEntries(64);
        packed.gone(new byte[] {'a'}, 1, 4711);
        EntryCursor cursor = new EntryCursor().reset(packed.toBytes());
        cursor.next();
        assertThat(new MtimeBucket(7, NOW).shardOf(cursor, MetadataTargets.UNKNOWN))
                .isEqualTo(new InodeHash(7).shardOf(4711));
        assertThatThrownBy(() -> new MtimeBucket(0, NOW))
                .hasMessage("shards must be 1 to 4096, not 0");
    }
}
