package io.sluice.scan.reader;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.change.Change;
import io.sluice.common.change.Listing;
import io.sluice.common.posix.RawTree;
import io.sluice.common.testing.Seeds;
import io.sluice.scan.ScanOptions;
import io.sluice.scan.enumerator.ScanState;
import io.sluice.scan.event.GivenUp;
import io.sluice.scan.split.DirectorySplit;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import org.apache.flink.api.connector.source.SourceEvent;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Readers that share a walk, with checkpoints at any moment of it and failures between: whatever
 * happens, each name is found, as an undisturbed walk finds it.
 *
 * <p>One thread decides by a seed what happens next: a reader emits a listing, a message arrives, a
 * checkpoint begins, the clock moves, everything fails. After each step it waits until the walkers
 * have gone as far as they can. What Flink promises is kept:
 *
 * <ul>
 *   <li>Messages from the enumerator to a reader arrive in order, those back too.
 *   <li>The enumerator's part of a checkpoint is taken first; what it sent before arrives before
 *       the reader's barrier, what it sends afterwards arrives behind it.
 *   <li>What a reader sent before its barrier may arrive at the enumerator behind its part.
 *   <li>When tasks fail, readers go back to the last complete checkpoint and the enumerator does
 *       not; it gets back what it assigned since then. When the job fails, all go back.
 *   <li>What a reader emitted behind the barrier is taken back with it, since the index goes back
 *       too.
 * </ul>
 */
class SharedWalkTest {
    private static final int SEEDS = 200;

    private static RawTree tree;
    private static SortedMap<String, String> undisturbed;

    @BeforeAll
    static void makeTree() throws Exception {
        tree = new RawTree();
        for (int i = 0; i < 12; i++) {
            tree.directory("d" + i)
                    .files("d" + i, "f", i * 3)
                    .symlink("d" + i + "/l", "nowhere" + i);
            for (int j = 0; j < i; j++) {
                String sub = "d" + i + "/s" + j;
                tree.directory(sub).files(sub, "f", j).directory(sub + "/deep");
                tree.directory(sub + "/deep/deeper");
            }
        }
        StringBuilder deep = new StringBuilder("deep");
        for (int i = 0; i < 40; i++) {
            tree.directory(deep.toString()).directory(deep + "/side");
            deep.append("/deep");
        }
        ScanOptions options = ScanOptions.of(tree.root(), 1, 1);
        // The first walk sets access times, which the kernel does not set again for a day.
        ScanRig.readAll(options);
        undisturbed = ScanRig.readAll(options).looks();
    }

    @AfterAll
    static void removeTree() throws Exception {
        tree.close();
    }

    @Test
    void noNameIsLostWhateverFails() throws Exception {
        long first = Long.getLong("sluice.seed", System.nanoTime());
        System.out.println("SharedWalkTest seeds from " + first);
        Tracks all = new Tracks();
        for (long seed = first; seed < first + SEEDS; seed++) {
            new Round(seed, all).run();
        }
        System.out.println(all);
        assertThat(all.jobFailures).isGreaterThan(SEEDS / 4);
        assertThat(all.taskFailures).isGreaterThan(SEEDS / 4);
        assertThat(all.checkpoints).isGreaterThan(SEEDS);
        assertThat(all.givenUp).isGreaterThan(SEEDS);
        assertThat(all.spilled).isGreaterThan(SEEDS / 10);
    }

    /** What happened, to see that the test tests something. */
    private static final class Tracks {
        int jobFailures;
        int taskFailures;
        int checkpoints;
        int givenUp;
        int spilled;
        int repeated;

        @Override
        public String toString() {
            return jobFailures
                    + " failures of jobs, "
                    + taskFailures
                    + " of tasks, "
                    + checkpoints
                    + " checkpoints, "
                    + givenUp
                    + " directories handed over, "
                    + spilled
                    + " walks with a spilled stack, "
                    + repeated
                    + " repeated listings";
        }
    }

    /** A reader's part of a checkpoint, and how much it had emitted. */
    private record Part(List<DirectorySplit> splits, int changes, int watermarks) {}

    private static final class Checkpoint {
        final ScanState enumerator;

        /** How many splits each reader had been given when it began. */
        final List<Integer> assigned = new ArrayList<>();

        final List<Part> parts = new ArrayList<>();
        int missing;

        Checkpoint(ScanState enumerator) {
            this.enumerator = enumerator;
        }
    }

    private static final class Round {
        private final String name;
        private final Random random;
        private final Tracks tracks;
        private final ScanOptions options;
        private final WalkBounds bounds;
        private final int parallelism;

        private ScanRig rig;
        private long now;
        private Checkpoint running;
        private Checkpoint completed;
        private boolean spilled;

        /** What each reader had emitted when the job began anew. */
        private final List<List<Change>> kept = new ArrayList<>();

        Round(long seed, Tracks tracks) {
            name = "seed " + seed;
            random = Seeds.random(seed);
            this.tracks = tracks;
            parallelism = 2 + random.nextInt(7);
            int workers = random.nextInt(4) == 0 ? 3 : 1;
            options =
                    ScanOptions.of(tree.root(), 3, workers)
                            .withEntriesPerListing(1 + random.nextInt(20));
            bounds =
                    WalkBounds.DEFAULT
                            .withQueue(1 + random.nextInt(4), 5000)
                            .withStack(2 + random.nextInt(20), 1 + random.nextInt(12));
            for (int i = 0; i < parallelism; i++) {
                kept.add(new ArrayList<>());
            }
        }

        void run() throws Exception {
            rig = new ScanRig(options, parallelism, bounds, null, () -> now);
            try {
                for (int failures = random.nextInt(4); failures > 0; failures--) {
                    for (int steps = random.nextInt(700); steps > 0; steps--) {
                        step();
                    }
                    if (random.nextBoolean()) {
                        failJob();
                    } else {
                        failTasks();
                    }
                }
                while (!rig.isSilent() || !rig.seats.stream().allMatch(ScanRig.Seat::hasEnded)) {
                    step();
                }
                check();
            } finally {
                rig.close();
            }
        }

        private void step() throws Exception {
            rig.rest();
            int reader = random.nextInt(parallelism);
            switch (random.nextInt(20)) {
                case 0 -> begin();
                case 1 -> now += 400_000_000L;
                case 2, 3, 4, 5, 6 -> rig.deliver(reader, true);
                case 7, 8, 9, 10, 11 -> rig.deliver(reader, false);
                default -> rig.seats.get(reader).reader.pollNext(rig.seats.get(reader));
            }
            rig.rest();
            if (rig.seats.get(reader).reader.walk().stack().spilled() > 0) {
                spilled = true;
            }
        }

        private void begin() throws Exception {
            if (running != null) {
                return;
            }
            Checkpoint checkpoint = new Checkpoint(rig.enumeratorSnapshot());
            checkpoint.missing = parallelism;
            running = checkpoint;
            for (ScanRig.Seat seat : rig.seats) {
                checkpoint.assigned.add(seat.assigned.size());
                checkpoint.parts.add(null);
                rig.send(seat.number, true, () -> barrier(checkpoint, seat));
            }
        }

        private void barrier(Checkpoint checkpoint, ScanRig.Seat seat) throws Exception {
            Part part = new Part(seat.snapshot(), seat.changes.size(), seat.watermarks.size());
            checkpoint.parts.set(seat.number, part);
            checkpoint.missing--;
            if (checkpoint.missing == 0) {
                completed = checkpoint;
                running = null;
                tracks.checkpoints++;
            }
        }

        /** Readers go back, the enumerator stays. */
        private void failTasks() throws Exception {
            tracks.taskFailures++;
            countGivenUp();
            rig.fail();
            running = null;
            for (ScanRig.Seat seat : rig.seats) {
                Part part = completed == null ? null : completed.parts.get(seat.number);
                int before = completed == null ? 0 : completed.assigned.get(seat.number);
                List<DirectorySplit> back =
                        List.copyOf(seat.assigned.subList(before, seat.assigned.size()));
                List<Change> changes =
                        part == null
                                ? List.of()
                                : List.copyOf(seat.changes.subList(0, part.changes()));
                // What comes back counts as given from now on only when it is given again.
                seat.assigned.subList(before, seat.assigned.size()).clear();
                seat.failOver(part == null ? List.of() : part.splits(), back);
                seat.changes.addAll(changes);
            }
        }

        /** All go back. */
        private void failJob() throws Exception {
            tracks.jobFailures++;
            countGivenUp();
            ScanRig.Snapshot snapshot = null;
            if (completed != null) {
                List<List<DirectorySplit>> readers =
                        completed.parts.stream().map(Part::splits).toList();
                snapshot = new ScanRig.Snapshot(completed.enumerator, readers);
            }
            for (ScanRig.Seat seat : rig.seats) {
                List<Change> changes = kept.get(seat.number);
                if (completed != null) {
                    int emitted = completed.parts.get(seat.number).changes();
                    changes.addAll(seat.changes.subList(0, emitted));
                } else {
                    changes.clear();
                }
            }
            rig.close();
            rig = new ScanRig(options, parallelism, bounds, snapshot, () -> now);
            running = null;
            if (completed != null) {
                // The same checkpoint, as the new job sees it.
                Checkpoint same = new Checkpoint(completed.enumerator);
                for (Part part : completed.parts) {
                    same.assigned.add(0);
                    same.parts.add(new Part(part.splits(), 0, 0));
                }
                completed = same;
            }
        }

        private void countGivenUp() {
            for (ScanRig.Seat seat : rig.seats) {
                for (SourceEvent event : seat.events) {
                    if (event instanceof GivenUp given) {
                        tracks.givenUp += given.directories().size();
                    }
                }
                seat.events.clear();
            }
        }

        private void check() throws Exception {
            countGivenUp();
            tracks.spilled += spilled ? 1 : 0;
            Listings listings = new Listings();
            long directories = 0;
            for (ScanRig.Seat seat : rig.seats) {
                assertThat(seat.watermarks).as(name).containsExactly(3L);
                kept.get(seat.number).addAll(seat.changes);
                for (Change change : kept.get(seat.number)) {
                    listings.add(change);
                    if (change instanceof Listing listing) {
                        directories += listing.isLast() ? 1 : 0;
                    }
                }
            }
            long names = listings.countOfNames();
            assertThat(listings.looks()).as(name).isEqualTo(undisturbed);
            assertThat(rig.totals().directories()).as(name).isEqualTo(directories);
            assertThat(rig.totals().names()).as(name).isEqualTo(names);
            tracks.repeated += (int) directories - listings.directories().size();
        }
    }
}
