package io.sluice.lustre.source;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.common.change.Change;
import io.sluice.common.change.Delta;
import io.sluice.common.change.Listing;
import io.sluice.common.change.SourceTotals;
import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.entry.EntryCursor;
import io.sluice.common.text.Text;
import io.sluice.lustre.changelog.ChangelogRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Readers of changelogs: what they emit, what survives a restore, and when they doubt. */
class MdtReaderTest {
    private static final String FIRST = "fs-MDT0000";
    private static final String SECOND = "fs-MDT0001";
    private static final String CURSOR = "cursor.";

    @TempDir private Path root;
    private PlayedLustre fs;
    private NameModel known;

    @BeforeEach
    void makeBase() throws Exception {
        fs = new PlayedLustre(root, 2);
        fs.mkdir(0, "d");
        fs.write(0, "d/f");
        fs.mkdir(1, "e");
        fs.write(1, "e/g");
        known = NameModel.of(ReaderRig.scan(fs));
        assertThat(fs.clearOrErrno(FIRST, "cl1", fs.last(FIRST))).isZero();
        assertThat(fs.clearOrErrno(SECOND, "cl1", fs.last(SECOND))).isZero();
        fs.cleared.clear();
    }

    private List<MdtSplit> splits() {
        return List.of(split(FIRST), split(SECOND));
    }

    private MdtSplit split(String mdt) {
        return MdtSplit.begin(mdt, "cl1", fs.last(mdt), fs.last(mdt) + 1, List.of());
    }

    private void change() throws Exception {
        fs.write(0, "d/f");
        fs.rename(0, "e", "d/e");
        fs.mkdir(1, "d/n");
        for (int i = 0; i < 20; i++) {
            fs.write(i % 2, "d/n/" + i);
        }
    }

    private void expectTheLiveTree(List<Change> changes) throws Exception {
        changes.forEach(known::add);
        assertThat(known.known()).isEqualTo(NameModel.of(ReaderRig.scan(fs)).known());
    }

    private static void expectBalance(List<Change> changes) {
        long names = 0;
        long directories = 0;
        long deltas = 0;
        for (Change change : changes) {
            if (change instanceof Delta) {
                deltas++;
            } else if (change instanceof Listing listing) {
                names += listing.count();
                directories += listing.isLast() ? 1 : 0;
            }
        }
        SourceTotals totals = (SourceTotals) changes.get(changes.size() - 1);
        assertThat(totals.deltas()).isEqualTo(deltas);
        assertThat(totals.names()).isEqualTo(names);
        assertThat(totals.directories()).isEqualTo(directories);
    }

    @Test
    void bothLogsAreReadToTheirEndAndTheCursorsTold() throws Exception {
        List<MdtSplit> splits = splits();
        change();
        try (ReaderRig rig = new ReaderRig(fs, 7, splits).runToTheEnd()) {
            expectTheLiveTree(rig.changes);
            expectBalance(rig.changes);
            assertThat(rig.watermarks).containsExactly(ReaderRig.ROUND);
            assertThat(rig.totals().more())
                    .containsEntry(CURSOR + FIRST, fs.last(FIRST) + 1)
                    .containsEntry(CURSOR + SECOND, fs.last(SECOND) + 1)
                    .containsEntry("records.unknown", 0L);
        }
    }

    /** What the round before could not read has no record of its own any more. */
    @Test
    void aDirectoryThatCouldNotBeReadIsListedAgainWithAllBelowAndOnce() throws Exception {
        fs.mkdir(0, "d/below");
        List<byte[]> unread = List.of(bytes("d"), bytes("d/below"), bytes("removed"));
        MdtSplit split = MdtSplit.begin(FIRST, "cl1", fs.last(FIRST), fs.last(FIRST) + 1, unread);
        Files.writeString(root.resolve("d/without-a-record"), "x");
        Files.writeString(root.resolve("d/below/neither"), "x");
        List<MdtSplit> after;
        try (ReaderRig rig = new ReaderRig(fs, 7, List.of(split)).runToTheEnd()) {
            assertThat(listed(rig.changes)).containsExactlyInAnyOrder("d", "d/below");
            // The directory's own times are told by its parent, and have a record of their own.
            rig.changes.forEach(known::add);
            assertThat(known.known().keySet())
                    .isEqualTo(NameModel.of(ReaderRig.scan(fs)).known().keySet());
            expectBalance(rig.changes);
            after = rig.snapshot();
        }
        try (ReaderRig rig = new ReaderRig(fs, 7, after).runToTheEnd()) {
            assertThat(listed(rig.changes)).isEmpty();
        }
    }

    private static List<String> listed(List<Change> changes) {
        return changes.stream()
                .filter(Listing.class::isInstance)
                .map(change -> new String(change.directory(), StandardCharsets.UTF_8))
                .toList();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Before the filesystem is asked; and never more than before the round. */
    @Test
    void whatWasAcknowledgedIsAcknowledgedAgainForEachBatchAndNoMore() throws Exception {
        MdtSplit split = split(FIRST);
        for (int i = 0; i < 10; i++) {
            fs.write(0, "d/f");
        }
        try (ReaderRig rig = new ReaderRig(fs, 4, List.of(split)).runToTheEnd()) {
            assertThat(fs.cleared).hasSize(3).containsOnly(FIRST + " cl1 " + split.acknowledged());
        }
    }

    @Test
    void logsWithoutARecordAreAcknowledgedTooAndEmitNothing() throws Exception {
        try (ReaderRig rig = new ReaderRig(fs, 4, splits()).runToTheEnd()) {
            assertThat(rig.changes).hasSize(1);
            assertThat(fs.cleared).hasSize(2);
        }
    }

    @Test
    void aRestoredReaderGoesOnFromTheBatchThatItWasIn() throws Exception {
        for (int after = 0; after < 40; after += 3) {
            List<MdtSplit> splits = splits();
            fs.write(0, "d/f");
            for (int i = 0; i < 6; i++) {
                fs.mkdir(0, "d/n" + after + "-" + i);
                fs.write(0, "d/n" + after + "-" + i + "/x");
            }
            List<Change> changes;
            List<MdtSplit> snapshot;
            try (ReaderRig rig = new ReaderRig(fs, 5, splits).run(after)) {
                snapshot = rig.snapshot();
                changes = List.copyOf(rig.changes);
            }
            long sent = changes.stream().filter(Delta.class::isInstance).count();
            changes.forEach(known::add);
            try (ReaderRig rig = new ReaderRig(fs, 5, snapshot).runToTheEnd()) {
                expectTheLiveTree(rig.changes);
                long again = rig.changes.stream().filter(Delta.class::isInstance).count();
                boolean ended = changes.stream().anyMatch(SourceTotals.class::isInstance);
                assertThat(rig.totals().deltas()).isEqualTo(sent + again);
                assertThat(rig.watermarks).hasSize(1);
                assertThat(ended && again > 0).isFalse();
            }
            assertThat(fs.clearOrErrno(FIRST, "cl1", fs.last(FIRST))).isZero();
        }
    }

    @Test
    void aLogThatFailsIsOpenedAgainWhereItWas() throws Exception {
        List<MdtSplit> splits = splits();
        change();
        fs.fail(FIRST, 7);
        try (ReaderRig rig = new ReaderRig(fs, 4, splits).runToTheEnd()) {
            expectTheLiveTree(rig.changes);
            expectBalance(rig.changes);
        }
    }

    @Test
    void oneThatFailsForGoodFailsTheTaskAndSaysWhich() throws Exception {
        List<MdtSplit> splits = splits();
        fs.fail(SECOND, 1000);
        try (ReaderRig rig = new ReaderRig(fs, 4, splits)) {
            assertThatThrownBy(rig::runToTheEnd)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(SECOND);
        }
    }

    @Test
    void aUserWhoIsGoneMakesTheReaderListEverythingAndGivesNoCursor() throws Exception {
        List<MdtSplit> splits = splits();
        change();
        fs.deregister(SECOND);
        try (ReaderRig rig = new ReaderRig(fs, 100, splits).runToTheEnd()) {
            expectTheLiveTree(rig.changes);
            expectBalance(rig.changes);
            assertThat(rig.totals().more())
                    .containsKey(CURSOR + FIRST)
                    .doesNotContainKey(CURSOR + SECOND);
            assertThat(rig.totals().more().keySet())
                    .anyMatch(name -> name.startsWith("doubt." + SECOND + ": user cl1"));
        }
    }

    @Test
    void somebodyWhoAcknowledgesInOurNameIsNoticed() throws Exception {
        List<MdtSplit> splits = splits();
        change();
        assertThat(fs.clearOrErrno(FIRST, "cl1", fs.last(FIRST) - 1)).isZero();
        try (ReaderRig rig = new ReaderRig(fs, 100, splits).runToTheEnd()) {
            expectTheLiveTree(rig.changes);
            assertThat(rig.totals().more().keySet())
                    .anyMatch(name -> name.startsWith("doubt." + FIRST));
        }
    }

    @Test
    void aLinkEaWithoutRoomMakesTheReaderListEverything() throws Exception {
        List<MdtSplit> splits = splits();
        fs.overflow("d/f");
        fs.write(0, "d/f");
        try (ReaderRig rig = new ReaderRig(fs, 100, splits).runToTheEnd()) {
            expectTheLiveTree(rig.changes);
            assertThat(rig.totals().more())
                    .containsKey(CURSOR + FIRST)
                    .containsKey(CURSOR + SECOND);
            assertThat(rig.totals().more().keySet())
                    .anyMatch(name -> name.contains("not all names of"));
        }
    }

    /** The walk of everything may have passed where records that are read later say something. */
    @Test
    void aSecondDoubtLeavesNoPositionToReadOnFrom() throws Exception {
        List<MdtSplit> splits = splits();
        fs.overflow("d/f");
        fs.write(0, "d/f");
        fs.write(0, "d/f");
        try (ReaderRig rig = new ReaderRig(fs, 1, splits).runToTheEnd()) {
            expectTheLiveTree(rig.changes);
            assertThat(rig.totals().more())
                    .doesNotContainKey(CURSOR + FIRST)
                    .containsKey(CURSOR + SECOND);
        }
    }

    @Test
    void directoriesThatAreOwedAreListedFirst() throws Exception {
        MdtSplit split =
                MdtSplit.begin(
                        FIRST,
                        "cl1",
                        fs.last(FIRST),
                        fs.last(FIRST) + 1,
                        List.of(bytes("d"), bytes("d/gone"), bytes("d/f")));
        try (ReaderRig rig = new ReaderRig(fs, 100, List.of(split)).runToTheEnd()) {
            List<String> listed =
                    rig.changes.stream()
                            .filter(Listing.class::isInstance)
                            .map(change -> Text.escape(change.directory()))
                            .toList();
            assertThat(listed).containsExactly("d");
        }
    }

    /** Nothing can be acknowledged, so nothing can be armed: the next round begins with that. */
    @Test
    void theVeryFirstRecordsOfALogAreLeftToTheNextRound(@TempDir Path other) throws Exception {
        PlayedLustre empty = new PlayedLustre(other, 1);
        MdtSplit split = MdtSplit.begin(FIRST, "cl1", 0, 1, List.of());
        empty.write(0, "f");
        try (ReaderRig rig = new ReaderRig(empty, 100, List.of(split)).runToTheEnd()) {
            assertThat(rig.totals().more()).containsEntry(CURSOR + FIRST, 1L);
            assertThat(rig.changes).hasSize(1);
        }
    }

    @Test
    void aLogThatIsFollowedIsReadAsItGrowsAndGoesOnFromASnapshot() throws Exception {
        List<MdtSplit> begin = splits();
        List<MdtSplit> snapshot;
        try (ReaderRig rig = ReaderRig.following(fs, 7, begin)) {
            expectToFollow(rig);
            change();
            expectToFollow(rig);
            fs.remove(0, "d/f");
            expectToFollow(rig);
            assertThat(rig.watermarks).isEmpty();
            snapshot = rig.snapshot();
        }
        fs.rename(0, "d/n", "n");
        try (ReaderRig rig = ReaderRig.following(fs, 7, snapshot)) {
            expectToFollow(rig);
            assertThat(rig.watermarks).isEmpty();
        }
        for (MdtSplit split : begin) {
            assertThat(fs.cleared)
                    .filteredOn(call -> call.startsWith(split.mdt()))
                    .containsOnly(split.mdt() + " cl1 " + split.acknowledged());
        }
    }

    /** Puts what has come into the model, until that is the live tree. */
    private void expectToFollow(ReaderRig rig) throws Exception {
        rig.runUntil(
                () -> {
                    rig.changes.forEach(known::add);
                    rig.changes.clear();
                    return known.known().equals(NameModel.of(ReaderRig.scan(fs)).known());
                });
    }

    /** An MDT gives indexes away before it writes the records. */
    @Test
    void aRecordThatComesBehindHigherOnesIsFollowedTooAndThoseNotTwice() throws Exception {
        try (ReaderRig rig = ReaderRig.following(fs, 7, splits())) {
            fs.mkdir(0, "d/late");
            ChangelogRecord late = fs.holdBack(FIRST);
            fs.mkdir(0, "after");
            expectToKnow(rig, "after");
            assertThat(known.known()).doesNotContainKey("d/late");
            fs.writeLate(FIRST, late);
            List<Change> behind = List.copyOf(rig.changes);
            expectToKnow(rig, "d/late");
            assertThat(paths(rig.changes.subList(behind.size(), rig.changes.size())))
                    .doesNotContain("after");
        }
    }

    private void expectToKnow(ReaderRig rig, String path) throws Exception {
        rig.runUntil(
                () -> {
                    rig.changes.forEach(known::add);
                    return known.known().containsKey(path);
                });
    }

    private static List<String> paths(List<Change> changes) {
        return changes.stream()
                .filter(Delta.class::isInstance)
                .map(
                        change -> {
                            EntryCursor entry = new EntryCursor().reset(((Delta) change).entry());
                            entry.next();
                            return Text.escape(
                                    DirectoryPath.child(change.directory(), entry.name()));
                        })
                .toList();
    }

    @Test
    void eachDoubtOfALogThatIsFollowedHasEverythingListed() throws Exception {
        try (ReaderRig rig = ReaderRig.following(fs, 7, splits())) {
            for (int i = 0; i < 2; i++) {
                fs.overflow("d/f");
                Files.writeString(root.resolve("without-a-record-" + i), "x");
                fs.write(0, "d/f");
                expectToFollow(rig);
            }
            fs.deregister(FIRST);
            fs.deregister(SECOND);
            Files.writeString(root.resolve("of-which-no-record-can-come"), "x");
            rig.runUntil(() -> !rig.watermarks.isEmpty());
            expectToFollow(rig);
            assertThat(rig.watermarks).hasSize(1);
        }
    }
}
