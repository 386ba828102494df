package io.sluice.pipeline.index;

import io.sluice.common.change.Delta;
import io.sluice.common.entry.EntryCursor;
import io.sluice.common.entry.EntryKind;
import io.sluice.common.entry.PackedEntries;
import io.sluice.common.item.Reason;
import io.sluice.common.round.OwedReason;
import io.sluice.common.shard.MetadataTargets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Answers about single names. They wait for the end of the round, and the last one about a name
 * counts: so ten changes are one item, and what is made and removed within a round is none. Belongs
 * to the task's thread; the state's current key is the directory's.
 */
final class DueNames {
    /**
     * So many bytes of one directory's answers are merged at once: memory holds no more of them.
     */
    private static final int SLICE_BYTES = 8 << 20;

    /** Outcome of an answer: a name that the index did not know goes out. */
    private static final String NEW = "new";

    /** Outcome of an answer: a name whose signature is another one goes out. */
    private static final String CHANGED = "changed";

    private final IndexState state;
    private final Outbox outbox;
    private final IndexCounts counts;
    private final long round;
    private final boolean fullScan;
    private final NameMerge merge;
    private final SortedEntries sorted = new SortedEntries();
    private final EntryCursor cursor = new EntryCursor();

    /**
     * @param fullScan whether the round's listings cover the tree
     * @param tape what becomes of files on tape
     */
    DueNames(
            IndexState state,
            Outbox outbox,
            IndexCounts counts,
            long round,
            boolean fullScan,
            TapeUse tape) {
        this.state = state;
        this.outbox = outbox;
        this.counts = counts;
        this.round = round;
        this.fullScan = fullScan;
        merge = new NameMerge(fullScan, tape);
    }

    void add(Delta delta) throws Exception {
        counts.add(IndexCount.DELTAS);
        cursor.reset(delta.entry()).next();
        byte[] name = cursor.name();
        IndexState.Answer before = state.due(name);
        if (before != null) {
            counts.delta("superseded");
            if (!fullScan && !isSame(before.entry(), delta.entry())) {
                // Several ask, and an answer that comes later may be the older one.
                // Where they disagree about whether it is there, what lay below it may go: then
                // only a listing brings that back.
                boolean same = exists(before.entry()) == exists(delta.entry());
                outbox.owed(
                        delta.directory(), name, same ? OwedReason.CHANGED : OwedReason.DISAGREED);
            }
        }
        boolean forced = delta.forced() || (before != null && before.forced());
        state.putDue(delta.directory(), name, new IndexState.Answer(forced, false, delta.entry()));
        if (delta.target() != MetadataTargets.UNKNOWN) {
            state.putTargetOfDue(delta.target());
        }
    }

    private boolean exists(byte[] entry) {
        cursor.reset(entry).next();
        return cursor.kind().hasStat();
    }

    private boolean isSame(byte[] one, byte[] other) {
        cursor.reset(one).next();
        EntryKind kind = cursor.kind();
        long signature = kind.hasStat() ? cursor.signature() : 0;
        cursor.reset(other).next();
        return cursor.kind() == kind && (!kind.hasStat() || cursor.signature() == signature);
    }

    /** The first step: drops what contradicts the listings, marks what is gone. */
    void resolve() throws Exception {
        merge(NameMerge.Step.RESOLVE);
    }

    /** The second step: what is left goes out. */
    void announce() throws Exception {
        merge(NameMerge.Step.ANNOUNCE);
        state.clearDue();
    }

    /** The directory goes with all that is due in it: the next round asks again. */
    void owe(byte[] directory) throws Exception {
        state.forEachDue(
                (name, answer) -> {
                    cursor.reset(answer.entry()).next();
                    if (answer.going()) {
                        counts.delta("gone");
                    } else if (cursor.kind() == EntryKind.EXCLUDED) {
                        counts.delta("left_out");
                    } else {
                        counts.delta("disagreed");
                        outbox.owed(directory, name, OwedReason.DISAGREED);
                    }
                });
        state.clearDue();
    }

    private void merge(NameMerge.Step step) throws Exception {
        byte[] directory = state.directoryOfDue();
        Pages pages = state.pages();
        pages.open(directory);
        Outcomes outcomes = new Outcomes(directory, state.targetOfDue(), step, state.listed(round));
        PackedEntries slice = new PackedEntries(4096);
        state.forEachDue(
                (name, answer) -> {
                    cursor.reset(answer.entry()).next();
                    slice.copy(cursor);
                    if (slice.length() >= SLICE_BYTES) {
                        outcomes.merge(slice);
                    }
                });
        outcomes.merge(slice);
        if (outcomes.any) {
            // The number of pages is settled by the directory's next listing.
            pages.close();
        }
        outcomes.close();
    }

    /** Brings what is decided about one directory's answers into counts, items and marks. */
    private final class Outcomes implements NameMerge.Decisions {
        private final byte[] directory;
        private final int target;
        private final NameMerge.Step step;
        private final IndexState.Listed listed;
        private final List<byte[]> settled = new ArrayList<>();
        private final List<byte[]> going = new ArrayList<>();
        private long gone;
        private long replaced;
        private boolean any;
        private boolean removed;

        Outcomes(byte[] directory, int target, NameMerge.Step step, IndexState.Listed listed) {
            this.directory = directory;
            this.target = target;
            this.step = step;
            this.listed = listed;
        }

        /** Merges some answers and empties their buffer. */
        void merge(PackedEntries answers) throws Exception {
            Pages pages = state.pages();
            byte[][] cut = pages.cut(answers.toBytes(), 0, pages.count());
            answers.clear();
            for (int page = 0; page < cut.length; page++) {
                if (cut[page].length == 0) {
                    continue;
                }
                sorted.load(cut[page]);
                byte[] merged = merge.merge(pages.get(page), sorted, round, step, listed, this);
                outbox.flush(directory);
                if (merged != null) {
                    any = true;
                    pages.put(page, merged);
                }
            }
            remember();
        }

        private void remember() throws Exception {
            for (byte[] name : going) {
                IndexState.Answer answer = state.due(name);
                state.putDue(
                        directory,
                        name,
                        new IndexState.Answer(answer.forced(), true, answer.entry()));
            }
            for (byte[] name : settled) {
                state.removeDue(name);
            }
            removed |= !settled.isEmpty();
            going.clear();
            settled.clear();
        }

        void close() throws Exception {
            if (gone != 0 || replaced != 0) {
                state.setDepartures(state.departures().plus(gone, replaced));
            }
            if (removed && !state.hasDue()) {
                state.clearDue();
            }
        }

        @Override
        public boolean isForced(EntryCursor entry) {
            return answer(entry).forced();
        }

        private IndexState.Answer answer(EntryCursor entry) {
            try {
                return state.due(entry.name());
            } catch (Exception e) {
                throw new IllegalStateException("reading what is due", e);
            }
        }

        @Override
        public void announce(Reason reason, EntryCursor entry) {
            switch (reason) {
                case NEW -> counts.delta(NEW);
                case CHANGED -> counts.delta(CHANGED);
                default -> counts.add(IndexCount.RETRIED);
            }
            outbox.item(directory, target, reason, entry);
        }

        @Override
        public void unchanged(EntryCursor entry) {
            counts.delta("unchanged");
        }

        @Override
        public void stale(EntryCursor entry) {
            counts.delta("released");
            counts.add(IndexCount.STALE);
            // What an earlier round could not store is asked for again until it is stored.
            outbox.owed(
                    directory,
                    entry.name(),
                    isForced(entry) ? OwedReason.CHANGED : OwedReason.RELEASED);
        }

        @Override
        public void repeated(EntryCursor entry) {
            counts.delta("repeated");
            settled.add(entry.name());
        }

        @Override
        public void disagreed(EntryCursor entry) {
            counts.delta("disagreed");
            outbox.owed(directory, entry.name(), OwedReason.DISAGREED);
            settled.add(entry.name());
        }

        @Override
        public void withoutStat(EntryCursor entry) {
            counts.delta(entry.kind().name().toLowerCase(Locale.ROOT));
            if (entry.kind() == EntryKind.UNREADABLE) {
                outbox.owed(directory, entry.name(), OwedReason.FAILED);
            }
            settled.add(entry.name());
        }

        @Override
        public void leftOut(EntryCursor entry, boolean known) {
            counts.delta("left_out");
            if (known) {
                outbox.owed(directory, entry.name(), OwedReason.FAILED);
            }
        }

        @Override
        public void notCovered(EntryCursor entry) {
            counts.delta("not_covered");
            outbox.owed(directory, entry.name(), OwedReason.FAILED);
        }

        @Override
        public void stray(EntryCursor entry) {
            counts.add(IndexCount.DELETED_UNKNOWN);
            outbox.item(directory, MetadataTargets.UNKNOWN, Reason.GONE, entry);
        }

        @Override
        public void neverKnown(EntryCursor entry) {
            counts.delta("unknown");
        }

        @Override
        public void goes(EntryCursor entry, boolean marked) {
            gone += marked ? 1 : 0;
            going.add(entry.name());
        }

        @Override
        public boolean isGoing(EntryCursor entry) {
            return answer(entry).going();
        }

        @Override
        public void gone(EntryCursor entry) {
            counts.delta("gone");
        }

        @Override
        public void foundBySelf(EntryCursor entry) {
            counts.delta("found_by_scan");
        }

        @Override
        public void revived() {
            gone--;
        }

        @Override
        public void replaced() {
            replaced++;
        }

        @Override
        public void waits(EntryCursor entry) {}
    }
}
