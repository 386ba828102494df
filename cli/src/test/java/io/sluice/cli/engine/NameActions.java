package io.sluice.cli.engine;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** What happens to names: moved, exchanged, linked, removed, taken by something else. */
final class NameActions {
    /** Entries of a directory that is moved or replaced: far from a mass deletion. */
    private static final int MOVED = 60;

    private static final int PATH_BYTES = 2000;

    private final Tree tree;
    private final Model model;
    private final Chance chance;

    NameActions(Tree tree, Chance chance) {
        this.tree = tree;
        this.model = tree.model;
        this.chance = chance;
    }

    List<Action> all() {
        List<Action> all = new ArrayList<>();
        all.add(new Action("rename a file", 4, this::renameFile));
        all.add(new Action("rename over another", 2, this::renameOver));
        all.add(new Action("save by rename", 4, this::save));
        all.add(new Action("rename a directory", 3, this::renameDirectory));
        all.add(new Action("swap two names", 3, this::swapNames));
        all.add(new Action("swap two directories", 2, this::swapDirectories));
        all.add(new Action("link", 4, this::link));
        all.add(new Action("unlink", 5, this::unlink));
        all.add(new Action("move a directory out", 2, this::moveOut));
        all.add(new Action("move a directory back", 2, this::moveBack));
        all.add(new Action("file becomes directory", 2, this::fileToDirectory));
        all.add(new Action("directory becomes file", 2, this::directoryToFile));
        all.add(new Action("directory becomes symbolic link", 2, this::directoryToSymlink));
        all.add(new Action("delete and make again", 2, this::recreate));
        all.add(new Action("delete and make again, same inode", 2, this::recreateInode));
        return all;
    }

    private boolean renameFile() throws IOException {
        String path = chance.pickLeaf();
        if (path == null) {
            return false;
        }
        tree.rename(path, chance.freePath());
        chance.remember(path);
        return true;
    }

    private boolean renameOver() throws IOException {
        String from = chance.pickLeaf();
        String to = chance.pickLeaf();
        // rename(2) does nothing between two names of a file.
        if (from == null || to == null || model.node(from) == model.node(to)) {
            return false;
        }
        tree.rename(from, to);
        chance.remember(from);
        return true;
    }

    private boolean save() throws IOException {
        String path = chance.pickFile();
        if (path == null) {
            return false;
        }
        String temporary = chance.freePath(Model.parent(path));
        tree.file(temporary, model.node(path).permissions, chance.content());
        tree.rename(temporary, path);
        return true;
    }

    private boolean renameDirectory() throws IOException {
        String path = chance.pickMovable(MOVED);
        if (path == null) {
            return false;
        }
        String to = chance.freePath();
        if (!fits(path, to)) {
            return false;
        }
        tree.rename(path, to);
        chance.remember(path);
        return true;
    }

    /** Whether a directory may lie there: not in itself, nor too deep. */
    private boolean fits(String path, String to) {
        return !Model.isIn(to, path) && to.length() + longestBelow(model.node(path)) < PATH_BYTES;
    }

    private static int longestBelow(Node directory) {
        int[] longest = {0};
        Model.walk("", directory, (path, node) -> longest[0] = Math.max(longest[0], path.length()));
        return longest[0];
    }

    private boolean swapNames() throws IOException {
        String one = chance.pickLeaf();
        String two = chance.pickLeaf();
        if (one == null || two == null || model.node(one) == model.node(two)) {
            return false;
        }
        tree.exchange(one, two);
        return true;
    }

    private boolean swapDirectories() throws IOException {
        String one = chance.pickMovable(MOVED);
        String two = chance.pickMovable(MOVED);
        if (one == null || two == null || !fits(one, two) || !fits(two, one)) {
            return false;
        }
        tree.exchange(one, two);
        return true;
    }

    private boolean link() throws IOException {
        String existing = chance.pickLeaf();
        if (existing == null) {
            return false;
        }
        tree.link(existing, chance.freePath());
        return true;
    }

    private boolean unlink() throws IOException {
        String path = chance.pickLeaf();
        if (path == null) {
            return false;
        }
        tree.unlink(path);
        chance.remember(path);
        return true;
    }

    private boolean moveOut() throws IOException {
        String path = chance.pickMovable(MOVED);
        if (path == null) {
            return false;
        }
        tree.moveOut(path);
        chance.remember(path);
        return true;
    }

    private boolean moveBack() throws IOException {
        if (model.outside.isEmpty()) {
            return false;
        }
        List<String> names = List.copyOf(model.outside.keySet());
        String name = names.get(chance.below(names.size()));
        String to = chance.freePath();
        if (to.length() + longestBelow(model.outside.get(name)) >= PATH_BYTES) {
            return false;
        }
        tree.moveIn(name, to);
        return true;
    }

    private boolean fileToDirectory() throws IOException {
        String path = chance.pickLeaf();
        if (path == null) {
            return false;
        }
        tree.unlink(path);
        tree.directory(path, chance.directoryMode());
        for (int i = chance.below(4); i > 0; i--) {
            tree.file(chance.freePath(path), chance.fileMode(), chance.content());
        }
        return true;
    }

    private boolean directoryToFile() throws IOException {
        String path = chance.pickMovable(MOVED);
        if (path == null) {
            return false;
        }
        tree.removeTree(path);
        tree.file(path, chance.fileMode(), chance.content());
        return true;
    }

    private boolean directoryToSymlink() throws IOException {
        String path = chance.pickMovable(MOVED);
        if (path == null) {
            return false;
        }
        tree.removeTree(path);
        tree.symlink(path, Model.name(model.pickDirectory(chance.random)) + "/.");
        return true;
    }

    private boolean recreate() throws IOException {
        String path = chance.pickFile();
        if (path == null) {
            return false;
        }
        tree.unlink(path);
        tree.file(path, chance.fileMode(), chance.content());
        return true;
    }

    private boolean recreateInode() throws IOException {
        String path = chance.pickFile();
        if (path == null) {
            return false;
        }
        int size = model.node(path).content().length;
        tree.remake(path, chance.fileMode(), chance.bytes(size));
        return true;
    }
}
