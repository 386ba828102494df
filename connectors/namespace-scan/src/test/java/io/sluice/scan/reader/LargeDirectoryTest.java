package io.sluice.scan.reader;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.change.Listing;
import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.pattern.Excludes;
import io.sluice.common.pattern.IgnorePatterns;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.RawTree;
import io.sluice.scan.ScanOptions;
import io.sluice.scan.enumerator.ScanState;
import io.sluice.scan.split.DirectorySplit;
import io.sluice.scan.split.SentCounts;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class LargeDirectoryTest {
    private RawTree tree;

    @BeforeEach
    void makeTree() throws Exception {
        tree = new RawTree();
    }

    @AfterEach
    void removeTree() throws Exception {
        tree.close();
    }

    /** Names of every kind, so many that several buffers of the kernel's are needed. */
    private void makeNames() throws Exception {
        tree.files("", "file", 9_000);
        for (int i = 0; i < 500; i++) {
            tree.directory("dir" + i).file("dir" + i + "/inside").symlink("link" + i, "to" + i);
        }
    }

    @Test
    void manyWalkersSeeInOneDirectoryWhatOneSees() throws Exception {
        makeNames();
        ScanRig.readAll(ScanOptions.of(tree.root(), 1, 1));
        TreeMap<String, String> one =
                new TreeMap<>(ScanRig.readAll(ScanOptions.of(tree.root(), 1, 1)).looks());
        assertThat(one).hasSize(1 + 9_000 + 3 * 500);
        for (int perListing : new int[] {1, 7, 100, 4096, 100_000}) {
            ScanOptions many = ScanOptions.of(tree.root(), 1, 8).withEntriesPerListing(perListing);
            // Whether another walker has come up before the first is through is the scheduler's.
            long shared = 0;
            for (int tries = 0; shared == 0 && tries < 20; tries++) {
                try (ScanRig rig = new ScanRig(many, 1)) {
                    rig.runUntilAllEnded();
                    assertThat(rig.listings().looks())
                            .as("%s a listing", perListing)
                            .isEqualTo(one);
                    shared = rig.seats.get(0).reader.walk().shared();
                    for (Listing part : rig.listings().complete("").get(0)) {
                        assertThat(part.count()).isLessThanOrEqualTo(perListing);
                    }
                    assertThat(rig.totals().names()).isEqualTo(one.size());
                }
            }
            assertThat(shared).as("%s a listing", perListing).isPositive();
        }
    }

    /** Walkers wait for each other there, and must not while they have the only turn. */
    @Test
    @Timeout(120)
    void oneWalkerAtATimeSeesWhatManySee(@TempDir Path elsewhere) throws Exception {
        makeNames();
        Path throttle = Files.writeString(elsewhere.resolve("t"), "threads = 1\npause_ms = 1\n");
        ScanOptions options = ScanOptions.of(tree.root(), 1, 8).withEntriesPerListing(100);
        ScanRig.readAll(options);
        Listings free = ScanRig.readAll(options);
        try (ScanRig rig = new ScanRig(options.withThrottle(bytes(throttle.toString())), 2)) {
            rig.runUntilAllEnded();
            assertThat(rig.listings().looks().equals(free.looks())).isTrue();
        }
    }

    @Test
    void patternsHoldForAllWalkersOfADirectory() throws Exception {
        makeNames();
        Excludes excludes =
                new Excludes(
                        IgnorePatterns.of(List.of(bytes("file*7"), bytes("dir1*/"))), List.of());
        Listings one = ScanRig.readAll(ScanOptions.of(tree.root(), 1, 1).withExcludes(excludes));
        Listings many = ScanRig.readAll(ScanOptions.of(tree.root(), 1, 8).withExcludes(excludes));

        assertThat(many.names()).isEqualTo(one.names());
        assertThat(one.names())
                .noneMatch(name -> name.endsWith("file17") || name.endsWith("dir12"));
    }

    @Test
    void stackKeepsItsBoundBelowADirectoryOfVeryManyDirectories() throws Exception {
        for (int i = 0; i < 3_000; i++) {
            tree.directory("d" + i).file("d" + i + "/f");
        }
        WalkBounds bounds = WalkBounds.DEFAULT.withStack(50, 20);
        ScanOptions options = ScanOptions.of(tree.root(), 1, 1).withEntriesPerListing(100);
        try (ScanRig rig = new ScanRig(options, 1, bounds, null)) {
            rig.runUntilAllEnded();
            Walk walk = rig.seats.get(0).reader.walk();

            assertThat(rig.listings().directories()).hasSize(3_002);
            assertThat(walk.stack().most()).isGreaterThan(1_000);
            assertThat(walk.stack().mostInMemory()).isLessThanOrEqualTo(51);
            assertThat(walk.stack().spilled()).isZero();
        }
    }

    /** A checkpoint names the directory, not the thousands of subdirectories that wait. */
    @Test
    void checkpointBelowADirectoryOfVeryManyDirectoriesIsSmall() throws Exception {
        for (int i = 0; i < 1_000; i++) {
            tree.directory("d" + i).file("d" + i + "/f");
        }
        WalkBounds bounds = WalkBounds.DEFAULT.withQueue(1, 1).withStack(50, 20);
        ScanOptions options = ScanOptions.of(tree.root(), 1, 1).withEntriesPerListing(100);
        ScanRig.Snapshot snapshot;
        try (ScanRig rig = new ScanRig(options, 1, bounds, null)) {
            rig.emit(30);
            rig.rest();
            assertThat(rig.seats.get(0).reader.walk().stack().spilled()).isPositive();
            snapshot = rig.snapshot();
        }
        assertThat(snapshot.readers().get(0).get(0).directories()).hasSizeLessThan(5);
        try (ScanRig rig = new ScanRig(options, 1, bounds, snapshot)) {
            rig.runUntilAllEnded();
            assertThat(rig.listings().names()).hasSize(2_000);
        }
    }

    @Test
    void namesThatComeAndGoDoNotHideOthers() throws Exception {
        makeNames();
        ScanOptions options = ScanOptions.of(tree.root(), 1, 4).withEntriesPerListing(50);
        WalkBounds bounds = WalkBounds.DEFAULT.withQueue(1, 1);
        try (ScanRig rig = new ScanRig(options, 1, bounds, null)) {
            for (int i = 0; i < 100; i++) {
                rig.emit(1);
                tree.file("new" + i).remove("file" + 2 * i).directory("later" + i);
            }
            rig.runUntilAllEnded();
            SortedMap<String, String> looks = rig.listings().looks();
            for (int i = 201; i < 9_000; i++) {
                assertThat(looks).containsKey("file" + i);
            }
            List<Listing> parts = rig.listings().complete("").get(0);
            assertThat(parts.get(parts.size() - 1).unsteady()).isTrue();
        }
    }

    /** The kernel gives names of a removed directory no more: ENOENT, behind those it has given. */
    @Test
    void listingThatBreaksOffKeepsItsNamesAndSaysWhy() throws Exception {
        tree.directory("d").files("d", "file", 12_000);
        ScanOptions options = ScanOptions.of(tree.root(), 1, 1).withEntriesPerListing(100);
        try (ScanRig rig = new ScanRig(options, 1, WalkBounds.DEFAULT.withQueue(1, 1), null)) {
            rig.emit(10);
            for (int i = 0; i < 12_000; i++) {
                tree.remove("d/file" + i);
            }
            tree.removeDirectory("d");
            rig.runUntilAllEnded();

            List<Listing> parts = rig.listings().complete("d").get(0);
            Listing last = parts.get(parts.size() - 1);
            assertThat(last.errno()).isEqualTo(Errno.ENOENT);
            assertThat(last.parts()).isEqualTo(parts.size()).isLessThan(120);
            assertThat(parts.get(0).count()).isEqualTo(100);
            assertThat(rig.totals().unreadableDirectories()).isEqualTo(1);
        }
    }

    /** As after a failure that left the directory with both: each reading stands for itself. */
    @Test
    void twoReadersOfOneDirectoryEachListItWhole() throws Exception {
        makeNames();
        ScanOptions options = ScanOptions.of(tree.root(), 1, 2).withEntriesPerListing(100);
        DirectorySplit root = new DirectorySplit(List.of(DirectoryPath.ROOT), SentCounts.NONE);
        ScanRig.Snapshot both =
                new ScanRig.Snapshot(
                        new ScanState(List.of()), List.of(List.of(root), List.of(root)));
        WalkBounds bounds = WalkBounds.DEFAULT.withQueue(2, 1 << 20);
        try (ScanRig rig = new ScanRig(options, 2, bounds, both)) {
            rig.runUntilAllEnded();
            List<List<Listing>> readings = rig.listings().complete("");
            assertThat(readings).hasSize(2);
            for (List<Listing> reading : readings) {
                assertThat(reading.stream().mapToLong(Listing::count).sum()).isEqualTo(10_000);
            }
            assertThat(readings.get(0).get(0).id()).isNotEqualTo(readings.get(1).get(0).id());
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
