package io.sluice.cli.engine;

import io.sluice.common.posix.FileType;
import io.sluice.pipeline.launch.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the restore of each round should give. A full round is what can be seen. A round on a base
 * is what the base was, with what is seen now in place of it; of that,
 *
 * <ul>
 *   <li>what is left out now, but is still there, stays as it was last stored, with all below it;
 *   <li>so does a file that cannot be read, what lies below a directory that cannot be listed, and
 *       each name in one that cannot be searched;
 *   <li>what lay below a directory that is none any more goes with it;
 *   <li>what else is gone goes, unless that is so much that deletions are withheld: then it stays.
 * </ul>
 */
final class Expectation {
    /** So many names may always go, unless they are more than half of all. */
    private static final int ALWAYS_ALLOWED = 1000;

    private static final int ALLOWED_PART = 5;

    /** More names than a model has that cannot be read. */
    private static final int UNCERTAIN = 100;

    private static final int READ = 0400;
    private static final int READ_AND_SEARCH = 0500;

    /**
     * One round.
     *
     * @param entries all that is known, by path; some of it may lie below what is no directory
     * @param gone names of the base that are not there any more
     * @param base the round that it holds the changes since, or 0
     * @param replaced names of the base below what is no directory any more
     * @param withheld whether those that are gone were kept for their number
     */
    record Round(
            NavigableMap<String, Entry> entries,
            Level level,
            int base,
            List<String> gone,
            int replaced,
            boolean withheld) {
        /** Names that the round has to store. */
        long stored(int number) {
            return entries.values().stream().filter(entry -> entry.stored() == number).count();
        }

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
    private int last;
    private int lastFull;

    /**
     * @param heldByModes whether modes hold the backup back
     */
    Expectation(boolean heldByModes) {
        this.heldByModes = heldByModes;
    }

    Round round(int number) {
        return rounds.get(number);
    }

    /** Whether there was a round. */
    boolean isBegun() {
        return last > 0;
    }

    /**
     * The next round, of the tree as it is now.
     *
     * @param level asked for; AUTO begins with a full round and is incremental from then on
     */
    Round next(int number, Level level, Model model, boolean acceptDeletes) {
        int base = base(level);
        NavigableMap<String, Entry> before = base == 0 ? new TreeMap<>() : known(base);
        Sight sight = new Sight(number, before);
        sight.see("", model.root, model);
        List<String> gone = new ArrayList<>();
        for (String path : before.keySet()) {
            if (!sight.seen.containsKey(path)
                    && !sight.kept.contains(path)
                    && !sight.replaced.contains(path)) {
                gone.add(path);
            }
        }
        boolean withheld = !acceptDeletes && isTooMany(gone.size(), base);
        NavigableMap<String, Entry> after = sight.seen;
        before.forEach(
                (path, entry) -> {
                    boolean goes = !withheld && !sight.kept.contains(path);
                    if (!goes && !sight.replaced.contains(path)) {
                        after.putIfAbsent(path, entry.keptBy(number));
                    }
                });
        Level made = base == 0 ? Level.FULL : level == Level.AUTO ? Level.INCREMENTAL : level;
        return new Round(after, made, base, gone, sight.replaced.size(), withheld);
    }

    /** The round is there. */
    void made(int number, Round round) {
        rounds.put(number, round);
        last = number;
        if (round.base == 0) {
            lastFull = number;
        }
    }

    private int base(Level level) {
        return switch (level) {
            case FULL -> 0;
            case DIFFERENTIAL -> lastFull;
            case INCREMENTAL, AUTO -> last;
        };
    }

    private NavigableMap<String, Entry> known(int round) {
        return rounds.get(round).entries;
    }

    /**
     * Whether the number of what is gone is too near to the limit to foretell what becomes of it:
     * names that a round could not store are known to its index.
     */
    boolean isNearLimit(Round round) {
        if (round.base == 0) {
            return false;
        }
        return isTooMany(round.gone.size() + UNCERTAIN, round.base)
                != isTooMany(round.gone.size() - 2 * UNCERTAIN, round.base);
    }

    /** What had gone between the base and the last round was meant, then. */
    private boolean isTooMany(int gone, int base) {
        if (base == 0) {
            return false;
        }
        int let = 0;
        for (int round = last; round > base; round = rounds.get(round).base) {
            let += rounds.get(round).withheld ? 0 : rounds.get(round).gone.size();
        }
        int goneSince = Math.max(0, Math.min(let, known(base).size() - known(last).size()));
        int left = known(base).size() - goneSince;
        int now = gone - goneSince;
        return now > left / 2 || now > Math.max(ALWAYS_ALLOWED, left / ALLOWED_PART);
    }

    /** One look at the tree. */
    private final class Sight {
        final NavigableMap<String, Entry> seen = new TreeMap<>();
        final Set<String> kept = new HashSet<>();
        final Set<String> replaced = new HashSet<>();
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
            Entry old = before.get(path);
            if (!node.isDirectory() && old != null && old.type() == FileType.DIRECTORY) {
                replaced.addAll(below(path));
            }
            if (heldByModes && isUnreadable(node)) {
                if (before.containsKey(path)) {
                    kept.add(path);
                }
                return;
            }
            Entry entry = node.entry(number);
            seen.put(path, old != null && old.sameAs(entry) ? old : entry);
            if (!node.isDirectory()) {
                return;
            }
            if (heldByModes && (node.permissions & READ) == 0) {
                kept.addAll(below(path));
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
            kept.addAll(below(path));
        }

        private Set<String> below(String path) {
            String slash = path.isEmpty() ? "" : path + "/";
            String end = path.isEmpty() ? "\uffff" : path + "0";
            return before.subMap(slash, false, end, false).keySet();
        }
    }
}
