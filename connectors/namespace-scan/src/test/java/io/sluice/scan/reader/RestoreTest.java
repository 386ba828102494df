package io.sluice.scan.reader;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.change.Change;
import io.sluice.common.change.SourceTotals;
import io.sluice.common.posix.RawTree;
import io.sluice.scan.ScanOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RestoreTest {
    private static final int ROUNDS = 60;

    private RawTree tree;
    private TreeSet<String> expected;

    @BeforeEach
    void makeTree() throws Exception {
        tree = new RawTree();
        for (int i = 0; i < 8; i++) {
            tree.directory("d" + i).files("d" + i, "f", i * 7);
            for (int j = 0; j < i; j++) {
                String sub = "d" + i + "/s" + j;
                tree.directory(sub).files(sub, "f", j * 5).directory(sub + "/deep");
            }
        }
        expected = Find.names(tree.root());
    }

    @AfterEach
    void removeTree() throws Exception {
        tree.close();
    }

    /**
     * The whole job goes back to a checkpoint, several times: what was emitted before the last
     * checkpoint and what comes after it is everything, each directory once, and the totals say so.
     */
    @Test
    void checkpointAndWhatFollowsItAreTheWholeTree() throws Exception {
        long seed = System.nanoTime();
        System.out.println("RestoreTest seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < ROUNDS; round++) {
            check(random, "seed " + seed + " round " + round);
        }
    }

    private void check(Random random, String description) throws Exception {
        ScanOptions options =
                ScanOptions.of(tree.root(), 3, 1 + random.nextInt(3))
                        .withEntriesPerListing(1 + random.nextInt(20));
        WalkBounds bounds = WalkBounds.DEFAULT.withQueue(1 + random.nextInt(8), 2000);
        int parallelism = 1 + random.nextInt(3);
        List<Change> kept = new ArrayList<>();
        ScanRig.Snapshot snapshot = null;
        for (int life = random.nextInt(5); life > 0; life--) {
            try (ScanRig rig = new ScanRig(options, parallelism, bounds, snapshot)) {
                rig.emit(random.nextInt(40));
                snapshot = rig.snapshot();
                rig.seats.forEach(seat -> kept.addAll(seat.changes));
                // These are lost with the failure, and emitted again.
                rig.emit(random.nextInt(40));
            }
        }
        try (ScanRig rig = new ScanRig(options, parallelism, bounds, snapshot)) {
            rig.runUntilAllEnded();
            rig.seats.forEach(seat -> kept.addAll(seat.changes));
            Listings listings = new Listings();
            kept.forEach(listings::add);
            assertThat(listings.names()).as(description).isEqualTo(expected);
            assertThat(listings.countOfNames()).as(description).isEqualTo(expected.size() + 1);
            SourceTotals totals = rig.totals();
            assertThat(totals.names()).as(description).isEqualTo(expected.size() + 1);
            assertThat(totals.directories())
                    .as(description)
                    .isEqualTo(listings.directories().size());
        }
    }

    /** One task goes back while the enumerator stays in the present. */
    @Test
    void readerThatFailsBeforeItsFirstCheckpointLosesNothing() throws Exception {
        ScanOptions options = ScanOptions.of(tree.root(), 3, 2);
        try (ScanRig rig = new ScanRig(options, 2)) {
            rig.emit(10);
            rig.seats
                    .get(0)
                    .failOver(List.of(), List.of(io.sluice.scan.split.DirectorySplit.whole()));
            rig.runUntilAllEnded();

            assertThat(rig.listings().names()).isEqualTo(expected);
        }
    }

    @Test
    void readerThatFailsAfterTheEndEndsAgain() throws Exception {
        ScanOptions options = ScanOptions.of(tree.root(), 3, 2);
        try (ScanRig rig = new ScanRig(options, 2)) {
            rig.runUntilAllEnded();
            SourceTotals before = rig.totals();
            ScanRig.Snapshot snapshot = rig.snapshot();
            rig.seats.get(0).failOver(snapshot.readers().get(0), List.of());
            rig.runUntilAllEnded();

            assertThat(rig.seats.get(0).watermarks).containsExactly(3L);
            assertThat(rig.seats.get(1).watermarks).containsExactly(3L);
            assertThat(rig.totals()).isEqualTo(before);
        }
    }
}
