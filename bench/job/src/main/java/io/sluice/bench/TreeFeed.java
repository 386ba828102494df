package io.sluice.bench;

import io.sluice.common.change.Change;
import java.util.function.Consumer;

/** The listings of a tree, each directory's as often as the tree says. */
record TreeFeed(SyntheticTree tree) implements Feed {
    @Override
    public Share open(int first, int step) {
        return new Listings(tree, first, step);
    }

    private static final class Listings implements Share {
        private final SyntheticTree tree;
        private final SyntheticTree.Generator generator;
        private final int step;
        private long directory;
        private int part;

        Listings(SyntheticTree tree, int first, int step) {
            this.tree = tree;
            generator = tree.new Generator();
            directory = first;
            this.step = step;
        }

        @Override
        public boolean next(Consumer<Change> output) {
            if (directory >= tree.directories()) {
                return false;
            }
            Clock.CLOCK.start();
            for (int reading = 0; reading < tree.readings(); reading++) {
                output.accept(generator.listing(directory, part, reading));
            }
            part++;
            if (part == tree.listingsPerDirectory()) {
                part = 0;
                directory += step;
            }
            return true;
        }
    }
}
