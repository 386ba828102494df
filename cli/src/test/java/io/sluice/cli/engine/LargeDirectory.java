package io.sluice.cli.engine;

import java.io.IOException;

/**
 * One directory that grows from one entry across 20,000, where listings come in parts and pages
 * split, and shrinks back to one, step by step.
 */
final class LargeDirectory {
    static final String PATH = "large";

    private static final int[] SIZES = {1, 400, 4_200, 20_100, 4_000, 300, 1};

    private final Tree tree;
    private final Chance chance;
    private int step;

    LargeDirectory(Tree tree, Chance chance) throws IOException {
        this.tree = tree;
        this.chance = chance;
        tree.directory(PATH, 0755);
        toSize(SIZES[0]);
    }

    boolean grow() throws IOException {
        return step(true);
    }

    boolean shrink() throws IOException {
        return step(false);
    }

    private boolean step(boolean growing) throws IOException {
        int next = (step + 1) % (SIZES.length - 1);
        if ((SIZES[next] > SIZES[step]) != growing) {
            return false;
        }
        step = next;
        toSize(SIZES[step]);
        return true;
    }

    private void toSize(int size) throws IOException {
        Node directory = tree.model.node(PATH);
        for (int i = 0; directory.children.size() < size; i++) {
            String path = PATH + "/entry " + i;
            if (tree.model.node(path) == null) {
                tree.file(path, 0644, chance.oneIn(10) ? chance.bytes(50) : new byte[0]);
            }
        }
        while (directory.children.size() > size) {
            String name =
                    chance.oneIn(2) ? directory.children.firstKey() : directory.children.lastKey();
            String path = Model.child(PATH, name);
            if (directory.children.get(name).isDirectory()) {
                tree.removeTree(path);
            } else {
                tree.unlink(path);
            }
        }
    }
}
