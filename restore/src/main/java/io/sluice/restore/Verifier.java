package io.sluice.restore;

import io.sluice.common.SluiceException;
import java.io.IOException;

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
        read(streams, null, null);
        return tally.report();
    }

    /**
     * Compares the round with itself and with a live tree.
     *
     * @throws SluiceException when there is no live tree
     * @throws IOException also when sorting cannot spill
     */
    public VerifyReport run(RoundStreams streams, LiveComparison comparison)
            throws IOException, InterruptedException {
        try (Target root = Target.openExisting(comparison.live())) {
            if (!comparison.extra()) {
                read(streams, root, null);
                return tally.report();
            }
            try (SpillSorter names =
                    new SpillSorter(comparison.spillDirectory(), SpillSorter.DEFAULT_RUN_BYTES)) {
                read(streams, root, names);
                new LiveNames(root, comparison, tally).compare(names);
            }
            return tally.report();
        }
    }

    private void read(RoundStreams streams, Target root, SpillSorter names)
            throws IOException, InterruptedException {
        RestoreEnd end = new RestoreEnd(root);
        ShardThreads.run(
                streams.shards(), shard -> read(shard, streams, root, names, end), end::stop);
    }

    private void read(
            int shard, RoundStreams streams, Target root, SpillSorter names, RestoreEnd end)
            throws IOException {
        int atOnce = ShardThreads.atOnce(streams.shards());
        try (LiveEntry live = root == null ? null : new LiveEntry(root, names, tally, atOnce)) {
            CheckingHandler handler = new CheckingHandler(live, tally, end);
            streams.read(shard, handler, tally::damagedSegment);
            handler.finish(shard, streams.entries(shard));
        }
    }
}
