package io.sluice.pipeline.index;

import io.sluice.common.entry.EntryCursor;
import io.sluice.common.item.Reason;
import io.sluice.common.posix.FileType;
import java.util.Arrays;

/**
 * Merges what a listing says into a stored page: two sorted lists, one pass. Decides for each name
 * and tells the {@link Decisions}; makes the new page. Knows nothing of Flink. Reusable; not
 * thread-safe.
 *
 * <p>A name goes out at most once a round: an equal answer about an announced child is a repeat,
 * another one is a disagreement. A name that the listing knows nothing good of (unreadable,
 * excluded) keeps what is stored.
 */
final class PageMerge {
    /** What becomes of each name. The cursor holds only during the call. */
    interface Decisions {
        /** The entry must reach the backup. */
        void announce(Reason reason, EntryCursor entry);

        void unchanged(EntryCursor entry);

        /** The same answer came before in this round. */
        void repeated(EntryCursor entry);

        /** Another answer came before in this round. */
        void disagreed(EntryCursor entry);

        /** There are no attributes: the kind says why. */
        void withoutStat(EntryCursor entry);

        /** Stored, but not in the listing. */
        void absent(byte[] nameBuffer, int nameLength, boolean announcedInThisRound);
    }

    private final PageReader old = new PageReader();
    private final PageWriter page = new PageWriter();
    private boolean oldIsOfThisRound;
    private boolean changed;

    /**
     * Merges.
     *
     * @param stored the page as stored; empty for none
     * @return the new page, or null when it is the stored one
     */
    byte[] merge(byte[] stored, SortedEntries listed, long round, Decisions decisions) {
        old.start(stored);
        page.start(round);
        oldIsOfThisRound = old.round() == round;
        changed = false;
        boolean hasOld = old.next();
        int i = 0;
        while (i < listed.size()) {
            EntryCursor entry = listed.get(i);
            while (hasOld && compare(entry) < 0) {
                absent(decisions);
                hasOld = old.next();
            }
            boolean match = hasOld && compare(entry) == 0;
            int next = i + 1;
            if (match) {
                known(entry, decisions);
                hasOld = old.next();
            } else {
                fresh(entry, decisions);
            }
            while (next < listed.size() && isRepeat(listed, i, next, decisions)) {
                next++;
            }
            i = next;
        }
        while (hasOld) {
            absent(decisions);
            hasOld = old.next();
        }
        return changed ? page.toBytes() : null;
    }

    /** Number of children in the page just made. */
    int count() {
        return page.count();
    }

    /**
     * A directory that changes while it is read may give a name twice: only the first answer
     * counts.
     */
    private static boolean isRepeat(
            SortedEntries listed, int first, int second, Decisions decisions) {
        EntryCursor cursor = listed.get(first);
        byte[] name = cursor.name();
        boolean hasStat = cursor.kind().hasStat();
        long signature = hasStat ? cursor.signature() : 0;
        EntryCursor other = listed.get(second);
        if (!sameName(name, other)) {
            return false;
        }
        if (other.kind().hasStat() == hasStat && (!hasStat || other.signature() == signature)) {
            decisions.repeated(other);
        } else {
            decisions.disagreed(other);
        }
        return true;
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

    /** Order of the stored name against the listed one. */
    private int compare(EntryCursor entry) {
        int start = entry.nameStart();
        return Arrays.compareUnsigned(
                old.nameBuffer(),
                0,
                old.nameLength(),
                entry.buffer(),
                start,
                start + entry.nameLength());
    }

    private void fresh(EntryCursor entry, Decisions decisions) {
        if (!entry.kind().hasStat()) {
            decisions.withoutStat(entry);
            return;
        }
        write(entry);
        decisions.announce(Reason.NEW, entry);
    }

    private void known(EntryCursor entry, Decisions decisions) {
        if (!entry.kind().hasStat()) {
            keep();
            decisions.withoutStat(entry);
        } else if (oldIsOfThisRound && old.isAnnounced()) {
            keep();
            if (entry.signature() == old.signature()) {
                decisions.repeated(entry);
            } else {
                decisions.disagreed(entry);
            }
        } else if (entry.signature() == old.signature()) {
            keep();
            decisions.unchanged(entry);
        } else {
            write(entry);
            decisions.announce(Reason.CHANGED, entry);
        }
    }

    private void absent(Decisions decisions) {
        keep();
        decisions.absent(old.nameBuffer(), old.nameLength(), oldIsOfThisRound && old.isAnnounced());
    }

    private void keep() {
        int flags = oldIsOfThisRound ? old.flags() : old.flags() & ~PageWriter.ANNOUNCED;
        page.add(old.nameBuffer(), 0, old.nameLength(), old.inode(), old.signature(), flags);
    }

    private void write(EntryCursor entry) {
        changed = true;
        int flags =
                PageWriter.ANNOUNCED
                        | (entry.type() == FileType.DIRECTORY ? PageWriter.DIRECTORY : 0);
        page.add(
                entry.buffer(),
                entry.nameStart(),
                entry.nameLength(),
                entry.inode(),
                entry.signature(),
                flags);
    }
}
