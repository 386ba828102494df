package io.sluice.scan.reader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.common.posix.RawTree;
import io.sluice.scan.ScanOptions;
import java.util.Collections;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class WalkTest {
    @Test
    void walkersErrorIsThrownToTheMailbox() throws Exception {
        try (RawTree tree = new RawTree()) {
            ScanOptions options = ScanOptions.of(tree.root(), 1, 1);
            ScanRoot root = ScanRoot.open(options);
            Walk walk = new Walk(HandOverBounds.DEFAULT);
            Thread walker = Walker.start(0, walk, root, options);
            walk.add(Collections.singletonList(null));
            walk.isAvailable().get(60, TimeUnit.SECONDS);

            assertThatThrownBy(walk::poll)
                    .isInstanceOf(WalkFailedException.class)
                    .hasMessageContaining("a walker of the namespace scan failed")
                    .hasCauseInstanceOf(NullPointerException.class);
            assertThat(walk.isAvailable()).isDone();
            walker.join();
            root.release();
        }
    }

    /**
     * Each wait ends by a wake-up alone; one that were lost would hang until the rig's patience.
     */
    @Test
    void noWakeUpIsLostAndNoneIsForNothing() throws Exception {
        try (RawTree tree = new RawTree()) {
            for (int i = 0; i < 500; i++) {
                tree.directory("d" + i).directory("d" + i + "/e").file("d" + i + "/e/f");
            }
            for (int i = 0; i < 20; i++) {
                ScanOptions options =
                        ScanOptions.of(tree.root(), 1, 4).withEntriesPerListing(1 + i * 10);
                HandOverBounds bounds = new HandOverBounds(1 + i % 3, 1 + i * 100);
                try (ScanRig rig = new ScanRig(options, 1, bounds, null)) {
                    rig.runUntilAllEnded();
                    ScanRig.Seat seat = rig.seats.get(0);
                    assertThat(rig.listings().directories()).hasSize(1002);
                    // At most one poll for each listing and one that finds nothing after it, and
                    // a few for messages.
                    assertThat(seat.polls).isLessThanOrEqualTo(2 * seat.changes.size() + 10);
                }
            }
        }
    }
}
