package io.sluice.common.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class InodeHashTest {
    /** A function into 0 … N-1: so the shards are disjoint and their union is the whole. */
    @Property
    void everyInodeHasOneShard(
            @ForAll long inode, @ForAll @IntRange(min = 1, max = 4096) int shards) {
        InodeHash hash = new InodeHash(shards);

        assertThat(hash.shardOf(inode)).isBetween(0, shards - 1);
        assertThat(new InodeHash(shards).shardOf(inode)).isEqualTo(hash.shardOf(inode));
    }

    /** Within six standard deviations of an even spread, for inodes as filesystems number them. */
    @Property(tries = 50)
    void shardsOfConsecutiveInodesBalance(
            @ForAll long first, @ForAll @IntRange(min = 2, max = 64) int shards) {
        int inodes = 64_000;
        int[] counts = new int[shards];
        InodeHash hash = new InodeHash(shards);
        for (int i = 0; i < inodes; i++) {
            counts[hash.shardOf(first + i)]++;
        }
        double even = (double) inodes / shards;
        for (int count : counts) {
            assertThat((double) count)
                    .isBetween(even - 6 * Math.sqrt(even), even + 6 * Math.sqrt(even));
        }
    }

    /** Another answer would tear the hard links of old rounds from those of new ones. */
    @Example
    void shardIsWhatItAlwaysWas() {
        assertThat(new InodeHash(4096).shardOf(0)).isEqualTo(3289);
        assertThat(new InodeHash(4096).shardOf(2)).isEqualTo(579);
        assertThat(new InodeHash(7).shardOf(-1)).isEqualTo(4);
    }

    @Example
    void numberOfShardsIsBounded() {
        assertThatThrownBy(() -> new InodeHash(0)).hasMessage("shards must be 1 to 4096, not 0");
        assertThatThrownBy(() -> new InodeHash(4097)).isInstanceOf(IllegalArgumentException.class);
    }
}
