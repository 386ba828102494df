package io.sluice.cli.engine;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** What changes the part of the tree that a backup sees. */
final class CoverageActions {
    private static final int MAX_EXCLUDES = 8;
    private static final int EXCLUDED_ENTRIES = 60;
    private static final int MAX_UNREADABLE = 12;
    private static final int READ = 0400;
    private static final int[] UNREADABLE_FILE = {0, 0200, 0044};

    /**
     * Not 0100, which lets through what is asked for by name, and so what the round before owed:
     * that depends on clocks.
     */
    private static final int[] UNREADABLE_DIRECTORY = {0, 0400};

    /** What needs no escape in a pattern. */
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9/-]+");

    private final Tree tree;
    private final Model model;
    private final Chance chance;
    private final Engine.Settings settings;
    private final List<Node> unreadable = new ArrayList<>();

    CoverageActions(Tree tree, Chance chance, Engine.Settings settings) {
        this.tree = tree;
        this.model = tree.model;
        this.chance = chance;
        this.settings = settings;
    }

    List<Action> all() {
        List<Action> all = new ArrayList<>();
        if (settings.excludes()) {
            all.add(new Action("exclude", 2, this::exclude));
            all.add(new Action("lift an exclude", 2, this::include));
        }
        if (settings.heldByModes()) {
            all.add(new Action("make a file unreadable", 4, this::bar));
            all.add(new Action("make a directory unreadable", 4, this::barDirectory));
            all.add(new Action("make readable again", 6, this::unbar));
        }
        return all;
    }

    private boolean exclude() {
        String path = model.pick(chance.random, node -> Model.size(node) <= EXCLUDED_ENTRIES);
        if (path == null
                || model.excludes.size() >= MAX_EXCLUDES
                || model.excludes.contains(path)
                || Chance.isFixed(path)
                || !PLAIN.matcher(path).matches()) {
            return false;
        }
        model.excludes.add(path);
        return true;
    }

    private boolean include() {
        if (model.excludes.isEmpty()) {
            return false;
        }
        model.excludes.remove(chance.below(model.excludes.size()));
        return true;
    }

    private boolean bar() throws IOException {
        return bar(
                model.pick(
                        chance.random,
                        node ->
                                node.isRegular()
                                        && (node.permissions & READ) != 0
                                        && node.xattrs.isEmpty()),
                UNREADABLE_FILE);
    }

    private boolean barDirectory() throws IOException {
        return bar(
                model.pick(
                        chance.random,
                        node ->
                                node.isDirectory()
                                        && (node.permissions & READ) != 0
                                        && node.xattrs.isEmpty()
                                        && Model.size(node) <= EXCLUDED_ENTRIES),
                UNREADABLE_DIRECTORY);
    }

    private boolean bar(String path, int[] modes) throws IOException {
        if (path == null || Chance.isFixed(path) || unreadable.size() >= MAX_UNREADABLE) {
            return false;
        }
        tree.mode(path, modes[chance.below(modes.length)]);
        unreadable.add(model.node(path));
        return true;
    }

    private boolean unbar() throws IOException {
        if (unreadable.isEmpty()) {
            return false;
        }
        Node node = unreadable.remove(chance.below(unreadable.size()));
        List<String> paths = new ArrayList<>();
        model.walk(
                (path, each) -> {
                    if (each == node) {
                        paths.add(path);
                    }
                });
        if (paths.isEmpty()) {
            return false;
        }
        tree.mode(paths.get(0), chance.mode(node));
        return true;
    }
}
