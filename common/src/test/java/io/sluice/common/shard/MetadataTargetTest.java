package io.sluice.common.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.common.entry.EntryCursor;
import io.sluice.common.entry.PackedEntries;
import io.sluice.common.entry.SampleStats;
import io.sluice.common.entry.Stat;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class MetadataTargetTest {
    private static EntryCursor cursor(PackedEntries packed) {
        EntryCursor cursor = new EntryCursor().reset(packed.toBytes());
        cursor.next();
        return cursor;
    }

    /** With one name. */
    private static EntryCursor file() {
        return entry(SampleStats.LINK);
    }

    private static EntryCursor entry(Stat stat) {
        PackedEntries packed = new PackedEntries(64);
        packed.present(new byte[] {'a'}, 1, stat, null);
        return cursor(packed);
    }

    /** A function into 0 … N-1: so the shards are disjoint and their union is the whole. */
    @Property
    void everyEntryHasOneShard(
            @ForAll int target, @ForAll @IntRange(min = 1, max = 4096) int shards) {
        Sharding sharding = Strategy.LUSTRE_MDT.over(shards, 0);
        assertThat(sharding.shardOf(file(), target)).isBetween(0, shards - 1);
        assertThat(new MetadataTarget(shards).shardOf(file(), target))
                .isEqualTo(sharding.shardOf(file(), target));
    }

    @Example
    void theDirectorysServerSaysWhichShard() {
        MetadataTarget sharding = new MetadataTarget(3);
        for (int target = 0; target < 12; target++) {
            assertThat(sharding.shardOf(file(), target)).isEqualTo(target % 3);
        }
        assertThat(sharding.strategy()).isEqualTo(Strategy.LUSTRE_MDT);
        assertThatThrownBy(() -> new MetadataTarget(0))
                .hasMessage("shards must be 1 to 4096, not 0");
    }

    @Example
    void withoutAServerTheInodeSays() {
        assertThat(new MetadataTarget(7).shardOf(file(), MetadataTargets.UNKNOWN))
                .isEqualTo(new InodeHash(7).shardOf(file().inode()));
    }

    /** Else its data would be in two streams, and a restore would make two files of it. */
    @Example
    void aFileWithSeveralNamesIsInOneShardWhateverTheirDirectories() {
        for (int target = 0; target < 4; target++) {
            assertThat(new MetadataTarget(7).shardOf(entry(SampleStats.FILE), target))
                    .isEqualTo(new InodeHash(7).shardOf(SampleStats.FILE.inode()));
        }
    }

    /** A tombstone goes to the same shard whatever the name's directory was on. */
    @Example
    void whatIsGoneGoesByItsInode() {
        PackedEntries packed = new PackedEntries(64);
        packed.gone(new byte[] {'a'}, 1, 4711);
        for (int target = -1; target < 4; target++) {
            assertThat(new MetadataTarget(7).shardOf(cursor(packed), target))
                    .isEqualTo(new InodeHash(7).shardOf(4711));
        }
    }

    /** It is compared where a job's options have come to. */
    @Example
    void noneIsNoneWhereverItTravels() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(MetadataTargets.NONE);
        }
        try (ObjectInputStream in =
                new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            assertThat(in.readObject()).isSameAs(MetadataTargets.NONE);
        }
    }
}
