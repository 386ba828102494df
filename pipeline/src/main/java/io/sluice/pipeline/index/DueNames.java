package io.sluice.pipeline.index;

import io.sluice.common.change.Delta;
import io.sluice.common.entry.EntryCursor;
import io.sluice.common.entry.EntryKind;
import io.sluice.common.item.Reason;
import io.sluice.common.round.OwedReason;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Answers about single names. They wait for the end of the round, and the last one about a name
 * counts: so ten changes are one item, and what is made and removed within a round is none. Belongs
 * to the task's thread; the state's current key is the directory's.
 */
final class DueNames {
    private final IndexState state;
    private final Outbox outbox;
    private final IndexCounts counts;
    private final long round;
    private final NameMerge merge = new NameMerge();
    private final SortedEntries sorted = new SortedEntries();
    private final EntryCursor cursor = new EntryCursor();

    DueNames(IndexState state, Outbox outbox, IndexCounts counts, long round) {
        this.state = state;
        this.outbox = outbox;
        this.counts = counts;
        this.round = round;
    }

    void add(Delta delta) throws Exception {
        counts.add(IndexCount.DELTAS);
        cursor.reset(delta.entry()).next();
        byte[] name = cursor.name();
        IndexState.Answer before = state.due(name);
        if (before != null) {
            counts.delta("superseded");
        }
        boolean forced = delta.forced() || (before != null && before.forced());
        state.putDue(delta.directory(), name, new IndexState.Answer(forced, delta.entry()));
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
        for (byte[] name : state.namesDue()) {
            counts.delta("disagreed");
            outbox.owed(directory, name, OwedReason.DISAGREED);
        }
        state.clearDue();
    }

    private void merge(NameMerge.Step step) throws Exception {
        byte[] directory = state.directoryOfDue();
        Pages pages = state.pages();
        pages.open(directory);
        Outcomes outcomes = new Outcomes(directory);
        byte[][] cut = pages.cut(state.packedDue(), 0, pages.count());
        IndexState.Listed listed = state.listed(round);
        boolean changed = false;
        for (int page = 0; page < cut.length; page++) {
            if (cut[page].length == 0) {
                continue;
            }
            sorted.load(cut[page]);
            byte[] merged = merge.merge(pages.get(page), sorted, round, step, listed, outcomes);
            outbox.flush(directory);
            if (merged != null) {
                changed = true;
                pages.put(page, merged);
            }
        }
        if (changed) {
            // The number of pages is settled by the directory's next listing.
            pages.close();
        }
        outcomes.close();
    }

    /** Brings what is decided about one directory's answers into counts, items and marks. */
    private final class Outcomes implements NameMerge.Decisions {
        private final byte[] directory;
        private final List<byte[]> settled = new ArrayList<>();
        private long gone;
        private long replaced;

        Outcomes(byte[] directory) {
            this.directory = directory;
        }

        void close() throws Exception {
            if (gone != 0 || replaced != 0) {
                state.setDepartures(state.departures().plus(gone, replaced));
            }
            for (byte[] name : settled) {
                state.removeDue(name);
            }
            if (!settled.isEmpty() && state.namesDue().isEmpty()) {
                state.clearDue();
            }
        }

        @Override
        public boolean isForced(EntryCursor entry) {
            try {
                return state.due(entry.name()).forced();
            } catch (Exception e) {
                throw new IllegalStateException("reading what is due", e);
            }
        }

        @Override
        public void announce(Reason reason, EntryCursor entry) {
            counts.add(IndexCount.RETRIED);
            outbox.item(directory, reason, entry);
        }

        @Override
        public void unchanged(EntryCursor entry) {
            counts.delta("unchanged");
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
        public void notCovered(EntryCursor entry) {
            counts.delta("not_covered");
        }

        @Override
        public void stray(EntryCursor entry) {
            counts.add(IndexCount.DELETED_UNKNOWN);
            outbox.item(directory, Reason.GONE, entry);
        }

        @Override
        public void gone(EntryCursor entry) {
            counts.delta("gone");
            gone++;
            settled.add(entry.name());
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
