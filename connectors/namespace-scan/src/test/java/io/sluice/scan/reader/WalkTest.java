package io.sluice.scan.reader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.posix.RawTree;
import io.sluice.common.throttle.Turn;
import io.sluice.scan.ScanOptions;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class WalkTest {
    @Test
    void walkersErrorIsThrownToTheMailbox() throws Exception {
        try (RawTree tree = new RawTree()) {
            for (int i = 0; i < 10; i++) {
                tree.directory("d" + i);
            }
            ScanOptions options = ScanOptions.of(tree.root(), 1, 1);
            ScanRoot root = ScanRoot.open(options);
            Path noDirectory = Path.of("/dev/null/spill");
            Walk walk = new Walk(WalkBounds.DEFAULT.withStack(5, 1000), noDirectory);
            Thread walker = Walker.start(0, walk, root, options, Turn.FREE);
            walk.add(List.of(DirectoryPath.ROOT));
            walker.join();

            assertThatThrownBy(walk::poll)
                    .isInstanceOf(WalkFailedException.class)
                    .hasMessageContaining("a walker of the namespace scan failed")
                    .hasMessageContaining("cannot spill directories")
                    .hasMessageContaining("/dev/null/spill");
            assertThat(walk.isAvailable()).isDone();
            // What the stack has lost would be missing in a checkpoint.
            assertThatThrownBy(walk::unfinished).isInstanceOf(WalkFailedException.class);
            root.release();
        }
    }

    @Test
    void whoHasNothingInHandGivesUpNotItsLast() throws Exception {
        Walk walk = new Walk(WalkBounds.DEFAULT, Path.of("target"));
        walk.add(List.of(new byte[] {'a'}));
        assertThat(walk.giveUp(1, 1000, 1000)).isEmpty();
        walk.add(List.of(new byte[] {'b'}, new byte[] {'c'}));
        assertThat(walk.giveUp(2, 1000, 1000)).containsExactly(new byte[] {'a'});
        assertThat(walk.take()).isInstanceOf(DirectoryTask.class);
        assertThat(walk.giveUp(3, 1000, 1000)).containsExactly(new byte[] {'b'});
        assertThat(walk.unfinished()).hasSize(3);
        walk.acknowledge(2);
        walk.acknowledge(3);
        assertThat(walk.unfinished()).containsExactly(new byte[] {'c'});
        walk.close();
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
                WalkBounds bounds = WalkBounds.DEFAULT.withQueue(1 + i % 3, 1 + i * 100);
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
