package io.sluice.restore;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.entry.Stat;
import io.sluice.common.hash.Xxh3;
import io.sluice.common.posix.FileType;
import io.sluice.common.testing.TestTree;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What a small tree held at a moment: its entries by path, as Latin-1. */
final class TreeState {
    /** Change times have the granularity of the kernel's clock, so the content counts too. */
    private record Entry(Stat stat, long content) {
        /** All that a restore brings back. */
        private String restored() {
            return stat.inode()
                    + " "
                    + stat.mode()
                    + " "
                    + stat.uid()
                    + " "
                    + stat.gid()
                    + " "
                    + stat.size()
                    + " "
                    + stat.modified()
                    + " "
                    + content;
        }

        /** What is compared of its head; a link's target is in its content. */
        private String head() {
            boolean file = stat.type() == FileType.REGULAR;
            boolean target = stat.type() == FileType.SYMLINK;
            return stat.inode()
                    + " "
                    + stat.mode()
                    + " "
                    + stat.uid()
                    + " "
                    + stat.gid()
                    + " "
                    + (file ? stat.size() : 0)
                    + " "
                    + stat.modified()
                    + " "
                    + (target ? content : 0);
        }

        private boolean isSame(Entry other) {
            return restored().equals(other.restored())
                    && stat.changed().equals(other.stat.changed());
        }
    }

    private final Map<String, Entry> entries = new TreeMap<>();

    static TreeState of(TestTree tree) throws IOException {
        TreeState state = new TreeState();
        state.add(tree, DirectoryPath.ROOT);
        return state;
    }

    private void add(TestTree tree, byte[] path) throws IOException {
        Stat stat = Stat.of(tree.stat(path));
        byte[] content =
                switch (stat.type()) {
                    case REGULAR -> tree.content(path);
                    case SYMLINK -> tree.target(path);
                    default -> new byte[0];
                };
        entries.put(new String(path, ISO_8859_1), new Entry(stat, Xxh3.hash64(content)));
        if (stat.type() == FileType.DIRECTORY) {
            for (byte[] name : tree.names(path)) {
                add(tree, DirectoryPath.child(path, name));
            }
        }
    }

    /** What a diff says of the way from an earlier state to this one, change times apart. */
    List<String> differences(TreeState before) {
        TreeSet<String> all = new TreeSet<>(paths());
        all.addAll(before.paths());
        List<String> differences = new ArrayList<>();
        for (String path : all) {
            Entry old = before.entries.get(path);
            Entry now = entries.get(path);
            if (old == null || now == null) {
                differences.add((old == null ? "+" : "-") + path);
            } else if (!old.head().equals(now.head())) {
                differences.add("~" + path);
            }
        }
        return differences;
    }

    Set<String> paths() {
        return entries.keySet();
    }

    FileType type(String path) {
        return entries.get(path).stat.type();
    }

    /**
     * What a round holds that builds on an earlier one: all names of changed files, and some names
     * that have not changed. A name that came or went is a change of the file's other names too, by
     * their change time.
     */
    TreeBackup.Changes since(int base, TreeState before, Random random) {
        Set<Long> inodes = new HashSet<>();
        entries.forEach(
                (path, entry) -> {
                    Entry old = before.entries.get(path);
                    if (old == null || !entry.isSame(old) || random.nextInt(20) == 0) {
                        inodes.add(entry.stat.inode());
                    }
                });
        Set<String> stored = new HashSet<>();
        entries.forEach(
                (path, entry) -> {
                    if (inodes.contains(entry.stat.inode())) {
                        stored.add(path);
                    }
                });
        // Single names are stored again, as those owed by the base are.
        for (String path : before.paths()) {
            if (entries.containsKey(path) && random.nextInt(6) == 0) {
                stored.add(path);
            }
        }
        Set<String> deleted = new HashSet<>(before.paths());
        deleted.removeAll(paths());
        if (random.nextInt(4) == 0) {
            deleted.add("never/there");
        }
        return new TreeBackup.Changes(base, stored, deleted);
    }
}
