package io.sluice.pipeline.index;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.posix.Errno;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Directories in parts, through the operator and RocksDB. */
class PartedListingsTest {
    private static Children files(int from, int to) {
        Children children = new Children();
        for (int i = from; i < to; i++) {
            children.file("file-" + i, i, 1);
        }
        return children;
    }

    @Test
    void nothingGoesOutBeforeTheLastPart() throws Exception {
        try (IndexRig rig = new IndexRig(2)) {
            rig.part("d", -5, 0, 0, 0, files(0, 100));
            rig.part("d", -5, 1, 0, 0, files(100, 200));
            assertThat(rig.items()).isEmpty();
            rig.part("d", -5, 2, 3, 0, files(200, 250));
            assertThat(rig.items()).hasSize(250).doesNotHaveDuplicates();
            assertThat(rig.counts())
                    .containsEntry("names", 250L)
                    .containsEntry("new", 250L)
                    .containsEntry("directories.listed", 1L);
        }
    }

    @Test
    void aReadingThatBrokeOffStillGivesItsNames() throws Exception {
        try (IndexRig rig = new IndexRig(2)) {
            rig.part("d", 5, 0, 0, 0, files(0, 100));
            rig.part("d", 5, 1, 2, Errno.EIO, files(100, 110));
            assertThat(rig.items()).hasSize(110).doesNotHaveDuplicates();
            assertThat(rig.notes()).containsExactly("failed list 5 d", "owed scan d");
            assertThat(rig.counts()).containsEntry("directories.failed.EIO", 1L);
        }
    }

    /** A part that was lost shows in the books: the source counted its names. */
    @Test
    void aGapLosesNoOtherName() throws Exception {
        try (IndexRig rig = new IndexRig(2)) {
            rig.part("d", 5, 0, 0, 0, files(0, 100));
            rig.part("d", 5, 2, 3, 0, files(200, 250));
            assertThat(rig.items()).hasSize(150).doesNotHaveDuplicates();
            assertThat(rig.counts()).containsEntry("names", 150L);
        }
    }

    /** Their names are counted and have no outcome, so the books do not balance. */
    @Test
    void anIncompleteReadingHasNoOutcome() throws Exception {
        try (IndexRig rig = new IndexRig(2)) {
            rig.part("d", 5, 0, 0, 0, files(0, 100));
            assertThat(rig.counts()).containsEntry("names", 100L).containsEntry("new", 0L);
        }
    }

    @Test
    void twoReadingsOfOneDirectoryDoNotMix() throws Exception {
        try (IndexRig rig = new IndexRig(2)) {
            rig.part("d", 1, 0, 0, 0, files(0, 100));
            rig.part("d", -1, 0, 0, 0, files(50, 150));
            rig.part("d", 1, 1, 2, 0, files(100, 120));
            assertThat(rig.items()).hasSize(120);
            rig.part("d", -1, 1, 2, 0, files(150, 160));
            assertThat(rig.items()).hasSize(160).doesNotHaveDuplicates();
            Map<String, Long> counts = rig.counts();
            assertThat(counts)
                    .containsEntry("names", 230L)
                    .containsEntry("new", 160L)
                    .containsEntry("repeated", 70L);
            // The 50 names before and none of what the first reading did not have.
            assertThat(counts).containsEntry("owed.unsteady", 50L);
        }
    }

    @Test
    void aHundredThousandNamesAreAnnouncedOnceEach() throws Exception {
        int names = 100_000;
        int part = 4096;
        try (IndexRig rig = new IndexRig(4)) {
            for (int from = 0, number = 0; from < names; from += part, number++) {
                int to = Math.min(names, from + part);
                rig.part("big", 77, number, to == names ? number + 1 : 0, 0, files(from, to));
            }
            assertThat(rig.items()).hasSize(names).doesNotHaveDuplicates();
            // The pages know them all.
            rig.list("big", files(0, names));
            assertThat(rig.items()).hasSize(names);
            assertThat(rig.counts())
                    .containsEntry("new", (long) names)
                    .containsEntry("repeated", (long) names);
        }
    }

    @Test
    void pagesGrowWithTheDirectory() {
        assertThat(DirectoryIndexOperator.depthFor(2)).isEqualTo(1);
        assertThat(DirectoryIndexOperator.depthFor(100_000)).isEqualTo(6);
        assertThat(DirectoryIndexOperator.depthFor(1L << 40)).isEqualTo(StoredDirectory.MAX_DEPTH);
    }
}
