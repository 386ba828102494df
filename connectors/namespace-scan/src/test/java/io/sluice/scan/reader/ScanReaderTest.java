package io.sluice.scan.reader;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.sluice.common.SluiceException;
import io.sluice.common.change.Listing;
import io.sluice.common.change.SourceTotals;
import io.sluice.common.entry.EntryCursor;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.FileIdentity;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.RawTree;
import io.sluice.common.posix.Statx;
import io.sluice.common.testing.Privileges;
import io.sluice.scan.ScanOptions;
import io.sluice.scan.split.DirectorySplit;
import io.sluice.scan.split.SentCounts;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.apache.flink.core.io.InputStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ScanReaderTest {
    private static final WalkBounds ONE_PART = WalkBounds.DEFAULT.withQueue(1, 1);

    private RawTree tree;

    @BeforeEach
    void makeTree() throws Exception {
        tree = new RawTree();
    }

    @AfterEach
    void removeTree() throws Exception {
        tree.close();
    }

    private ScanOptions options() {
        return ScanOptions.of(tree.root(), 7, 2);
    }

    @Test
    void everyNameIsListedOnceWhateverItsBytes() throws Exception {
        tree.directory("plain").file("plain/file").symlink("plain/link", "file");
        tree.directory("empty").fifo("fifo").symlink("dangling", "nowhere");
        tree.directory("sp ace").directory("sp ace/ü").file("sp ace/ü/\u65e5\u672c");
        tree.directory(new byte[] {'d', (byte) 0xe9, (byte) 0xff});
        tree.file(new byte[] {'d', (byte) 0xe9, (byte) 0xff, '/', '\n', 0x1b, '\\', 1});
        tree.file("x".repeat(255)).file("-rf").file(" ").file("...");

        Listings listings = ScanRig.readAll(options());

        TreeSet<String> expected = Find.names(tree.root());
        assertThat(listings.names()).isEqualTo(expected);
        assertThat(listings.countOfNames()).isEqualTo(expected.size() + 1);
    }

    @Test
    void rootIsTheOnlyNameAboveIt() throws Exception {
        Listings listings = ScanRig.readAll(options());

        EntryCursor cursor = listings.whole("/").cursor();
        assertThat(cursor.next()).isTrue();
        assertThat(cursor.name()).isEmpty();
        assertThat(cursor.stat().permissions()).isEqualTo(0755);
        assertThat(cursor.next()).isFalse();
        assertThat(listings.whole("").count()).isZero();
    }

    @Test
    void symbolicLinksTravelWithTheirTargetAndAreNotFollowed() throws Exception {
        tree.directory("real").file("real/inside").symlink("alias", "real");

        Listings listings = ScanRig.readAll(options());

        assertThat(listings.directories()).containsExactly("", "/", "real");
        EntryCursor cursor = listings.whole("").cursor();
        while (cursor.next()) {
            if (cursor.name().length == "alias".length()) {
                assertThat(cursor.target()).isEqualTo(bytes("real"));
            }
        }
    }

    @Test
    void totalsSayWhatWasSentAndPrecedeTheWatermark() throws Exception {
        tree.directory("a").files("a", "f", 25).directory("b");
        try (ScanRig rig = new ScanRig(options().withEntriesPerListing(10), 3)) {
            rig.runUntilAllEnded();

            SourceTotals totals = rig.totals();
            assertThat(totals.names()).isEqualTo(1 + 2 + 25);
            assertThat(totals.directories()).isEqualTo(4);
            assertThat(totals.unreadableDirectories()).isZero();
            for (ScanRig.Seat seat : rig.seats) {
                assertThat(seat.watermarks).containsExactly(7L);
                assertThat(seat.changes.get(seat.changes.size() - 1))
                        .isInstanceOfSatisfying(
                                SourceTotals.class,
                                own -> assertThat(own.reader()).isEqualTo(seat.number));
            }
        }
    }

    @Test
    void readerHoldsAfterTheWatermark() throws Exception {
        try (ScanRig rig = new ScanRig(options(), 1)) {
            rig.runUntilAllEnded();
            rig.deliver();
            ScanRig.Seat seat = rig.seats.get(0);
            seat.reader.notifyNoMoreSplits();

            assertThat(seat.reader.pollNext(seat)).isEqualTo(InputStatus.NOTHING_AVAILABLE);
            assertThat(seat.reader.isAvailable()).isNotDone();
            assertThat(seat.watermarks).hasSize(1);
        }
    }

    @Test
    void hugeDirectoryComesInNumberedPartsWithoutGap() throws Exception {
        tree.directory("huge").files("huge", "f", 10_007);

        Listings listings = ScanRig.readAll(options().withEntriesPerListing(1000));

        List<Listing> parts = listings.complete("huge").get(0);
        assertThat(parts).hasSize(11);
        assertThat(parts).extracting(Listing::id).containsOnly(parts.get(0).id());
        assertThat(parts).extracting(Listing::unsteady).containsOnly(false);
        assertThat(listings.names()).isEqualTo(Find.names(tree.root()));
    }

    @Test
    void directoryOfExactlyOneListingIsWhole() throws Exception {
        tree.files("", "f", 10);

        assertThat(ScanRig.readAll(options().withEntriesPerListing(10)).whole("").count())
                .isEqualTo(10);
    }

    @Test
    void longTargetsCloseAPartBeforeItsCountDoes() throws Exception {
        for (int i = 0; i < 300; i++) {
            tree.symlink("link" + i, "t".repeat(4000));
        }

        List<Listing> parts = ScanRig.readAll(options()).complete("").get(0);

        assertThat(parts).hasSize(2);
        assertThat(parts.get(0).entries().length)
                .isLessThan(DirectoryScan.PART_BYTES + 2 * Posix.PATH_MAX);
    }

    @Test
    void directoryThatChangesBetweenItsPartsIsUnsteady() throws Exception {
        tree.files("", "f", 50);
        ScanOptions small = options().withEntriesPerListing(10);
        try (ScanRig rig = new ScanRig(small, 1, ONE_PART, null)) {
            // The root's own entry and one part: the walker stands before the full queue.
            rig.emit(2);
            tree.remove("f7");
            rig.runUntilAllEnded();

            List<Listing> parts = rig.listings().complete("").get(0);
            assertThat(parts).hasSizeGreaterThan(2);
            assertThat(parts.get(parts.size() - 1).unsteady()).isTrue();
            assertThat(parts.get(parts.size() - 1).errno()).isZero();
        }
    }

    @Test
    void fileThatChangesDoesNotMakeItsDirectoryUnsteady() throws Exception {
        tree.files("", "f", 50);
        ScanOptions small = options().withEntriesPerListing(10);
        try (ScanRig rig = new ScanRig(small, 1, ONE_PART, null)) {
            rig.emit(2);
            tree.chmod("f7", 0600);
            rig.runUntilAllEnded();

            List<Listing> parts = rig.listings().complete("").get(0);
            assertThat(parts.get(parts.size() - 1).unsteady()).isFalse();
        }
    }

    @Test
    void nameThatVanishesAfterItWasListedCarriesEnoent() throws Exception {
        tree.files("", "f", 50);
        // One walker, which looks at a name when it comes to it.
        ScanOptions small = ScanOptions.of(tree.root(), 1, 1).withEntriesPerListing(10);
        try (ScanRig rig = new ScanRig(small, 1, ONE_PART, null)) {
            rig.emit(2);
            for (int i = 0; i < 50; i++) {
                tree.remove("f" + i);
            }
            rig.runUntilAllEnded();

            Listing last = rig.listings().complete("").get(0).get(4);
            EntryCursor cursor = last.cursor();
            while (cursor.next()) {
                assertThat(cursor.errno()).isEqualTo(Errno.ENOENT);
            }
            assertThat(last.count()).isEqualTo(10);
        }
    }

    @Test
    void deepTreeBeyondPathMaxIsReadToItsEnd() throws Exception {
        tree.file(tree.levels("level", 3000) + "/bottom");

        Listings listings = ScanRig.readAll(options());

        assertThat(listings.directories()).hasSize(3002);
        assertThat(listings.names()).isEqualTo(Find.names(tree.root()));
    }

    @Test
    void ownDirectoryIsNamedButNotEntered() throws Exception {
        tree.directory("archive").file("archive/stream").directory("other");
        Statx stat = new Statx();
        int fd = tree.openDirectory(bytes("archive"));
        Posix.stat(fd, stat);
        Posix.close(fd);

        Listings listings = ScanRig.readAll(options().withOwn(Set.of(FileIdentity.of(stat))));

        assertThat(listings.kinds("")).isEqualTo(Map.of("archive", "OWN", "other", "PRESENT"));
        assertThat(listings.directories()).containsExactly("", "/", "other");
    }

    @Test
    void mountPointIsNamedButNotEnteredUnlessTold() throws Exception {
        assumeThat(Privileges.canMount()).as("may make a mount namespace").isTrue();
        tree.directory("mounted").file("mounted/below").directory("other");
        byte[] mounted = bytes(new String(tree.root(), StandardCharsets.UTF_8) + "/mounted");

        Privileges.inMountNamespace(
                () -> {
                    Privileges.mountTmpfs(mounted);
                    // Not through the tree's own descriptor, which stays in the old namespace.
                    byte[] above = bytes(new String(mounted, StandardCharsets.UTF_8) + "/above");
                    Posix.mknodOrErrno(Posix.AT_FDCWD, above, 0100644, 0, 0);

                    Listings kept = ScanRig.readAll(options());
                    assertThat(kept.kinds(""))
                            .isEqualTo(Map.of("mounted", "MOUNT", "other", "PRESENT"));
                    assertThat(kept.directories()).containsExactly("", "/", "other");

                    Listings crossed = ScanRig.readAll(options().withCrossMounts(true));
                    assertThat(crossed.kinds("mounted")).isEqualTo(Map.of("above", "PRESENT"));
                    return null;
                });
    }

    @Test
    void mountThatAppearsAfterItsParentWasReadIsNotEntered() throws Exception {
        assumeThat(Privileges.canMount()).as("may make a mount namespace").isTrue();
        tree.directory("late").file("late/below");
        byte[] late = bytes(new String(tree.root(), StandardCharsets.UTF_8) + "/late");

        Listing listing =
                Privileges.inMountNamespace(
                        () -> {
                            Privileges.mountTmpfs(late);
                            return readOnly("late");
                        });

        assertThat(listing.errno()).isEqualTo(Errno.EXDEV);
    }

    @Test
    void unreadableDirectoryFailsAloneWithItsErrno() throws Exception {
        tree.directory("open").file("open/f").directory("shut").file("shut/f").chmod("shut", 0);
        Listings before = Privileges.isRoot() ? ScanRig.readAll(options()) : null;
        Listings listings =
                Privileges.isRoot()
                        ? Privileges.asNobody(() -> ScanRig.readAll(options()))
                        : ScanRig.readAll(options());
        tree.chmod("shut", 0700);

        if (before != null) {
            assertThat(before.whole("shut").count()).isEqualTo(1);
        }
        assertThat(listings.whole("shut").errno()).isEqualTo(Errno.EACCES);
        assertThat(listings.whole("shut").count()).isZero();
        assertThat(listings.whole("open").count()).isEqualTo(1);
    }

    @Test
    void directoryThatVanishedSinceItsParentWasReadFailsWithEnoent() throws Exception {
        assertThat(readOnly("vanished").errno()).isEqualTo(Errno.ENOENT);
    }

    @Test
    void linkInTheWayIsNotFollowed() throws Exception {
        tree.directory("real").directory("real/sub").symlink("swapped", "real");

        assertThat(readOnly("swapped").errno()).isIn(Errno.ELOOP, Errno.ENOTDIR);
        assertThat(readOnly("swapped/sub").errno()).isEqualTo(Errno.ELOOP);
    }

    @Test
    void anotherDirectoryUnderTheSameNameIsListedAsItIsNow() throws Exception {
        tree.directory("store");
        for (int i = 0; i < 4; i++) {
            tree.directory("d" + i).directory("store/r" + i).file("store/r" + i + "/now");
        }
        try (ScanRig rig = new ScanRig(oneWorker(), 1, ONE_PART, null)) {
            rig.emit(1);
            // The root has been read, and while its listing fills the queue the one walker can get
            // no further than one of its directories.
            rig.seats.get(0).reader.isAvailable().get(60, TimeUnit.SECONDS);
            for (int i = 0; i < 4; i++) {
                tree.rename("store/r" + i, "d" + i);
            }
            rig.runUntilAllEnded();

            Listings listings = rig.listings();
            int asNow = 0;
            for (int i = 0; i < 4; i++) {
                asNow += listings.whole("d" + i).count();
            }
            assertThat(asNow).isBetween(3, 4);
        }
    }

    @Test
    void missingRootIsOneClearLine() {
        ScanOptions missing = ScanOptions.of(bytes("/nowhere/at all"), 1, 1);

        assertThatThrownBy(() -> ScanRig.readAll(missing))
                .hasRootCauseInstanceOf(SluiceException.class)
                .rootCause()
                .hasMessageStartingWith(
                        "cannot open the root '/nowhere/at all' of the scan: no such file or"
                                + " directory (ENOENT)")
                .hasMessageNotContaining("\n");
    }

    @Test
    void closeEndsWalkersThatWaitForRoom() throws Exception {
        tree.directory("a").files("a", "f", 100).directory("b").files("b", "f", 100);
        ScanRig rig = new ScanRig(options().withEntriesPerListing(1), 1, ONE_PART, null);
        rig.emit(5);
        assertThat(liveWalkers()).hasSize(2);

        long start = System.nanoTime();
        rig.close();

        assertThat(liveWalkers()).isEmpty();
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)).isLessThan(2000);
    }

    @Test
    void closeEndsWalkersThatWaitForWork() throws Exception {
        ScanRig rig = new ScanRig(options(), 1);
        rig.runUntilAllEnded();
        rig.close();

        assertThat(liveWalkers()).isEmpty();
    }

    private ScanOptions oneWorker() {
        return ScanOptions.of(tree.root(), 7, 1);
    }

    private static List<Thread> liveWalkers() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("sluice-walker-"))
                .toList();
    }

    /** What the walk says of a directory that it takes for one. */
    private Listing readOnly(String path) throws Exception {
        DirectorySplit split = new DirectorySplit(List.of(bytes(path)), SentCounts.NONE);
        ScanRig.Snapshot only =
                new ScanRig.Snapshot(
                        new io.sluice.scan.enumerator.ScanState(List.of(split)),
                        List.of(List.of()));
        try (ScanRig rig = new ScanRig(options(), 1, WalkBounds.DEFAULT, only)) {
            rig.runUntilAllEnded();
            return rig.listings().whole(path);
        }
    }
}
