package io.sluice.cli.engine;

import io.sluice.common.posix.FileType;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What the restore of each round should give. A full round is what can be seen. A round on a base
 * is what the base was, with what is seen now in place of it; of that,
 *
 * <ul>
 *   <li>what is left out now, but is still there, stays as it was last stored, with all below it;
 *   <li>so does a file that cannot be read, what lies below a directory that cannot be listed, and
 *       each name in one that cannot be searched;
 *   <li>what is gone goes, unless that is so much that deletions are withheld: then it stays.
 * </ul>
 */
final class Expectation {
    /** So many names may always go, unless they are more than half of all. */
    private static final int ALWAYS_ALLOWED = 1000;

    private static final int ALLOWED_PART = 5;
    private static final int READ = 0400;
    private static final int READ_AND_SEARCH = 0500;

    /**
     * One round.
     *
     * @param entries all that is known, by path; some of it may lie below what is no directory
     * @param gone names of the base that are not there any more
     * @param withheld whether they were kept for their number
     */
    record Round(NavigableMap<String, Entry> entries, int gone, boolean withheld) {
        /** What a restore gives: without what has no directory to lie in. */
        Map<String, Entry> restored() {
            Map<String, Entry> restored = new TreeMap<>();
            entries.forEach(
                    (path, entry) -> {
                        Entry above = restored.get(Model.parent(path));
                        if (path.isEmpty()
                                || (above != null && above.type() == FileType.DIRECTORY)) {
                            restored.put(path, entry);
                        }
                    });
            return restored;
        }
    }

    private final boolean heldByModes;
    private final Map<Integer, Round> rounds = new HashMap<>();

    /**
     * @param heldByModes whether modes hold the backup back
     */
    Expectation(boolean heldByModes) {
        this.heldByModes = heldByModes;
    }

    Round round(int number) {
        return rounds.get(number);
    }

    /** The tree is what a full round sees now. */
    Round full(int number, Model model) {
        Sight sight = new Sight(number, new TreeMap<>());
        sight.see("", model.root, model);
        return put(number, new Round(sight.seen, 0, false));
    }

    /** The tree is what a round sees now that knows a base. */
    Round onBase(int number, int base, Model model, boolean deletesAccepted) {
        NavigableMap<String, Entry> before = rounds.get(base).entries;
        Sight sight = new Sight(number, before);
        sight.see("", model.root, model);
        int gone = 0;
        for (String path : before.keySet()) {
            if (!sight.seen.containsKey(path) && !sight.kept.contains(path)) {
                gone++;
            }
        }
        boolean withheld = !deletesAccepted && tooMany(gone, before.size());
        NavigableMap<String, Entry> after = sight.seen;
        before.forEach(
                (path, entry) -> {
                    if (withheld || sight.kept.contains(path)) {
                        after.putIfAbsent(path, entry);
                    }
                });
        return put(number, new Round(after, gone, withheld));
    }

    private static boolean tooMany(int gone, int known) {
        return gone > Math.max(ALWAYS_ALLOWED, known / ALLOWED_PART) || gone > known / 2;
    }

    private Round put(int number, Round round) {
        rounds.put(number, round);
        return round;
    }

    /** One look at the tree. */
    private final class Sight {
        final NavigableMap<String, Entry> seen = new TreeMap<>();
        final TreeSet<String> kept = new TreeSet<>();
        private final int number;
        private final NavigableMap<String, Entry> before;

        Sight(int number, NavigableMap<String, Entry> before) {
            this.number = number;
            this.before = before;
        }

        void see(String path, Node node, Model model) {
            if (model.excludes.contains(path)) {
                keep(path);
                return;
            }
            if (heldByModes && isUnreadable(node)) {
                if (before.containsKey(path)) {
                    kept.add(path);
                }
                return;
            }
            Entry entry = node.entry(number);
            Entry old = before.get(path);
            seen.put(path, old != null && old.sameAs(entry) ? old : entry);
            if (!node.isDirectory()) {
                return;
            }
            if (heldByModes && (node.permissions & READ) == 0) {
                keepBelow(path);
            } else if (heldByModes && (node.permissions & READ_AND_SEARCH) != READ_AND_SEARCH) {
                node.children.keySet().forEach(name -> keep(Model.child(path, name)));
            } else {
                node.children.forEach((name, child) -> see(Model.child(path, name), child, model));
            }
        }

        /** Of an empty file there is nothing to read. */
        private static boolean isUnreadable(Node node) {
            return node.isRegular() && (node.permissions & READ) == 0 && node.content().length > 0;
        }

        private void keep(String path) {
            if (before.containsKey(path)) {
                kept.add(path);
            }
            keepBelow(path);
        }

        private void keepBelow(String path) {
            String slash = path.isEmpty() ? "" : path + "/";
            String end = path.isEmpty() ? "\uffff" : path + "0";
            kept.addAll(before.subMap(slash, path.isEmpty(), end, false).keySet());
        }
    }
}
