package io.sluice.restore;

import io.sluice.ptcomm.archive.Damage;
import io.sluice.ptcomm.archive.DamageListener;
import io.sluice.ptcomm.codec.EntryHandler;
import io.sluice.ptcomm.codec.ForwardingHandler;
import io.sluice.ptcomm.codec.StreamEntry;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * Which records of a chain's streams count: of each path the youngest round's, see {@link
 * VersionChooser}. All streams are read once, without data; their records are sorted by path on
 * disk, and each that counts gets a bit by its place in its stream. A full round has no versions to
 * choose from: nothing is read, and every record counts.
 *
 * <p>Heap: a sorter's run, and 8 bytes for each segment. Disk: the sorted records, and one bit for
 * each record of the chain.
 */
final class Winners implements Closeable {
    /** Every record counts, as in a full round. */
    static final Winners ALL = new Winners(null, null, 0);

    /** Between two looks whether the thread is interrupted. */
    private static final int RECORDS_AT_ONCE = 1 << 12;

    /** Follows the reading of one stream; between the stream and whoever reads it. One thread. */
    interface Cursor extends DamageListener {
        /** The next record is told; whether it counts. */
        boolean next();
    }

    private final SpilledBits bits;

    /** For each stream and segment: the first bit; one number more ends the last segment. */
    private final long[][] firstBits;

    private final long stale;

    private Winners(SpilledBits bits, long[][] firstBits, long stale) {
        this.bits = bits;
        this.firstBits = firstBits;
        this.stale = stale;
    }

    /**
     * Reads the streams and decides.
     *
     * @param selection paths that it leaves out have no record that counts
     * @param shared takes the names of files that have several, also what the selection leaves out;
     *     null where nobody asks
     * @param spillDirectory an existing directory for sorting
     * @param doubts hears of what may not be the youngest version because of damage; one thread
     * @throws InterruptedException when the calling thread is interrupted
     */
    static Winners decide(
            RoundStreams streams,
            Selection selection,
            SharedFiles shared,
            Path spillDirectory,
            RestoreEnd end,
            Consumer<RestoreLine> doubts)
            throws IOException, InterruptedException {
        if (streams.rounds() == 1) {
            return ALL;
        }
        try (SpillSorter versions =
                new SpillSorter(spillDirectory, SpillSorter.DEFAULT_RUN_BYTES)) {
            VersionCollector[] collectors = new VersionCollector[streams.shards()];
            ChainLosses losses = new ChainLosses(streams.rounds());
            ShardThreads.run(
                    streams.shards(),
                    shard -> {
                        VersionCollector collector =
                                new VersionCollector(
                                        shard,
                                        streams.age(shard),
                                        selection,
                                        versions,
                                        shared,
                                        losses,
                                        end);
                        collectors[shard] = collector;
                        streams.read(shard, collector, collector);
                    },
                    end::stop);
            return decide(streams, collectors, versions, losses, spillDirectory, doubts);
        }
    }

    private static Winners decide(
            RoundStreams streams,
            VersionCollector[] collectors,
            SpillSorter versions,
            ChainLosses losses,
            Path spillDirectory,
            Consumer<RestoreLine> doubts)
            throws IOException, InterruptedException {
        long[][] firstBits = new long[collectors.length][];
        long count = 0;
        for (int shard = 0; shard < collectors.length; shard++) {
            long[] records = collectors[shard].records();
            firstBits[shard] = new long[records.length + 1];
            for (int segment = 0; segment < records.length; segment++) {
                firstBits[shard][segment] = count;
                count += records[segment];
            }
            firstBits[shard][records.length] = count;
        }
        SpilledBits bits = new SpilledBits(spillDirectory, count);
        boolean decided = false;
        try {
            Chosen chosen = new Chosen(bits, firstBits, streams.rounds(), doubts);
            choose(versions, chosen);
            long stale = losses.tell(streams, chosen.byAge, doubts) + chosen.leftOut;
            decided = true;
            return new Winners(bits, firstBits, stale);
        } finally {
            if (!decided) {
                bits.close();
            }
        }
    }

    private static void choose(SpillSorter versions, Chosen chosen)
            throws IOException, InterruptedException {
        VersionChooser chooser = new VersionChooser(chosen);
        try (SpillSorter.Sorted sorted = versions.sorted()) {
            long given = 0;
            for (byte[] record = sorted.next(); record != null; record = sorted.next()) {
                chooser.next(Version.of(record));
                if (++given % RECORDS_AT_ONCE == 0 && Thread.interrupted()) {
                    throw new InterruptedException();
                }
            }
        }
        chooser.end();
    }

    /** Marks what was chosen. */
    private static final class Chosen implements VersionChooser.Choice {
        private final SpilledBits bits;
        private final long[][] firstBits;
        private final long[] byAge;
        private final Consumer<RestoreLine> doubts;
        private long leftOut;

        Chosen(SpilledBits bits, long[][] firstBits, int rounds, Consumer<RestoreLine> doubts) {
            this.bits = bits;
            this.firstBits = firstBits;
            this.byAge = new long[rounds];
            this.doubts = doubts;
        }

        @Override
        public void chosen(Version entry) {
            bits.set(firstBits[entry.shard()][entry.segment()] + entry.ordinal());
            byAge[entry.age()]++;
        }

        @Override
        public void leftOutInDoubt(Version version) {
            leftOut++;
            doubts.accept(
                    new RestoreLine(
                            version.path(),
                            "left out",
                            0,
                            "a damaged segment says that it was deleted or replaced"));
        }
    }

    /**
     * Number of entries that count and are from rounds older than one that has damage: a younger
     * version of each may be lost. And of names that do not count because damage may say so.
     */
    long stale() {
        return stale;
    }

    /** Whether a record counts. */
    boolean counts(int shard, int segment, long ordinal) {
        return bits == null || bits.get(firstBits[shard][segment] + ordinal);
    }

    /**
     * Makes a record count no more, before any stream is read.
     *
     * @return whether it did
     */
    boolean giveUp(int shard, int segment, long ordinal) {
        boolean counts = counts(shard, segment, ordinal);
        if (counts) {
            bits.clear(firstBits[shard][segment] + ordinal);
        }
        return counts;
    }

    /**
     * Begins a reading of a stream.
     *
     * @param listener hears what the cursor hears
     */
    Cursor cursor(int shard, DamageListener listener) {
        return new Following(bits, bits == null ? null : firstBits[shard], listener);
    }

    /** Reads a stream and tells of those records only that count. */
    void read(RoundStreams streams, int shard, EntryHandler handler, DamageListener listener)
            throws IOException {
        if (bits == null) {
            streams.read(shard, handler, listener);
        } else {
            Cursor cursor = cursor(shard, listener);
            streams.read(shard, new Filter(handler, cursor), cursor);
        }
    }

    @Override
    public void close() throws IOException {
        if (bits != null) {
            bits.close();
        }
    }

    /** Counts segments and records as the {@link VersionCollector} did. */
    private static final class Following implements Cursor {
        private final SpilledBits bits;
        private final long[] firstBits;
        private final DamageListener listener;
        private long next;
        private long end;

        Following(SpilledBits bits, long[] firstBits, DamageListener listener) {
            this.bits = bits;
            this.firstBits = firstBits;
            this.listener = listener;
        }

        @Override
        public void segment(int index) throws IOException {
            if (bits != null) {
                boolean known = index < firstBits.length - 1;
                next = known ? firstBits[index] : 0;
                end = known ? firstBits[index + 1] : 0;
            }
            listener.segment(index);
        }

        /** What was not there when it was decided, does not count. */
        @Override
        public boolean next() {
            return bits == null || (next < end && bits.get(next++));
        }

        @Override
        public void suspect(int shard, String segment) throws IOException {
            listener.suspect(shard, segment);
        }

        @Override
        public void damaged(Damage damage) throws IOException {
            listener.damaged(damage);
        }
    }

    /** Passes on what counts. */
    private static final class Filter extends ForwardingHandler {
        private final Cursor cursor;
        private boolean counts;

        Filter(EntryHandler handler, Cursor cursor) {
            super(handler);
            this.cursor = cursor;
        }

        @Override
        public boolean entry(StreamEntry entry) throws IOException {
            counts = cursor.next();
            return counts && super.entry(entry);
        }

        @Override
        public void end(DataState state) throws IOException {
            if (counts) {
                super.end(state);
            }
        }

        /** No tombstone counts: a path without an entry is told by nothing. */
        @Override
        public void deleted(byte[] path, boolean directory) {
            cursor.next();
        }
    }
}
