package io.sluice.pipeline.index;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.change.Delta;
import io.sluice.common.change.Listing;
import io.sluice.common.entry.EntryKind;
import io.sluice.common.entry.PackedEntries;
import io.sluice.common.posix.Errno;
import java.util.Map;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of forced answers about single names, in the light of the round's listings. */
class OwedNamesTest {
    private static final long BASE = 1;
    private static final long KNOWN = 8;

    private OperatorSubtaskState state;

    /** A base that knows a directory d with a, b and c, and a file f. */
    @BeforeEach
    void makeBase() throws Exception {
        try (IndexRig rig = new IndexRig(1, BASE, null)) {
            rig.list("", new Children().directory("d", 1, 1).file("f", 2, 1));
            rig.list("d", children());
            rig.watermark(BASE);
            state = rig.snapshot();
        }
    }

    private static Children children() {
        return new Children().file("a", 10, 1).file("b", 11, 1).file("c", 12, 1);
    }

    private IndexRig next() throws Exception {
        return new IndexRig(IndexRig.after(BASE, KNOWN, 1), state);
    }

    private static Delta there(String directory, String name, long inode, int version) {
        return new Delta(
                bytes(directory),
                true,
                new Children().file(name, inode, version).packed().toBytes());
    }

    private static Delta gone(String directory, String name) {
        PackedEntries packed = new PackedEntries(16);
        packed.gone(bytes(name), name.length(), 0);
        return new Delta(bytes(directory), true, packed.toBytes());
    }

    private static void root(IndexRig rig) throws Exception {
        rig.list("", new Children().directory("d", 1, 1).file("f", 2, 1));
    }

    private static long deltas(Map<String, Long> counts) {
        return counts.entrySet().stream()
                .filter(
                        count ->
                                count.getKey().startsWith("delta.")
                                        || count.getKey().equals("retried")
                                        || count.getKey().equals("deleted.unknown"))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    @Test
    void anOwedNameGoesOutAlthoughItIsUnchanged() throws Exception {
        try (IndexRig rig = next()) {
            rig.send(there("d", "b", 11, 1));
            root(rig);
            rig.list("d", children());
            Map<String, Long> counts = rig.counts();
            assertThat(rig.items()).containsExactly("RETRIED d/b");
            assertThat(counts).containsEntry("retried", 1L).containsEntry("unchanged", 5L);
            assertThat(deltas(counts)).isEqualTo(1);
        }
    }

    @Test
    void oneThatChangedGoesOutOnce() throws Exception {
        try (IndexRig rig = next()) {
            root(rig);
            rig.list("d", new Children().file("a", 10, 1).file("b", 11, 2).file("c", 12, 1));
            rig.send(there("d", "b", 11, 2));
            Map<String, Long> counts = rig.counts();
            assertThat(rig.items()).containsExactly("CHANGED d/b");
            assertThat(counts).containsEntry("delta.repeated", 1L);
            assertThat(rig.notes()).isEmpty();
        }
    }

    @Test
    void oneThatWentGetsOneTombstone() throws Exception {
        try (IndexRig rig = next()) {
            rig.send(gone("d", "b"));
            root(rig);
            rig.list("d", new Children().file("a", 10, 1).file("c", 12, 1));
            Map<String, Long> counts = rig.counts();
            assertThat(rig.items()).containsExactly("GONE d/b");
            assertThat(counts).containsEntry("deleted", 1L).containsEntry("delta.gone", 1L);
            assertThat(deltas(counts)).isEqualTo(1);
            assertThat(rig.notes()).isEmpty();
        }
    }

    private static Delta leftOut(String directory, String name) {
        PackedEntries packed = new PackedEntries(16);
        packed.leftOut(bytes(name), name.length(), EntryKind.EXCLUDED);
        return new Delta(bytes(directory), true, packed.toBytes());
    }

    @Test
    void oneThatIsLeftOutStaysAndStaysOwed() throws Exception {
        try (IndexRig rig = next()) {
            rig.send(leftOut("d", "b"));
            rig.send(leftOut("d", "never"));
            PackedEntries packed = new Children().file("f", 2, 1).packed();
            packed.leftOut(bytes("d"), 1, EntryKind.EXCLUDED);
            rig.send(Listing.whole(new byte[0], false, packed.count(), packed.toBytes()));
            Map<String, Long> counts = rig.counts();
            assertThat(rig.items()).isEmpty();
            assertThat(rig.notes()).containsExactly("owed failed d/b");
            assertThat(counts).containsEntry("delta.left_out", 2L);
            assertThat(deltas(counts)).isEqualTo(2);
        }
    }

    @Test
    void oneThatIsLeftOutGoesWithItsDirectory() throws Exception {
        try (IndexRig rig = next()) {
            rig.send(leftOut("d", "b"));
            rig.list("", new Children().file("f", 2, 1));
            Map<String, Long> counts = rig.counts();
            assertThat(rig.items()).contains("GONE_DIRECTORY d", "GONE d/b");
            assertThat(rig.notes()).isEmpty();
            assertThat(deltas(counts)).isEqualTo(1);
        }
    }

    @Test
    void oneThatNobodyKnewGetsATombstone() throws Exception {
        try (IndexRig rig = next()) {
            rig.send(gone("d", "never"));
            root(rig);
            rig.list("d", children());
            assertThat(rig.counts()).containsEntry("deleted.unknown", 1L);
            assertThat(rig.items()).containsExactly("GONE d/never");
        }
    }

    /** The listing shows it and the answer says that it is gone: it lives. */
    @Test
    void whereListingAndAnswerDisagreeTheNameLives() throws Exception {
        try (IndexRig rig = next()) {
            rig.send(gone("d", "b"));
            rig.send(there("d", "c", 12, 1));
            root(rig);
            rig.list("d", new Children().file("a", 10, 1).file("b", 11, 1));
            rig.watermark(BASE + 1);
            assertThat(rig.items()).isEmpty();
            assertThat(rig.notes())
                    .containsExactlyInAnyOrder("owed disagreed d/b", "owed disagreed d/c");
        }
    }

    /** Its directory could not be come to: the debt must not be forgotten. */
    @Test
    void whatTheScanDidNotComeToStaysOwed() throws Exception {
        try (IndexRig rig = next()) {
            rig.send(there("d", "b", 11, 1));
            rig.send(Listing.failed(bytes(""), Errno.EACCES));
            rig.watermark(BASE + 1);
            assertThat(rig.items()).isEmpty();
            assertThat(rig.notes()).contains("owed failed d/b");
        }
        try (IndexRig rig = next()) {
            Children excluded = new Children().file("a", 10, 1).file("c", 12, 1);
            excluded.packed().leftOut(bytes("b"), 1, EntryKind.EXCLUDED);
            rig.send(there("d", "b", 11, 1));
            root(rig);
            rig.list("d", excluded);
            rig.watermark(BASE + 1);
            assertThat(rig.items()).isEmpty();
            assertThat(rig.notes()).contains("owed failed d/b");
        }
    }

    /** A directory that cannot be listed may have files that can be read. */
    @Test
    void inADirectoryThatCannotBeListedTheAnswerDecides() throws Exception {
        try (IndexRig rig = next()) {
            rig.send(there("d", "b", 11, 1));
            rig.send(gone("d", "c"));
            root(rig);
            rig.send(Listing.failed(bytes("d"), Errno.EACCES));
            rig.watermark(BASE + 1);
            assertThat(rig.items()).containsExactly("GONE d/c", "RETRIED d/b");
        }
    }

    /** Half of a tree is gone: nothing is deleted, and what was owed stays owed. */
    @Test
    void withheldDeletionsDropNoDebt() throws Exception {
        try (IndexRig rig = next()) {
            rig.send(gone("d", "b"));
            rig.send(there("d", "c", 12, 1));
            rig.list("", new Children().file("other", 9, 1));
            rig.watermark(BASE + 1);
            assertThat(rig.items()).containsExactly("NEW other");
            assertThat(rig.notes()).contains("owed disagreed d/b", "owed failed d/c");
        }
    }

    /** A name that a listing has twice, first as vanished: it is there. */
    @Test
    void aNameThatCameBackWhileItsDirectoryWasReadLives() throws Exception {
        try (IndexRig rig = next()) {
            Children twice = new Children().file("f", 2, 1);
            twice.packed().unreadable(bytes("d"), 1, Errno.ENOENT);
            twice.directory("d", 1, 1);
            rig.list("", twice);
            rig.list("d", children());
            Map<String, Long> counts = rig.counts();
            assertThat(rig.items()).isEmpty();
            assertThat(counts).containsEntry("disagreed", 1L).containsEntry("directories", 1L);
        }
    }
}
