package io.sluice.pipeline.index;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.common.change.Listing;
import io.sluice.common.change.SourceTotals;
import io.sluice.common.entry.EntryKind;
import io.sluice.common.item.ItemBatch;
import io.sluice.common.posix.Errno;
import io.sluice.common.round.Tally;
import io.sluice.common.shard.InodeHash;
import java.util.List;
import java.util.Map;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.junit.jupiter.api.Test;

class DirectoryIndexOperatorTest {
    private static final int SHARDS = 3;

    /** The sum of all outcomes that a name may have. */
    private static long outcomes(Map<String, Long> counts) {
        return counts.entrySet().stream()
                .filter(
                        count ->
                                List.of("new", "changed", "unchanged", "repeated", "disagreed")
                                                .contains(count.getKey())
                                        || count.getKey().startsWith("skipped.")
                                        || count.getKey().startsWith("failed."))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    @Test
    void scanLastsFromTheFirstListingToTheWatermark() throws Exception {
        try (IndexRig rig = new IndexRig(SHARDS)) {
            rig.clock(1000);
            rig.list("", new Children().file("f", 1, 1));
            rig.clock(1700);
            rig.list("dir", new Children().file("f", 2, 1));
            rig.clock(2500);
            assertThat(rig.counts())
                    .containsEntry(IndexCounts.SCAN_BEGUN, 1000L)
                    .containsEntry(IndexCounts.SCAN_ENDED, 2500L);
        }
    }

    @Test
    void subtaskWithoutAListingTellsNoBeginning() throws Exception {
        try (IndexRig rig = new IndexRig(SHARDS)) {
            rig.clock(2500);
            assertThat(rig.counts())
                    .doesNotContainKey(IndexCounts.SCAN_BEGUN)
                    .containsEntry(IndexCounts.SCAN_ENDED, 2500L);
        }
    }

    @Test
    void newNamesGoToTheShardOfTheirInode() throws Exception {
        try (IndexRig rig = new IndexRig(SHARDS)) {
            Children children = new Children();
            for (int i = 0; i < 1000; i++) {
                children.file("f" + i, i, 1);
            }
            rig.list("dir", children);

            InodeHash hash = new InodeHash(SHARDS);
            for (ItemBatch batch : rig.batches()) {
                assertThat(batch.directory()).isEqualTo(bytes("dir"));
                ItemBatch.Cursor cursor = batch.cursor();
                int count = 0;
                while (cursor.hasNext()) {
                    cursor.advance();
                    count++;
                    assertThat(hash.shardOf(cursor.entry().inode())).isEqualTo(batch.shard());
                    assertThat(cursor.entry().signature()).isNotZero();
                }
                assertThat(count).isEqualTo(batch.count());
            }
            assertThat(rig.items())
                    .hasSize(1000)
                    .doesNotHaveDuplicates()
                    .allMatch(item -> item.startsWith("NEW dir/f"));
            Map<String, Long> counts = rig.counts();
            assertThat(counts)
                    .containsEntry("names", 1000L)
                    .containsEntry("new", 1000L)
                    .containsEntry("items", 1000L)
                    .containsEntry("directories", 0L)
                    .containsEntry("directories.listed", 1L);
        }
    }

    @Test
    void batchesAreBounded() throws Exception {
        try (IndexRig rig = new IndexRig(1)) {
            Children children = new Children();
            for (int i = 0; i < 4000; i++) {
                children.file("f" + "x".repeat(240) + i, i, 1);
            }
            rig.list("", children);
            assertThat(rig.batches()).hasSizeGreaterThan(10);
            assertThat(rig.batches())
                    .allMatch(batch -> batch.items().length < 65 * 1024)
                    .allMatch(batch -> batch.count() > 0);
            assertThat(rig.items()).hasSize(4000).doesNotHaveDuplicates();
        }
    }

    @Test
    void countsComeBeforeTheWatermark() throws Exception {
        try (IndexRig rig = new IndexRig(SHARDS)) {
            rig.list("", new Children().directory("d", 2, 1).file("f", 3, 1));
            rig.send(new SourceTotals("namespace-scan", 0, 2, 1, 0));
            rig.send(new SourceTotals("namespace-scan", 0, 3, 2, 1));
            assertThat(rig.events()).isEmpty();
            rig.watermark(IndexRig.ROUND);
            assertThat(rig.hasPassedTheWatermark()).isTrue();
            assertThat(rig.events())
                    .filteredOn(Tally.class::isInstance)
                    .extracting(event -> ((Tally) event).operator())
                    .containsExactly(DirectoryIndexOperator.NAME, "source.namespace-scan");
            assertThat(rig.events())
                    .contains(
                            new Tally(
                                    "source.namespace-scan",
                                    0,
                                    new java.util.TreeMap<>(
                                            Map.of(
                                                    "names",
                                                    3L,
                                                    "directories",
                                                    2L,
                                                    "directories.failed",
                                                    1L,
                                                    "deltas",
                                                    0L))));
        }
    }

    @Test
    void anotherWatermarkThanTheRoundsFails() throws Exception {
        for (long wrong : new long[] {Long.MAX_VALUE, IndexRig.ROUND - 1, IndexRig.ROUND + 1}) {
            try (IndexRig rig = new IndexRig(SHARDS)) {
                assertThatThrownBy(() -> rig.watermark(wrong))
                        .hasMessageContaining("round 4 was ended from outside");
                assertThat(rig.hasPassedTheWatermark()).isFalse();
            }
        }
    }

    @Test
    void aFailedListingIsAFailureAndOwed() throws Exception {
        try (IndexRig rig = new IndexRig(SHARDS)) {
            rig.send(Listing.failed(bytes("locked"), Errno.EACCES));
            rig.send(Listing.failed(bytes("gone"), Errno.ENOENT));
            assertThat(rig.notes())
                    .containsExactly("failed list 13 locked", "owed scan locked", "owed scan gone");
            assertThat(rig.items()).isEmpty();
            assertThat(rig.counts())
                    .containsEntry("directories.failed.EACCES", 1L)
                    .containsEntry("directories.failed.ENOENT", 1L)
                    .containsEntry("directories.listed", 2L)
                    .containsEntry("owed.scan", 2L);
        }
    }

    @Test
    void namesWithoutAttributesAreCountedByTheirKind() throws Exception {
        try (IndexRig rig = new IndexRig(SHARDS)) {
            Children children = new Children();
            children.packed().unreadable(bytes("bad"), 3, Errno.EIO);
            children.packed().unreadable(bytes("left"), 4, Errno.ENOENT);
            children.packed().leftOut(bytes("own"), 3, EntryKind.OWN);
            children.packed().leftOut(bytes("out"), 3, EntryKind.EXCLUDED);
            children.packed().mount(bytes("mnt"), 3, Children.directory(1, 1));
            children.directory("sub", 2, 1);
            rig.list("d", children);
            assertThat(rig.notes()).containsExactly("failed stat 5 d/bad", "owed failed d/bad");
            assertThat(rig.items()).containsExactlyInAnyOrder("NEW d/mnt", "NEW d/sub");
            Map<String, Long> counts = rig.counts();
            assertThat(counts)
                    .containsEntry("names", 6L)
                    .containsEntry("failed.EIO", 1L)
                    .containsEntry("skipped.vanished", 1L)
                    .containsEntry("skipped.own", 1L)
                    .containsEntry("skipped.excluded", 1L)
                    .containsEntry("mounts", 1L)
                    .containsEntry("directories", 1L);
            assertThat(outcomes(counts)).isEqualTo(6);
        }
    }

    @Test
    void twoPathsWithOneKeyFail() throws Exception {
        try (IndexRig rig =
                new IndexRig(
                        IndexRig.options(SHARDS, IndexRig.ROUND, null),
                        null,
                        change -> new DirectoryKey(1, 2))) {
            rig.list("one", new Children().file("f", 1, 1));
            assertThatThrownBy(() -> rig.list("two", new Children().file("f", 1, 1)))
                    .hasMessageContaining("two directories with one key")
                    .hasMessageContaining("one")
                    .hasMessageContaining("two");
        }
    }

    @Test
    void aRepeatedListingEmitsNothing() throws Exception {
        try (IndexRig rig = new IndexRig(SHARDS)) {
            Children children = new Children().directory("d", 1, 1).file("f", 2, 1);
            rig.list("", children);
            rig.list("", children);
            assertThat(rig.items()).containsExactlyInAnyOrder("NEW d", "NEW f");
            Map<String, Long> counts = rig.counts();
            assertThat(counts)
                    .containsEntry("names", 4L)
                    .containsEntry("repeated", 2L)
                    .containsEntry("new", 2L)
                    .containsEntry("items", 2L);
            assertThat(outcomes(counts)).isEqualTo(4);
            assertThat(rig.notes()).isEmpty();
        }
    }

    @Test
    void asecondListingThatDiffersIsOwed() throws Exception {
        try (IndexRig rig = new IndexRig(SHARDS)) {
            rig.list("d", new Children().file("f", 1, 1).file("g", 2, 1));
            rig.list("d", new Children().file("f", 1, 2).file("h", 3, 1));
            assertThat(rig.items()).containsExactlyInAnyOrder("NEW d/f", "NEW d/g", "NEW d/h");
            assertThat(rig.notes())
                    .containsExactlyInAnyOrder("owed disagreed d/f", "owed disagreed d/g");
            assertThat(outcomes(rig.counts())).isEqualTo(4);
        }
    }

    /** The source goes into a directory as often as its name came. */
    @Test
    void aDirectoryWhoseNameCameTwiceIsExpectedTwice() throws Exception {
        try (IndexRig rig = new IndexRig(SHARDS)) {
            rig.list(
                    "",
                    new Children()
                            .directory("same", 1, 1)
                            .directory("same", 1, 1)
                            .directory("other", 2, 1)
                            .directory("other", 3, 1)
                            .file("was-file", 4, 1)
                            .directory("was-file", 5, 1));
            assertThat(rig.items()).hasSize(3);
            assertThat(rig.counts())
                    .containsEntry("directories", 5L)
                    .containsEntry("repeated", 1L)
                    .containsEntry("disagreed", 2L);
        }
    }

    @Test
    void theStateSurvivesARestore() throws Exception {
        Children children = new Children().directory("d", 1, 1).file("f", 2, 1).file("g", 3, 1);
        OperatorSubtaskState state;
        try (IndexRig rig = new IndexRig(SHARDS)) {
            rig.list("", children);
            rig.part("big", 7, 0, 0, 0, new Children().file("a", 10, 1));
            state = rig.snapshot();
        }
        try (IndexRig rig = restored(IndexRig.ROUND, state)) {
            rig.list("", children);
            assertThat(rig.items()).isEmpty();
            // The part that came before the snapshot goes out too.
            rig.part("big", 7, 1, 2, 0, new Children().file("b", 11, 1));
            assertThat(rig.items()).containsExactlyInAnyOrder("NEW big/a", "NEW big/b");
        }
    }

    private static IndexRig restored(long round, OperatorSubtaskState state) throws Exception {
        return new IndexRig(SHARDS, round, state);
    }
}
