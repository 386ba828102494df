package io.sluice.scan.reader;

import io.sluice.common.change.Change;
import io.sluice.common.change.Listing;
import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.entry.EntryCursor;
import io.sluice.common.text.Text;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What the index would make of listings: sets of parts by directory and id, only whole ones count.
 */
final class Listings {
    private final Map<String, Map<Long, List<Listing>>> byDirectory = new TreeMap<>();

    void add(Change change) {
        if (change instanceof Listing listing) {
            byDirectory
                    .computeIfAbsent(Text.escape(listing.directory()), d -> new HashMap<>())
                    .computeIfAbsent(listing.id(), id -> new ArrayList<>())
                    .add(listing);
        }
    }

    /** Complete readings of a directory, in any order; each is its parts, in order. */
    List<List<Listing>> complete(String directory) {
        return byDirectory.getOrDefault(directory, Map.of()).entrySet().stream()
                .flatMap(
                        set ->
                                set.getKey() == 0
                                        ? set.getValue().stream().map(List::of)
                                        : java.util.stream.Stream.of(set.getValue()))
                .filter(Listings::isGapless)
                .toList();
    }

    private static boolean isGapless(List<Listing> parts) {
        for (int i = 0; i < parts.size(); i++) {
            boolean last = i == parts.size() - 1;
            if (parts.get(i).part() != i || parts.get(i).parts() != (last ? i + 1 : 0)) {
                return false;
            }
        }
        return true;
    }

    /** The one reading of a directory in one part. */
    Listing whole(String directory) {
        List<List<Listing>> sets = complete(directory);
        if (sets.size() != 1 || sets.get(0).size() != 1) {
            throw new AssertionError(sets.size() + " listings of '" + directory + "'");
        }
        return sets.get(0).get(0);
    }

    TreeSet<String> directories() {
        return new TreeSet<>(byDirectory.keySet());
    }

    /** {@code <letter> <inode> <path>} of each name with attributes, without the root. */
    TreeSet<String> names() {
        TreeSet<String> names = new TreeSet<>();
        for (String directory : byDirectory.keySet()) {
            for (List<Listing> parts : complete(directory)) {
                parts.forEach(part -> addNames(part, names));
            }
        }
        return names;
    }

    private static void addNames(Listing part, TreeSet<String> to) {
        EntryCursor cursor = part.cursor();
        int count = 0;
        while (cursor.next()) {
            count++;
            byte[] path = DirectoryPath.child(part.directory(), cursor.name());
            if (path.length > 0 && cursor.kind().hasStat()) {
                to.add(cursor.type().letter() + " " + cursor.inode() + " " + Text.escape(path));
            }
        }
        if (count != part.count()) {
            throw new AssertionError(part.count() + " announced, " + count + " there");
        }
    }

    /**
     * What is known of each name in a complete reading, by its path: kind, attributes, target.
     *
     * @throws AssertionError when two readings know different things
     */
    SortedMap<String, String> looks() {
        SortedMap<String, String> looks = new TreeMap<>();
        for (String directory : byDirectory.keySet()) {
            for (List<Listing> parts : complete(directory)) {
                for (Listing part : parts) {
                    EntryCursor cursor = part.cursor();
                    while (cursor.next()) {
                        byte[] path = DirectoryPath.child(part.directory(), cursor.name());
                        String look =
                                cursor.kind()
                                        + " "
                                        + (cursor.kind().hasStat() ? cursor.stat() : "");
                        String before = looks.put(Text.escape(path), look);
                        if (before != null && !before.equals(look)) {
                            throw new AssertionError(
                                    Text.escape(path) + ": " + before + " and " + look);
                        }
                    }
                }
            }
        }
        return looks;
    }

    /** Kind of each name of a directory. */
    Map<String, String> kinds(String directory) {
        Map<String, String> kinds = new TreeMap<>();
        EntryCursor cursor = whole(directory).cursor();
        while (cursor.next()) {
            kinds.put(Text.escape(cursor.name()), cursor.kind().name());
        }
        return kinds;
    }

    /** Names in all complete readings, repeated ones too. */
    long countOfNames() {
        return byDirectory.keySet().stream()
                .flatMap(directory -> complete(directory).stream())
                .flatMap(List::stream)
                .mapToLong(Listing::count)
                .sum();
    }
}
