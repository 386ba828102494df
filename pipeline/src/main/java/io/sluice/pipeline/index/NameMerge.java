package io.sluice.pipeline.index;

import io.sluice.common.entry.EntryCursor;
import io.sluice.common.entry.EntryKind;
import io.sluice.common.item.Reason;
import io.sluice.common.posix.FileType;

/**
 * Merges answers about single names ({@code Delta}s, of which each has the last one) into a stored
 * page at the end of a round, in two steps.
 *
 * <ol>
 *   <li>{@link Step#RESOLVE}, before it is known what goes: an answer that contradicts the round's
 *       listing is dropped, the name lives and is owed; one that says "gone" marks the child.
 *   <li>{@link Step#ANNOUNCE}, when all that goes has gone: what is there goes out, and what is not
 *       there and was never known gets a tombstone.
 * </ol>
 *
 * Reusable; not thread-safe.
 */
final class NameMerge extends PageRewrite {
    enum Step {
        RESOLVE,
        ANNOUNCE
    }

    /** What becomes of each answer. The cursor holds only during the call. */
    interface Decisions {
        /** Whether the answer asks for the name also when its signature is the stored one. */
        boolean isForced(EntryCursor entry);

        /** The entry must reach the backup. */
        void announce(Reason reason, EntryCursor entry);

        void unchanged(EntryCursor entry);

        /**
         * Its data is on tape, and what is stored has data that may still be its own: nothing goes
         * out until the data is back.
         */
        void stale(EntryCursor entry);

        /** It went out in this round already, as it is. */
        void repeated(EntryCursor entry);

        /** Another answer of this round says something else. */
        void disagreed(EntryCursor entry);

        /** There are no attributes: the kind says why. */
        void withoutStat(EntryCursor entry);

        /**
         * The user leaves the name out, so it stays as it is.
         *
         * @param known whether there is something of it that stays, and stays owed
         */
        void leftOut(EntryCursor entry, boolean known);

        /** The round's scan did not come to the name, so it stays as it is, and owed. */
        void notCovered(EntryCursor entry);

        /** The index does not know the name, and the next scan finds it. */
        void foundBySelf(EntryCursor entry);

        /** The name does not exist, is owed, and the index never knew it. */
        void stray(EntryCursor entry);

        /** The name does not exist, and nobody ever knew it. */
        void neverKnown(EntryCursor entry);

        /**
         * The name goes at the end of the round, unless that is withheld: so the answer waits.
         *
         * @param marked whether the stored child has been marked now, and not before
         */
        void goes(EntryCursor entry, boolean marked);

        /** Whether {@link #goes} was said of it in the first step. */
        boolean isGoing(EntryCursor entry);

        /** The name has gone, and has its tombstone. */
        void gone(EntryCursor entry);

        /** A stored child that was marked as gone lives after all. */
        void revived();

        /** The directory that had the name is marked: all below it goes at the round's end. */
        void replaced();

        /** The answer waits for the second step. */
        void waits(EntryCursor entry);
    }

    private final boolean fullScan;
    private Step step;
    private IndexState.Listed listed;
    private Decisions decisions;

    /**
     * @param fullScan whether the round's listings cover the tree; else an answer counts without
     * @param tape what becomes of files on tape
     */
    NameMerge(boolean fullScan, TapeUse tape) {
        super(tape);
        this.fullScan = fullScan;
    }

    /**
     * Merges.
     *
     * @param answers one for each name
     * @param directory what this round knows of the directory as a whole
     * @return the new page, or null when it is the stored one
     */
    byte[] merge(
            byte[] stored,
            SortedEntries answers,
            long round,
            Step which,
            IndexState.Listed directory,
            Decisions decider) {
        step = which;
        listed = directory;
        decisions = decider;
        boolean hasOld = start(stored, round);
        for (int i = 0; i < answers.size(); i++) {
            EntryCursor entry = answers.get(i);
            while (hasOld && compare(entry) < 0) {
                keep();
                hasOld = next();
            }
            boolean match = hasOld && compare(entry) == 0;
            if (step == Step.RESOLVE) {
                resolve(entry, match);
            } else {
                announce(entry, match);
            }
            if (match) {
                hasOld = next();
            }
        }
        while (hasOld) {
            keep();
            hasOld = next();
        }
        return result();
    }

    private void resolve(EntryCursor entry, boolean known) {
        switch (entry.kind()) {
            case PRESENT, MOUNT, RELEASED -> {
                if (known) {
                    resolvePresent(entry);
                } else {
                    decisions.waits(entry);
                }
            }
            case GONE -> {
                if (known) {
                    resolveGone(entry);
                } else {
                    decisions.waits(entry);
                }
            }
            case EXCLUDED -> {
                if (known) {
                    keep();
                }
                // With a directory above it, it may yet go.
                decisions.waits(entry);
            }
            default -> {
                if (known) {
                    keep();
                }
                decisions.withoutStat(entry);
            }
        }
    }

    private void resolvePresent(EntryCursor entry) {
        if (is(PageWriter.GONE)) {
            keep(flags() & ~PageWriter.GONE);
            decisions.revived();
            decisions.disagreed(entry);
            return;
        }
        boolean replaced = replaced(entry) != 0 && !is(PageWriter.REPLACED);
        if (!replaced) {
            keep();
            decisions.waits(entry);
        } else if (is(PageWriter.ANNOUNCED) || wasShown()) {
            keep();
            decisions.disagreed(entry);
        } else {
            keep(flags() | PageWriter.REPLACED);
            decisions.replaced();
            decisions.waits(entry);
        }
    }

    private void resolveGone(EntryCursor entry) {
        if (is(PageWriter.GONE)) {
            keep();
            decisions.goes(entry, false);
        } else if (is(PageWriter.ANNOUNCED) || wasShown()) {
            keep();
            decisions.disagreed(entry);
        } else {
            keep(flags() | PageWriter.GONE);
            decisions.goes(entry, true);
        }
    }

    /** Whether the round's listing showed the stored child. */
    private boolean wasShown() {
        return listed == IndexState.Listed.YES && !is(PageWriter.UNSEEN);
    }

    /** Whether the round's scan has been where the name is: what it left out stays as it is. */
    private boolean isCovered(boolean known) {
        return !fullScan || wasListed(known);
    }

    private boolean wasListed(boolean known) {
        return switch (listed) {
            case NO -> false;
            case FAILED -> known;
            case YES -> known && !is(PageWriter.UNSEEN);
        };
    }

    private void announce(EntryCursor entry, boolean known) {
        if (entry.kind() == EntryKind.EXCLUDED) {
            if (known) {
                keep();
            }
            decisions.leftOut(entry, known);
        } else if (entry.kind() == EntryKind.GONE) {
            if (known) {
                // Withheld, or another answer came between the two steps: it stays owed.
                keep();
                decisions.disagreed(entry);
            } else if (decisions.isGoing(entry)) {
                decisions.gone(entry);
            } else if (decisions.isForced(entry)) {
                decisions.stray(entry);
            } else {
                decisions.neverKnown(entry);
            }
        } else if (fullScan && !known && listed == IndexState.Listed.YES) {
            // It has come since, and the next scan finds it as any.
            decisions.foundBySelf(entry);
        } else if (!isCovered(known)) {
            if (known) {
                keep();
            }
            decisions.notCovered(entry);
        } else if (!known) {
            write(entry, 0);
            decisions.announce(Reason.NEW, entry);
        } else if (is(PageWriter.ANNOUNCED)) {
            keep();
            if (entry.signature() == old().signature()) {
                decisions.repeated(entry);
            } else {
                decisions.disagreed(entry);
            }
        } else if (isStored(entry) && !decisions.isForced(entry)) {
            keep();
            decisions.unchanged(entry);
        } else if (wouldShadow(entry) && (makesStubs() || !decisions.isForced(entry))) {
            keep();
            if (wasShown() && !isStored(entry)) {
                // The listing has said so already.
                decisions.repeated(entry);
            } else {
                decisions.stale(entry);
            }
        } else if (old().isDirectory()
                && entry.type() != FileType.DIRECTORY
                && !is(PageWriter.REPLACED)) {
            // Only the first step can send all away that was below it.
            keep();
            decisions.disagreed(entry);
        } else {
            boolean changed = entry.signature() != old().signature();
            write(entry, flags() & PageWriter.REPLACED);
            decisions.announce(changed ? Reason.CHANGED : Reason.RETRIED, entry);
        }
    }
}
