package io.sluice.pipeline.index;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.change.Delta;
import io.sluice.common.entry.PackedEntries;
import java.util.List;
import java.util.Map;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rounds without a full scan: the sources name what has changed, and the rest stays. */
class NamedChangesTest {
    private static final long BASE = 1;

    /** So many that a handful is no mass deletion. */
    private static final long KNOWN = 100;

    private OperatorSubtaskState state;

    /** A base with a file f and a directory d, in it a, b and a directory e with x and y. */
    @BeforeEach
    void makeBase() throws Exception {
        try (IndexRig rig = new IndexRig(1, BASE, null)) {
            rig.list("", new Children().directory("d", 1, 1).file("f", 2, 1));
            rig.list("d", new Children().file("a", 10, 1).file("b", 11, 1).directory("e", 12, 1));
            rig.list("d/e", new Children().file("x", 20, 1).file("y", 21, 1));
            rig.watermark(BASE);
            state = rig.snapshot();
        }
    }

    private IndexRig next() throws Exception {
        return new IndexRig(IndexRig.after(BASE, KNOWN, 1).withoutScan(), state);
    }

    private static Delta there(String directory, Children child) {
        return new Delta(bytes(directory), false, child.packed().toBytes());
    }

    private static Delta gone(String directory, String name) {
        return gone(directory, name, false);
    }

    private static Delta gone(String directory, String name, boolean forced) {
        PackedEntries packed = new PackedEntries(16);
        packed.gone(bytes(name), name.length(), 0);
        return new Delta(bytes(directory), forced, packed.toBytes());
    }

    @Test
    void whatNobodyNamesIsUnchanged() throws Exception {
        try (IndexRig rig = next()) {
            Map<String, Long> counts = rig.counts();
            assertThat(rig.items()).isEmpty();
            assertThat(rig.notes()).isEmpty();
            assertThat(counts).containsEntry("without_scan", 1L);
        }
    }

    @Test
    void whatIsNamedGoesOutWithoutAListing() throws Exception {
        try (IndexRig rig = next()) {
            rig.send(there("d", new Children().file("a", 10, 2)));
            rig.send(there("d", new Children().file("b", 11, 1)));
            rig.send(there("d", new Children().file("c", 30, 1)));
            rig.send(there("", new Children().directory("d", 1, 2)));
            Map<String, Long> counts = rig.counts();
            assertThat(rig.items())
                    .containsExactlyInAnyOrder("CHANGED d", "CHANGED d/a", "NEW d/c");
            assertThat(counts)
                    .containsEntry("delta.new", 1L)
                    .containsEntry("delta.changed", 2L)
                    .containsEntry("delta.unchanged", 1L);
            assertThat(rig.notes()).isEmpty();
        }
    }

    @Test
    void aDirectoryThatIsNamedAsGoneTakesAllBelowWithIt() throws Exception {
        try (IndexRig rig = next()) {
            rig.send(gone("", "d"));
            rig.counts();
            assertThat(rig.items())
                    .containsExactlyInAnyOrder(
                            "GONE_DIRECTORY d",
                            "GONE d/a",
                            "GONE d/b",
                            "GONE_DIRECTORY d/e",
                            "GONE d/e/x",
                            "GONE d/e/y");
        }
    }

    @Test
    void whatWasMadeAndRemovedSinceIsNothingUnlessItIsOwed() throws Exception {
        try (IndexRig rig = next()) {
            rig.send(gone("d", "never"));
            rig.send(gone("d", "owed", true));
            Map<String, Long> counts = rig.counts();
            assertThat(rig.items()).containsExactly("GONE d/owed");
            assertThat(counts)
                    .containsEntry("delta.unknown", 1L)
                    .containsEntry("deleted.unknown", 1L);
        }
    }

    /** {@code mv d/e e}: the old name is gone, the subtree is listed at the new one. */
    @Test
    void aDirectoryThatMovedIsListedWhereItIsNow() throws Exception {
        try (IndexRig rig = next()) {
            rig.send(gone("d", "e"));
            rig.send(there("", new Children().directory("e", 12, 1)));
            rig.list("e", new Children().file("x", 20, 1).file("y", 21, 1));
            rig.counts();
            assertThat(rig.items())
                    .containsExactlyInAnyOrder(
                            "NEW e",
                            "NEW e/x",
                            "NEW e/y",
                            "GONE_DIRECTORY d/e",
                            "GONE d/e/x",
                            "GONE d/e/y");
            assertThat(rig.notes()).isEmpty();
        }
    }

    /** {@code mv d/e e; mkdir d/e; touch d/e/x}: what the new one does not have is gone. */
    @Test
    void aNewDirectoryOfTheSameNameIsListedToo() throws Exception {
        try (IndexRig rig = next()) {
            rig.send(there("d", new Children().directory("e", 40, 2)));
            rig.list("d/e", new Children().file("x", 41, 2));
            rig.send(there("d/e", new Children().file("x", 41, 2)));
            Map<String, Long> counts = rig.counts();
            assertThat(rig.items())
                    .containsExactlyInAnyOrder("CHANGED d/e", "CHANGED d/e/x", "GONE d/e/y");
            assertThat(counts).containsEntry("delta.repeated", 1L);
            assertThat(rig.notes()).isEmpty();
        }
    }

    /** Nobody would list it again, and what is kept would stay for ever. */
    @Test
    void aListingWhoseDeletionsAreWithheldIsOwed() throws Exception {
        try (IndexRig rig = new IndexRig(IndexRig.after(BASE, 3, 1).withoutScan(), state)) {
            rig.list("d/e", new Children());
            Map<String, Long> counts = rig.counts();
            assertThat(rig.items()).isEmpty();
            assertThat(counts).containsEntry("withheld", 2L);
            assertThat(rig.notes()).containsExactly("owed scan d/e");
        }
    }

    /** The next round may read logs, which do not say again what the scan found. */
    @Test
    void whatAScanWithholdsBeforeARoundWithoutOneIsOwed() throws Exception {
        IndexOptions options = IndexRig.after(BASE, 8, 1);
        for (boolean follows : new boolean[] {true, false}) {
            try (IndexRig rig =
                    new IndexRig(follows ? options : options.withoutScanToFollow(), state)) {
                rig.list("", new Children());
                Map<String, Long> counts = rig.counts();
                assertThat(rig.items()).isEmpty();
                assertThat(counts.get("withheld")).isPositive();
                assertThat(rig.notes()).isEqualTo(follows ? List.of() : List.of("owed scan "));
            }
        }
    }

    @Test
    void aDirectoryThatTwoSourcesListIsCountedOnce() throws Exception {
        try (IndexRig rig = next()) {
            for (int i = 0; i < 2; i++) {
                rig.list("d/e", new Children().file("x", 20, 1).file("z", 22, 1));
            }
            Map<String, Long> counts = rig.counts();
            assertThat(rig.items()).containsExactlyInAnyOrder("NEW d/e/z", "GONE d/e/y");
            assertThat(counts)
                    .containsEntry("directories.distinct", 1L)
                    .containsEntry("directories.listed", 2L);
        }
    }

    /** A listing that is older than the answer: the name has come since, and no scan follows. */
    @Test
    void aNameThatCameAfterItsDirectoryWasListedGoesOutToo() throws Exception {
        try (IndexRig rig = next()) {
            rig.list("d/e", new Children().file("x", 20, 1).file("y", 21, 1));
            rig.send(there("d/e", new Children().file("z", 22, 1)));
            rig.counts();
            assertThat(rig.items()).containsExactly("NEW d/e/z");
        }
    }

    /** Readers of two logs ask; what comes last may have been asked first. */
    @Test
    void aNameWithTwoAnswersIsAskedAboutAgain() throws Exception {
        try (IndexRig rig = next()) {
            rig.send(gone("d", "a"));
            rig.send(there("d", new Children().file("a", 10, 1)));
            rig.send(there("d", new Children().file("b", 11, 2)));
            rig.send(there("d", new Children().file("b", 11, 2)));
            rig.counts();
            assertThat(rig.items()).containsExactly("CHANGED d/b");
            assertThat(rig.notes()).containsExactly("owed disagreed d/a");
        }
    }

    @Test
    void aFileInPlaceOfADirectoryTakesAllBelowAway() throws Exception {
        try (IndexRig rig = next()) {
            rig.send(there("d", new Children().file("e", 50, 1)));
            rig.counts();
            assertThat(rig.items())
                    .containsExactlyInAnyOrder("CHANGED d/e", "GONE d/e/x", "GONE d/e/y");
        }
    }
}
