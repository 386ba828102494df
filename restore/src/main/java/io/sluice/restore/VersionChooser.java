package io.sluice.restore;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/**
 * Chooses, of the versions of each path, the one that counts: that of the youngest round, unless it
 * is a tombstone.
 *
 * <p>Nothing lies below a name that is no directory. Sound rounds never say so; where damage has
 * swallowed a tombstone or an entry, and one version is a file while another lies below it, the
 * younger of the two counts. So no older version takes a younger one's place in a target.
 *
 * <p>Versions are given in their order of sorting. Not thread-safe.
 */
final class VersionChooser {
    /** What was chosen. */
    interface Choice {
        /** The entry that a path has. Not in order. */
        void chosen(Version entry);

        /**
         * A path that has an older entry has none because a record of a damaged segment says so;
         * once for each path.
         *
         * @param version of that path
         */
        void leftOutInDoubt(Version version);
    }

    private final Choice choice;
    private Version leader;
    private boolean doubted;

    /** Chosen so far, no directories: each lies below the one before, and all are as old. */
    private final Deque<Version> files = new ArrayDeque<>();

    VersionChooser(Choice choice) {
        this.choice = choice;
    }

    void next(Version version) {
        if (leader != null && version.isOf(leader.key())) {
            if (leader.deleted() && leader.suspect() && !version.deleted() && !doubted) {
                doubted = true;
                choice.leftOutInDoubt(version);
            }
            return;
        }
        leader = version;
        doubted = false;
        while (!files.isEmpty() && !files.getLast().isAbove(version)) {
            choice.chosen(files.removeLast());
        }
        if (version.deleted()) {
            return;
        }
        for (Iterator<Version> above = files.iterator(); above.hasNext(); ) {
            Version file = above.next();
            if (file.age() < version.age()) {
                if (file.suspect()) {
                    choice.leftOutInDoubt(version);
                }
                return;
            }
            if (file.age() > version.age()) {
                above.remove();
                if (version.suspect()) {
                    choice.leftOutInDoubt(file);
                }
            }
        }
        if (version.directory()) {
            choice.chosen(version);
        } else {
            files.addLast(version);
        }
    }

    /** All versions have been given. */
    void end() {
        while (!files.isEmpty()) {
            choice.chosen(files.removeLast());
        }
    }
}
