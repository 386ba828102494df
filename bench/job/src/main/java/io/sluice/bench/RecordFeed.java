package io.sluice.bench;

import io.sluice.common.change.Change;
import io.sluice.common.change.Delta;
import io.sluice.common.entry.PackedEntries;
import io.sluice.lustre.resolve.CreatedFiles;
import java.util.function.Consumer;

/**
 * The listings of a tree, so that the index knows it; then, on the clock, changelog records of new
 * files in its directories, with the answers that the filesystem would give.
 *
 * @param files new ones, a multiple of {@link CreatedFiles#FILES}
 */
record RecordFeed(SyntheticTree tree, long files) implements Feed {
    @Override
    public Share open(int first, int step) {
        return new Records(tree, files, first, step);
    }

    private static final class Records implements Share {
        private final SyntheticTree tree;
        private final SyntheticTree.Generator generator;
        private final CreatedFiles created;
        private final PackedEntries packed = new PackedEntries(256);
        private final long files;
        private final int step;
        private long directory;
        private long batch;

        Records(SyntheticTree tree, long files, int first, int step) {
            this.tree = tree;
            generator = tree.new Generator();
            created = new CreatedFiles(tree.directories());
            this.files = files;
            this.step = step;
            directory = first;
            batch = first;
        }

        @Override
        public boolean next(Consumer<Change> output) {
            if (directory < tree.directories()) {
                output.accept(generator.listing(directory, 0, 0));
                directory += step;
                return true;
            }
            long first = batch * CreatedFiles.FILES;
            if (first >= files) {
                return false;
            }
            Clock.CLOCK.start();
            long file = tree.entries() + first;
            for (CreatedFiles.Found found : created.from(first)) {
                packed.clear();
                packed.present(found.name(), found.name().length, SyntheticTree.stat(file++), null);
                byte[] path = SyntheticTree.path(found.directory());
                output.accept(new Delta(path, false, packed.toBytes()));
            }
            batch += step;
            return true;
        }
    }
}
