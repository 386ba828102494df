package io.sluice.restore;

import io.sluice.common.SluiceException;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Reads a whole round, every shard at once: compares all checksums, counts entries against the
 * receipts, and compares each entry with a live tree where there is one. An object serves one
 * verification.
 */
public final class Verifier {
    private final VerifyTally tally;

    public Verifier(VerifyListener listener) {
        this.tally = new VerifyTally(listener);
    }

    /**
     * Compares the round with itself.
     *
     * @throws IOException when a stream cannot be read, damage apart
     * @throws InterruptedException when the calling thread is interrupted
     */
    public VerifyReport run(RoundStreams streams) throws IOException, InterruptedException {
        read(streams, Winners.ALL, null, null, null, new RestoreEnd(null));
        return tally.report();
    }

    /**
     * Compares the round with itself and with a live tree. Of a chain, all records are compared
     * with themselves, and those with the live tree that count.
     *
     * @throws SluiceException when there is no live tree
     * @throws IOException also when sorting cannot spill
     */
    public VerifyReport run(RoundStreams streams, LiveComparison comparison)
            throws IOException, InterruptedException {
        try (Target root = Target.openExisting(comparison.live())) {
            RestoreEnd end = new RestoreEnd(root);
            try (SharedFiles shared = new SharedFiles(comparison.spillDirectory());
                    Winners winners =
                            Winners.decide(
                                    streams,
                                    Selection.everything(),
                                    shared,
                                    comparison.spillDirectory(),
                                    end,
                                    tally::doubt)) {
                compareShared(shared, winners, root);
                if (!comparison.extra()) {
                    read(streams, winners, root, null, comparison.spillDirectory(), end);
                    return tally.report();
                }
                try (SpillSorter names =
                        new SpillSorter(
                                comparison.spillDirectory(), SpillSorter.DEFAULT_RUN_BYTES)) {
                    read(streams, winners, root, names, comparison.spillDirectory(), end);
                    new LiveNames(root, comparison, tally).compare(names);
                }
            }
            return tally.report();
        }
    }

    /** Names that a restore makes one file, though they stand in different streams. */
    private void compareShared(SharedFiles shared, Winners winners, Target root)
            throws IOException, InterruptedException {
        try (LiveEntry live = new LiveEntry(root, null, null, tally, 1)) {
            shared.compare(
                    winners,
                    (path, other) -> {
                        if (live.areTwo(path, other)) {
                            LinkChecks.differ(path, other, tally);
                        }
                    });
        }
        shared.close();
    }

    private void read(
            RoundStreams streams,
            Winners winners,
            Target root,
            SpillSorter names,
            Path spillDirectory,
            RestoreEnd end)
            throws IOException, InterruptedException {
        ShardThreads.run(
                streams.shards(),
                shard -> read(shard, streams, winners, root, names, spillDirectory, end),
                end::stop);
    }

    private void read(
            int shard,
            RoundStreams streams,
            Winners winners,
            Target root,
            SpillSorter names,
            Path spillDirectory,
            RestoreEnd end)
            throws IOException {
        Winners.Cursor cursor = winners.cursor(shard, tally::damagedSegment);
        if (root == null) {
            read(shard, streams, new CheckingHandler(null, cursor, tally, end), cursor);
            return;
        }
        int atOnce = ShardThreads.atOnce(streams.shards());
        try (LinkChecks links =
                        streams.rounds() == 1 ? null : new LinkChecks(spillDirectory, tally);
                LiveEntry live = new LiveEntry(root, names, links, tally, atOnce)) {
            read(shard, streams, new CheckingHandler(live, cursor, tally, end), cursor);
            if (links != null) {
                links.settle(streams, shard, winners, live, end);
            }
        }
    }

    private static void read(
            int shard, RoundStreams streams, CheckingHandler handler, Winners.Cursor cursor)
            throws IOException {
        streams.read(shard, handler, cursor);
        handler.finish(shard, streams.entries(shard));
    }
}
