package io.sluice.pipeline.index;

import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.round.OwedReason;
import java.util.Arrays;

/**
 * What goes at the end of a round: finds it, directory by directory, and lets it go or keeps it.
 * Belongs to the task's thread; the state's current key is the directory's.
 */
final class Deletion {
    /** Takes directories that go. */
    interface Directories {
        void add(EndEvent.Work work);
    }

    private final IndexState state;
    private final Outbox outbox;
    private final IndexCounts counts;
    private final DueNames due;
    private final long round;

    /** Whether this subtask is the one to count what all together withhold. */
    private final boolean first;

    private final boolean scanFollows;
    private final Survivors survivors = new Survivors();

    Deletion(
            IndexState state,
            Outbox outbox,
            IndexCounts counts,
            DueNames due,
            long round,
            boolean scanFollows,
            boolean first) {
        this.state = state;
        this.outbox = outbox;
        this.counts = counts;
        this.due = due;
        this.round = round;
        this.scanFollows = scanFollows;
        this.first = first;
    }

    /**
     * Gives the directories among the children that are marked; or this one, if it went in a
     * descent before a failure, where what told of it may have been forgotten since.
     *
     * @param why only those that go for this reason
     */
    void roots(Departures.Whole why, long phase, Directories found) throws Exception {
        Departures departures = state.departures();
        byte[] path = state.pages().stored();
        if (departures.isNone() || path == null) {
            return;
        }
        if (departures.whole() != Departures.Whole.NO) {
            if (departures.phase() != phase && departures.whole() == why) {
                found.add(new EndEvent.Work(path, departures.whole(), 0));
            }
            return;
        }
        state.pages().open(path);
        for (int page = 0; page < state.pages().count(); page++) {
            boolean child = survivors.start(state.pages().get(page), round);
            for (; child; child = survivors.next()) {
                boolean replaced = survivors.is(PageWriter.REPLACED);
                boolean gone = survivors.is(PageWriter.GONE) && survivors.old().isDirectory();
                if (why == Departures.Whole.REPLACED ? replaced : gone && !replaced) {
                    found.add(work(path, why));
                }
            }
        }
    }

    private EndEvent.Work work(byte[] path, Departures.Whole why) {
        return new EndEvent.Work(DirectoryPath.child(path, name(survivors.old())), why, 0);
    }

    private static byte[] name(PageReader child) {
        return Arrays.copyOf(child.nameBuffer(), child.nameLength());
    }

    /**
     * Marks a directory as gone as a whole and goes through one of its pages.
     *
     * @param found gets the directories among the children, and the next page
     * @return how many more names are gone than was known
     */
    long descend(EndEvent.Work work, long phase, Directories found) throws Exception {
        byte[] path = state.pages().stored();
        if (path == null) {
            // It could never be listed: nothing below it is known.
            return 0;
        }
        state.pages().open(work.path());
        long gone = 0;
        if (work.page() == 0) {
            Departures before = state.departures();
            if (before.whole() != Departures.Whole.NO && before.phase() == phase) {
                return 0;
            }
            if (before.whole() == Departures.Whole.NO) {
                gone -= before.gone();
            }
            boolean replaced =
                    work.why() == Departures.Whole.REPLACED
                            || before.whole() == Departures.Whole.REPLACED;
            state.setDepartures(
                    before.whole(
                            replaced ? Departures.Whole.REPLACED : Departures.Whole.GONE, phase));
        }
        if (work.page() + 1 < state.pages().count()) {
            found.add(new EndEvent.Work(path, work.why(), work.page() + 1));
        }
        boolean child = survivors.start(state.pages().get(work.page()), round);
        for (; child; child = survivors.next()) {
            if (work.why() == Departures.Whole.GONE && !survivors.is(PageWriter.ANNOUNCED)) {
                gone++;
            }
            if (survivors.is(PageWriter.REPLACED)) {
                found.add(work(path, Departures.Whole.REPLACED));
            } else if (survivors.old().isDirectory()) {
                found.add(work(path, work.why()));
            }
        }
        return gone;
    }

    void judged(EndEvent.Verdict verdict) {
        if (first && verdict.withheld()) {
            counts.set(IndexCount.WITHHELD, verdict.gone());
        }
    }

    /** Lets go what goes from a directory, or keeps it; either way its marks are removed. */
    void act(boolean withheld) throws Exception {
        Departures departures = state.departures();
        byte[] path = state.pages().stored();
        if (path != null) {
            if (departures.whole() == Departures.Whole.REPLACED
                    || (departures.whole() == Departures.Whole.GONE && !withheld)) {
                forget(path);
                return;
            }
            if (departures.whole() == Departures.Whole.NO) {
                if (!withheld) {
                    removeGone(path);
                } else if (!scanFollows && departures.gone() > 0) {
                    // Else nobody lists it again, and what was withheld would stay for ever.
                    outbox.owed(path, OwedReason.SCAN);
                }
            }
        }
        state.setDepartures(Departures.NONE);
    }

    private void forget(byte[] path) throws Exception {
        state.pages().open(path);
        for (int page = 0; page < state.pages().count(); page++) {
            boolean child = survivors.start(state.pages().get(page), round);
            for (; child; child = survivors.next()) {
                if (survivors.is(PageWriter.ANNOUNCED)) {
                    // It went out in this round, so it may be there after all: the next one asks.
                    counts.add(IndexCount.FORGOTTEN);
                    outbox.owed(path, name(survivors.old()), OwedReason.DISAGREED);
                } else {
                    tombstone(path);
                }
            }
        }
        outbox.flush(path);
        due.owe(path);
        state.forgetDirectory();
    }

    private void removeGone(byte[] path) throws Exception {
        Pages pages = state.pages();
        pages.open(path);
        long children = 0;
        for (int page = 0; page < pages.count(); page++) {
            boolean child = survivors.start(pages.get(page), round);
            for (; child; child = survivors.next()) {
                if (survivors.is(PageWriter.GONE)) {
                    survivors.drop();
                    tombstone(path);
                } else {
                    survivors.keep();
                }
            }
            children += survivors.count();
            byte[] left = survivors.result();
            if (left != null) {
                pages.put(page, left);
            }
        }
        outbox.flush(path);
        pages.settle(children);
        pages.close();
    }

    private void tombstone(byte[] path) {
        counts.add(IndexCount.DELETED);
        outbox.tombstone(path, survivors.old());
    }

    /** A page without those who go. */
    private static final class Survivors extends PageRewrite {
        Survivors() {
            super(TapeUse.NONE);
        }
    }
}
