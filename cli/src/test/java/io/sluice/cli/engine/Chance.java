package io.sluice.cli.engine;

import io.sluice.common.posix.FileType;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** What is random: names, contents, modes, and places in a model. */
final class Chance {
    private static final int[] FILE_MODES = {
        0644, 0600, 0755, 0640, 0444, 0400, 04755, 02711, 0666
    };
    private static final int[] DIRECTORY_MODES = {0755, 0700, 0750, 01777, 02775, 0711};
    private static final int LARGE_BYTES = 1 << 20;
    private static final int SMALL_BYTES = 8 << 10;
    private static final int REMEMBERED = 200;

    /** Longer ones would, with a restore's target above them, come near PATH_MAX. */
    private static final int PATH_BYTES = 1500;

    private static final List<String> ODD =
            List.of(
                    "two words",
                    "new\nline",
                    "tab\t",
                    "\u00ff\u00fe",
                    "*",
                    "[a-z]?",
                    "-rf",
                    "...",
                    "a\\b",
                    "'quoted\"",
                    "\u00c3\u00bc",
                    "#hash",
                    "!no",
                    " ",
                    "~");

    final Random random;
    private final Model model;
    private final List<String> removed = new ArrayList<>();
    private int names;

    Chance(Random random, Model model) {
        this.random = random;
        this.model = model;
    }

    boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }

    /** From 0, below {@code n}. */
    int below(int n) {
        return random.nextInt(n);
    }

    /** Such names come again. */
    void remember(String path) {
        removed.add(path);
        if (removed.size() > REMEMBERED) {
            removed.remove(random.nextInt(removed.size()));
        }
    }

    /** A path that is free: sometimes one that was taken before. */
    String freePath() {
        if (!removed.isEmpty() && oneIn(3)) {
            String path = removed.get(below(removed.size()));
            Node above = model.node(Model.parent(path));
            if (above != null && above.isDirectory() && model.node(path) == null) {
                return path;
            }
        }
        while (true) {
            String directory = model.pickDirectory(random);
            if (directory.length() < PATH_BYTES) {
                return freePath(directory);
            }
        }
    }

    String freePath(String directory) {
        while (true) {
            String path = Model.child(directory, name());
            if (model.node(path) == null) {
                return path;
            }
        }
    }

    private String name() {
        if (oneIn(20)) {
            return ODD.get(below(ODD.size())) + (oneIn(2) ? "" : names++);
        }
        String name = Integer.toString(names++, Character.MAX_RADIX);
        return oneIn(60) ? name + "-".repeat(100 + below(150)) : "n" + name;
    }

    int fileMode() {
        return FILE_MODES[below(FILE_MODES.length)];
    }

    int directoryMode() {
        return DIRECTORY_MODES[below(DIRECTORY_MODES.length)];
    }

    int mode(Node node) {
        return node.type == FileType.DIRECTORY ? directoryMode() : fileMode();
    }

    /** Mostly small, rarely large, often none. */
    byte[] content() {
        int size =
                switch (below(8)) {
                    case 0, 1 -> 0;
                    case 2, 3, 4 -> below(300);
                    default -> below(SMALL_BYTES);
                };
        return bytes(size);
    }

    byte[] largeContent() {
        return bytes(LARGE_BYTES + below(LARGE_BYTES));
    }

    byte[] bytes(int size) {
        byte[] bytes = new byte[size];
        random.nextBytes(bytes);
        return bytes;
    }

    String pickFile() {
        return model.pick(random, Node::isRegular);
    }

    /** A directory that may be moved and removed, of at most so many entries; null for none. */
    String pickMovable(int size) {
        String path = model.pick(random, node -> node.isDirectory() && !Model.isLarger(node, size));
        return path == null || isFixed(path) ? null : path;
    }

    /** Anything but a directory. */
    String pickLeaf() {
        return model.pick(random, node -> !node.isDirectory());
    }

    static boolean isFixed(String path) {
        return path.equals(Tree.WHOLE_SECONDS) || path.equals(LargeDirectory.PATH);
    }
}
