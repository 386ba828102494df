package io.sluice.pipeline.index;

import io.sluice.common.entry.EntryCursor;
import io.sluice.common.entry.EntryKind;
import io.sluice.common.item.Reason;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.FileType;
import io.sluice.common.round.OwedReason;
import java.util.Arrays;

/**
 * Merges what a listing says into a stored page: two sorted lists, one pass. Decides for each name
 * and tells the {@link Decisions}; makes the new page. Knows nothing of Flink. Reusable; not
 * thread-safe.
 *
 * <ul>
 *   <li>A name goes out at most once a round: an equal answer about an announced child is a repeat,
 *       another one is a disagreement.
 *   <li>A name that the listing knows nothing good of (unreadable, excluded) keeps what is stored;
 *       one whose look said ENOENT is gone.
 *   <li>A stored name that is absent is gone only if the listing proves it: complete, steady, and
 *       the first of the directory in this round. Else the name lives.
 *   <li>What is gone stays in the page, marked, until the round's end decides; an answer of the
 *       same round that shows it again revives it.
 * </ul>
 */
final class PageMerge extends PageRewrite {
    /** What a name's absence from a listing says. */
    enum Absence {
        /** The listing is complete, and the directory did not change meanwhile. */
        PROVES,
        /** The directory changed while it was read. */
        UNSTEADY,
        /** The listing broke off, or lacks a part. */
        NOTHING
    }

    /** What becomes of each name. The cursor holds only during the call. */
    interface Decisions {
        /** The entry must reach the backup. */
        void announce(Reason reason, EntryCursor entry);

        void unchanged(EntryCursor entry);

        /**
         * Its data is on tape, what is stored has data that may still be its own, and its
         * attributes have changed: nothing goes out until the data is back.
         */
        void stale(EntryCursor entry);

        /** The same answer came before in this round. */
        void repeated(EntryCursor entry);

        /** Another answer came before in this round. */
        void disagreed(EntryCursor entry);

        /** There are no attributes: the kind says why. */
        void withoutStat(EntryCursor entry);

        /** Beside one of those above: a directory, shown for the first time in this round. */
        void directory();

        /** A stored child has been marked: it goes at the end of the round. */
        void gone();

        /** A stored child that was marked as gone lives after all. */
        void revived();

        /** The directory that had the name is marked: all below it goes at the round's end. */
        void replaced();

        /** A stored child is absent, and that does not prove enough: it must be asked by name. */
        void unproven(byte[] name, OwedReason reason);
    }

    private Decisions decisions;
    private Absence absence;
    private boolean again;

    /** Whether a directory that is listed twice counts as one. */
    private final boolean countsOnce;

    /**
     * @param countsOnce whether a directory counts once however often a reading gives its name;
     *     else as often, since so often it is listed
     * @param tape what becomes of files on tape
     */
    PageMerge(boolean countsOnce, TapeUse tape) {
        super(tape);
        this.countsOnce = countsOnce;
    }

    /**
     * Merges.
     *
     * @param stored the page as stored; empty for none
     * @param again whether the directory was listed before in this round
     * @return the new page, or null when it is the stored one
     */
    byte[] merge(
            byte[] stored,
            SortedEntries listed,
            long round,
            Absence absentMeans,
            boolean listedBefore,
            Decisions decider) {
        decisions = decider;
        absence = absentMeans;
        again = listedBefore;
        boolean hasOld = start(stored, round);
        int i = 0;
        while (i < listed.size()) {
            EntryCursor entry = listed.get(i);
            while (hasOld && compare(entry) < 0) {
                absent();
                hasOld = next();
            }
            boolean match = hasOld && compare(entry) == 0;
            int end = endOfName(listed, i);
            int best = best(listed, i, end);
            if (match) {
                known(listed.get(best));
                hasOld = next();
            } else {
                fresh(listed.get(best));
            }
            for (int other = i; other < end; other++) {
                if (other != best) {
                    repeat(listed, best, other);
                }
            }
            i = end;
        }
        while (hasOld) {
            absent();
            hasOld = next();
        }
        return result();
    }

    /** Behind the last entry of the {@code first} one's name. */
    private static int endOfName(SortedEntries listed, int first) {
        int end = first + 1;
        if (end < listed.size()) {
            byte[] name = listed.get(first).name();
            while (end < listed.size() && sameName(name, listed.get(end))) {
                end++;
            }
        }
        return end;
    }

    /**
     * A directory that changes while it is read may give a name twice: the first answer with
     * attributes counts, since it proves that the name is there.
     */
    private static int best(SortedEntries listed, int first, int end) {
        for (int i = first; i < end; i++) {
            if (listed.get(i).kind().hasStat()) {
                return i;
            }
        }
        return first;
    }

    private void repeat(SortedEntries listed, int best, int other) {
        EntryCursor cursor = listed.get(best);
        boolean hasStat = cursor.kind().hasStat();
        long signature = hasStat ? cursor.signature() : 0;
        EntryCursor repeat = listed.get(other);
        if (repeat.kind().hasStat() == hasStat && (!hasStat || repeat.signature() == signature)) {
            decisions.repeated(repeat);
        } else {
            decisions.disagreed(repeat);
        }
        if (!countsOnce) {
            directory(repeat);
        }
    }

    private static boolean sameName(byte[] name, EntryCursor other) {
        return other.nameLength() == name.length
                && Arrays.equals(
                        name,
                        0,
                        name.length,
                        other.buffer(),
                        other.nameStart(),
                        other.nameStart() + name.length);
    }

    /** Whatever is decided about it: the source lists each directory that it shows. */
    private void directory(EntryCursor entry) {
        if (entry.kind() == EntryKind.PRESENT && entry.type() == FileType.DIRECTORY) {
            decisions.directory();
        }
    }

    private void fresh(EntryCursor entry) {
        if (!entry.kind().hasStat()) {
            decisions.withoutStat(entry);
            return;
        }
        write(entry, 0);
        decisions.announce(Reason.NEW, entry);
        directory(entry);
    }

    private void known(EntryCursor entry) {
        if (!entry.kind().hasStat()) {
            knownWithoutStat(entry);
            return;
        }
        if (!wasShown() || !old().isDirectory()) {
            directory(entry);
        }
        if (is(PageWriter.GONE)) {
            keep(flags() & ~PageWriter.GONE);
            decisions.revived();
            decisions.disagreed(entry);
        } else if (is(PageWriter.ANNOUNCED)) {
            keep();
            if (entry.signature() == old().signature()) {
                decisions.repeated(entry);
            } else {
                decisions.disagreed(entry);
            }
        } else if (isStored(entry)) {
            keep(flags() & ~PageWriter.UNSEEN);
            decisions.unchanged(entry);
        } else if (wouldShadow(entry)) {
            keep(flags() & ~PageWriter.UNSEEN);
            decisions.stale(entry);
        } else {
            int replaced = replaced(entry);
            write(entry, replaced);
            decisions.announce(Reason.CHANGED, entry);
            if (replaced != 0) {
                decisions.replaced();
            }
        }
    }

    /** Whether an earlier listing of this round showed the stored child. */
    private boolean wasShown() {
        return again && !is(PageWriter.GONE | PageWriter.UNSEEN);
    }

    private void knownWithoutStat(EntryCursor entry) {
        decisions.withoutStat(entry);
        if (entry.kind() == EntryKind.UNREADABLE && entry.errno() == Errno.ENOENT) {
            missing(Absence.PROVES);
        } else if (wasShown() || is(PageWriter.ANNOUNCED | PageWriter.GONE)) {
            keep();
        } else {
            keep(flags() | PageWriter.UNSEEN);
        }
    }

    private void absent() {
        missing(absence);
    }

    private void missing(Absence means) {
        if (is(PageWriter.GONE | PageWriter.UNSEEN)) {
            keep();
        } else if (again || is(PageWriter.ANNOUNCED)) {
            keep();
            if (means != Absence.NOTHING) {
                unproven(means == Absence.PROVES ? OwedReason.DISAGREED : OwedReason.UNSTEADY);
            }
        } else if (means == Absence.PROVES) {
            keep(flags() | PageWriter.GONE);
            decisions.gone();
        } else {
            keep(flags() | PageWriter.UNSEEN);
            if (means == Absence.UNSTEADY) {
                unproven(OwedReason.UNSTEADY);
            }
        }
    }

    private void unproven(OwedReason reason) {
        decisions.unproven(Arrays.copyOf(old().nameBuffer(), old().nameLength()), reason);
    }
}
