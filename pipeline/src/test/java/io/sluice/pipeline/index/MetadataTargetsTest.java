package io.sluice.pipeline.index;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.change.Delta;
import io.sluice.common.change.Listing;
import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.entry.PackedEntries;
import io.sluice.common.item.ItemBatch;
import io.sluice.common.shard.InodeHash;
import io.sluice.common.shard.MetadataTargets;
import io.sluice.common.shard.Strategy;
import io.sluice.common.text.Text;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.junit.jupiter.api.Test;

/** Entries are dealt out by the metadata servers of their directories. */
class MetadataTargetsTest {
    private static final int SHARDS = 3;
    private static final long KNOWN = 4;

    private static IndexOptions options(IndexOptions.Base base, boolean scan) {
        long round = base == null ? IndexRig.ROUND : base.round() + 1;
        return new IndexOptions(
                round, "run-" + round, Strategy.LUSTRE_MDT.over(SHARDS, 0), base, true, 100, scan);
    }

    private static Listing listing(String directory, int target, Children children) {
        PackedEntries packed = children.packed();
        return new Listing(
                bytes(directory), 0, 0, 1, false, 0, packed.count(), packed.toBytes(), target);
    }

    private static Delta delta(String directory, int target, Children child) {
        return new Delta(bytes(directory), false, child.packed().toBytes(), target);
    }

    private static Delta gone(String directory, String name) {
        PackedEntries packed = new PackedEntries(16);
        packed.gone(bytes(name), name.length(), 0);
        return new Delta(bytes(directory), false, packed.toBytes(), 1);
    }

    /** The shard of each path; fails if one went to two. */
    private static Map<String, Integer> shards(IndexRig rig) {
        Map<String, Integer> shards = new TreeMap<>();
        for (ItemBatch batch : rig.batches()) {
            ItemBatch.Cursor cursor = batch.cursor();
            while (cursor.hasNext()) {
                cursor.advance();
                byte[] path = DirectoryPath.child(batch.directory(), cursor.entry().name());
                assertThat(shards.put(Text.escape(path), batch.shard())).isNull();
            }
        }
        return shards;
    }

    private static OperatorSubtaskState scanned() throws Exception {
        try (IndexRig rig = new IndexRig(options(null, true), null)) {
            rig.send(listing("", 0, new Children().directory("d", 1, 1).file("f", 2, 1)));
            rig.send(listing("d", 5, new Children().file("a", 10, 1).file("b", 11, 1)));
            rig.watermark(IndexRig.ROUND);
            assertThat(shards(rig))
                    .isEqualTo(new TreeMap<>(Map.of("d", 0, "f", 0, "d/a", 2, "d/b", 2)));
            return rig.snapshot();
        }
    }

    private static IndexOptions next() {
        return options(
                new IndexOptions.Base(IndexRig.ROUND, "run-" + IndexRig.ROUND, KNOWN, 0), false);
    }

    @Test
    void aNamedChangeGoesWhereItsListingWould() throws Exception {
        OperatorSubtaskState state = scanned();
        try (IndexRig rig = new IndexRig(next(), state)) {
            rig.send(delta("d", 5, new Children().file("a", 10, 2)));
            rig.send(delta("d", 5, new Children().file("c", 12, 1)));
            rig.send(delta("", 0, new Children().file("f", 2, 1)));
            rig.counts();
            assertThat(shards(rig)).isEqualTo(new TreeMap<>(Map.of("d/a", 2, "d/c", 2)));
        }
    }

    @Test
    void whatWaitsForTheEndOfTheRoundKeepsItsServerThroughAFailure() throws Exception {
        OperatorSubtaskState waiting;
        try (IndexRig rig = new IndexRig(options(null, false), null)) {
            rig.send(delta("d", 5, new Children().file("c", 12, 1)));
            waiting = rig.snapshot();
        }
        try (IndexRig rig = new IndexRig(options(null, false), waiting)) {
            rig.counts();
            assertThat(shards(rig)).isEqualTo(Map.of("d/c", 2));
        }
    }

    /** A name lives in one shard at a time: no tombstone in the other could hide it. */
    @Test
    void anEntryWhoseDirectoryHasMovedGoesOutOnceAndOnlyWhenItChanges() throws Exception {
        OperatorSubtaskState state = scanned();
        try (IndexRig rig = new IndexRig(next(), state)) {
            rig.send(delta("d", 4, new Children().file("a", 10, 1)));
            rig.send(delta("d", 4, new Children().file("b", 11, 2)));
            rig.counts();
            assertThat(rig.items()).containsExactly("CHANGED d/b");
            assertThat(shards(rig)).isEqualTo(Map.of("d/b", 1));
        }
    }

    @Test
    void aTombstoneGoesByTheInodeThatWasStored() throws Exception {
        OperatorSubtaskState state = scanned();
        try (IndexRig rig = new IndexRig(next(), state)) {
            rig.send(gone("d", "a"));
            rig.counts();
            assertThat(shards(rig)).isEqualTo(Map.of("d/a", new InodeHash(SHARDS).shardOf(10)));
        }
    }

    @Test
    void whereNoServerIsToldTheInodesHashDeals() throws Exception {
        try (IndexRig rig = new IndexRig(options(null, true), null)) {
            rig.send(listing("", MetadataTargets.UNKNOWN, new Children().file("f", 2, 1)));
            rig.watermark(IndexRig.ROUND);
            assertThat(shards(rig)).isEqualTo(Map.of("f", new InodeHash(SHARDS).shardOf(2)));
        }
    }
}
