package io.sluice.pipeline.index;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.posix.Errno;
import java.util.Map;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
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
            assertThat(rig.counts()).containsEntry("names", 150L).containsEntry("owed.scan", 1L);
        }
    }

    /** The source counts its names with its last part too, so the books do not balance without. */
    @Test
    void anIncompleteReadingHasNoOutcome() throws Exception {
        try (IndexRig rig = new IndexRig(2)) {
            rig.part("d", 5, 0, 0, 0, files(0, 100));
            assertThat(rig.counts()).containsEntry("names", 0L).containsEntry("new", 0L);
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
            assertThat(counts).containsEntry("owed.disagreed", 50L);
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

    /** As when two readers walk it after a failover, and it grew in between. */
    @Test
    void aDirectoryListedWholeAndThenInPartsInOneRoundLosesNothing() throws Exception {
        try (IndexRig rig = new IndexRig(3)) {
            rig.list("d", files(0, 4000));
            parts(rig, 5, 0, 9000, 4096);
            rig.list("d", files(0, 4000));
            assertThat(rig.items()).hasSize(9000).doesNotHaveDuplicates();
            assertThat(rig.counts())
                    .containsEntry("names", 17_000L)
                    .containsEntry("new", 9000L)
                    .containsEntry("repeated", 8000L)
                    .containsEntry("owed.disagreed", 5000L);
        }
    }

    /** What went out in the last round goes out again when it has changed, repaged or not. */
    @Test
    void whatWentOutInAnEarlierRoundIsNotTakenForARepeat() throws Exception {
        OperatorSubtaskState state;
        try (IndexRig rig = new IndexRig(1)) {
            rig.list("d", files(0, 100));
            rig.watermark(IndexRig.ROUND);
            state = rig.snapshot();
        }
        try (IndexRig rig = new IndexRig(IndexRig.after(IndexRig.ROUND, 100, 1), state)) {
            Children changed = new Children();
            for (int i = 0; i < 50; i++) {
                changed.file("file-" + i, i, 2);
            }
            rig.part("d", 1, 0, 0, 0, changed);
            rig.part("d", 1, 1, 2, 0, files(50, 9000));
            assertThat(rig.items()).hasSize(9000 - 50).doesNotHaveDuplicates();
            assertThat(rig.items()).filteredOn(item -> item.startsWith("CHANGED")).hasSize(50);
            assertThat(rig.counts())
                    .containsEntry("changed", 50L)
                    .containsEntry("unchanged", 50L)
                    .containsEntry("new", 8900L)
                    .containsEntry("repeated", 0L);
        }
    }

    @Test
    void aLargeDirectoryThatIsListedWholeKeepsTheNamesItLost() throws Exception {
        try (IndexRig rig = new IndexRig(1)) {
            parts(rig, 1, 0, 9000, 4096);
            rig.list("d", files(0, 10));
            parts(rig, 2, 0, 9000, 1000);
            assertThat(rig.items()).hasSize(9000).doesNotHaveDuplicates();
            assertThat(rig.counts())
                    .containsEntry("repeated", 9010L)
                    .containsEntry("owed.disagreed", 8990L);
        }
    }

    @Test
    void aReadingWithAGapThatBreaksOffStillGivesItsNames() throws Exception {
        try (IndexRig rig = new IndexRig(2)) {
            rig.part("d", 5, 1, 0, 0, files(0, 100));
            rig.part("d", 5, 4, 5, Errno.EIO, files(100, 110));
            assertThat(rig.items()).hasSize(110).doesNotHaveDuplicates();
            assertThat(rig.notes()).containsExactly("failed list 5 d", "owed scan d");
            assertThat(rig.partsLeft()).isZero();
        }
    }

    @Test
    void readingsThatNeverEndLeaveNothingBehindTheWatermark() throws Exception {
        OperatorSubtaskState state;
        try (IndexRig rig = new IndexRig(2)) {
            for (int i = 0; i < 20; i++) {
                rig.part("dead-" + i, i, 0, 0, 0, files(0, 500));
                rig.part("dead-" + i, -i - 1, 3, 0, 0, files(0, 10));
                rig.list("whole-" + i, files(0, 10));
            }
            parts(rig, 7, 0, 600, 100);
            assertThat(rig.partsLeft()).isGreaterThan(20 * 200);
            rig.watermark(IndexRig.ROUND);
            assertThat(rig.partsLeft()).isZero();
            assertThat(rig.items()).hasSize(20 * 10 + 600).doesNotHaveDuplicates();
            state = rig.snapshot();
        }
        try (IndexRig rig = new IndexRig(IndexRig.after(IndexRig.ROUND, 800, 2), state)) {
            // The pages stay.
            rig.list("whole-3", files(0, 10));
            rig.list("d", files(0, 600));
            assertThat(rig.items()).isEmpty();
        }
    }

    private static void parts(IndexRig rig, long id, int from, int to, int part) throws Exception {
        int number = 0;
        for (int start = from; start < to; start += part, number++) {
            int end = Math.min(to, start + part);
            rig.part("d", id, number, end == to ? number + 1 : 0, 0, files(start, end));
        }
    }
}
