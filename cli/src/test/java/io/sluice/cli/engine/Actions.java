package io.sluice.cli.engine;

import io.sluice.common.posix.FileType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** All that happens to a tree, by chance; and how often each thing did. */
final class Actions {
    static final String MASS_DELETION = "mass deletion";
    static final String PLANT = "plant";

    private static final int LESS_THAN_MASS = 40;

    /** Trees that a mass deletion removes. */
    private static final int MOST_REMOVED = 5_000;

    private final Tree tree;
    private final Model model;
    private final Chance chance;
    private final List<Action> actions = new ArrayList<>();
    private final EngineCounts counts;
    private final int weights;

    /**
     * @param counts gets how often each action ran
     */
    Actions(Tree tree, Chance chance, Engine.Settings settings, EngineCounts counts)
            throws IOException {
        this.tree = tree;
        this.model = tree.model;
        this.chance = chance;
        this.counts = counts;
        tree.by("begin");
        tree.directory(Tree.WHOLE_SECONDS, 0755);
        actions.addAll(new FileActions(tree, chance, settings.owners()).all());
        actions.addAll(new NameActions(tree, chance).all());
        actions.addAll(new CoverageActions(tree, chance, settings).all());
        if (settings.largeDirectory()) {
            LargeDirectory large = new LargeDirectory(tree, chance);
            add("grow the large directory", 2, large::grow);
            add("shrink the large directory", 2, large::shrink);
        }
        add("rm -rf", 2, this::removeTree);
        add("plant a small tree", 2, () -> plant(5 + chance.below(LESS_THAN_MASS)));
        weights = actions.stream().mapToInt(Action::weight).sum();
        actions.forEach(action -> counts.known(action.name()));
    }

    private void add(String name, int weight, Action.Step step) {
        actions.add(new Action(name, weight, step));
    }

    /** One action by chance. */
    void any() throws IOException {
        while (true) {
            int at = chance.below(weights);
            for (Action action : actions) {
                at -= action.weight();
                if (at < 0) {
                    if (run(action)) {
                        return;
                    }
                    break;
                }
            }
        }
    }

    private boolean run(Action action) throws IOException {
        tree.by(action.name());
        boolean done = action.step().run();
        if (done) {
            counts.action(action.name());
        }
        return done;
    }

    /** Makes the tree larger by at least so many entries. */
    void grow(int entries) throws IOException {
        int goal = model.size() + entries;
        while (model.size() < goal) {
            run(new Action(PLANT, 0, () -> plant(Math.min(150, goal - model.size() + 1))));
        }
    }

    /** Removes at least so many entries, if so many may be removed. */
    void massDeletion(int entries) throws IOException {
        int left = entries;
        tree.by(MASS_DELETION);
        counts.action(MASS_DELETION);
        for (int tries = 0; left > 0 && tries < MOST_REMOVED; tries++) {
            String path = chance.pickMovable(entries);
            if (path != null) {
                left -= Model.size(model.node(path));
                remove(path);
            }
        }
    }

    private boolean removeTree() throws IOException {
        String path = chance.pickMovable(LESS_THAN_MASS);
        if (path == null) {
            return false;
        }
        remove(path);
        return true;
    }

    private void remove(String path) throws IOException {
        Map<String, Node> below = new TreeMap<>();
        Model.walk(path, model.node(path), below::put);
        below.keySet().stream().limit(20).forEach(chance::remember);
        tree.removeTree(path);
    }

    /** A directory with about so many entries, all types among them. */
    private boolean plant(int entries) throws IOException {
        String top = chance.freePath();
        tree.directory(top, chance.directoryMode());
        List<String> directories = new ArrayList<>(List.of(top));
        String file = null;
        for (int i = 1; i < entries; i++) {
            String directory = directories.get(chance.below(directories.size()));
            String path = chance.freePath(directory);
            switch (chance.below(24)) {
                case 0, 1 -> {
                    tree.directory(path, chance.directoryMode());
                    directories.add(path);
                }
                case 2 -> tree.symlink(path, "../" + Model.name(directory));
                case 3 -> tree.special(path, FileType.FIFO, 0644);
                case 4, 5 -> {
                    if (file != null) {
                        tree.link(file, path);
                    }
                }
                default -> {
                    tree.file(path, chance.fileMode(), chance.content());
                    file = path;
                }
            }
        }
        return true;
    }
}
