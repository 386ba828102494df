package io.sluice.pipeline.index;

import io.sluice.common.entry.DirectoryPath;
import io.sluice.pipeline.savepoint.SavepointStates;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The directory index in a savepoint. Belongs to one thread. */
public final class SavepointIndex {
    private final SavepointStates states;

    public SavepointIndex(SavepointStates states) {
        this.states = states;
    }

    /**
     * What the index holds.
     *
     * @param directories known ones, the root too
     * @param parted those of them whose children lie in several pages
     * @param entries names, the root's too
     * @param flags how many of the entries have each flag, by its name
     * @param leftovers directories with something in a state that only a running round needs
     */
    public record Figures(
            long directories,
            long parted,
            long entries,
            Map<String, Long> flags,
            Map<String, Long> leftovers) {}

    /** Goes through all of it; memory holds a page. */
    public Figures figures() throws IOException {
        Counting counting = new Counting();
        states.keyed(
                DirectoryIndexOperator.NAME,
                DirectoryKey.TYPE,
                (backend, store) -> {
                    Pages pages = new Pages(store);
                    try (IndexState.KeysOf keys = Pages.known(backend)) {
                        while (next(keys)) {
                            counting.directory(pages);
                        }
                    }
                    for (String state : IndexState.OF_A_ROUND) {
                        try (IndexState.KeysOf keys = new IndexState.KeysOf(backend, state)) {
                            while (next(keys)) {
                                counting.leftovers.merge(state, 1L, Long::sum);
                            }
                        }
                    }
                });
        return counting.figures();
    }

    private static boolean next(IndexState.KeysOf keys) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        return keys.next();
    }

    /** Takes the children of a directory. */
    @FunctionalInterface
    public interface ChildConsumer {
        void child(byte[] name, long inode, long signature, List<String> flags) throws IOException;
    }

    /**
     * Reads the children of one directory, in no order.
     *
     * @param directory its path
     * @return whether the index knows it
     */
    public boolean children(byte[] directory, ChildConsumer consumer) throws IOException {
        boolean[] known = new boolean[1];
        DirectoryKey key = DirectoryKey.of(directory);
        states.keyed(
                DirectoryIndexOperator.NAME,
                DirectoryKey.TYPE,
                key,
                (backend, store) -> {
                    backend.setCurrentKey(key);
                    Pages pages = new Pages(store);
                    known[0] = pages.stored() != null;
                    pages.open(directory);
                    PageReader page = new PageReader();
                    for (int i = 0; i < pages.count(); i++) {
                        page.start(pages.get(i));
                        while (page.next()) {
                            consumer.child(
                                    Arrays.copyOf(page.nameBuffer(), page.nameLength()),
                                    page.inode(),
                                    page.signature(),
                                    PageFlag.of(page.flags()));
                        }
                    }
                });
        return known[0];
    }

    private static final class Counting {
        private static final PageFlag[] FLAGS = PageFlag.values();

        private final PageReader page = new PageReader();
        private final TreeMap<String, Long> leftovers = new TreeMap<>();
        private final long[] flags = new long[FLAGS.length];
        private long directories;
        private long parted;
        private long entries;

        void directory(Pages pages) throws Exception {
            if (!DirectoryPath.isAboveRoot(pages.openStored())) {
                directories++;
            }
            if (pages.count() > 1) {
                parted++;
            }
            for (int i = 0; i < pages.count(); i++) {
                page.start(pages.get(i));
                while (page.next()) {
                    entries++;
                    for (PageFlag flag : FLAGS) {
                        if (flag.isIn(page.flags())) {
                            flags[flag.ordinal()]++;
                        }
                    }
                }
            }
        }

        Figures figures() {
            TreeMap<String, Long> named = new TreeMap<>();
            for (PageFlag flag : FLAGS) {
                named.put(flag.text(), flags[flag.ordinal()]);
            }
            return new Figures(directories, parted, entries, named, leftovers);
        }
    }
}
