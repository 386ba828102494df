package io.sluice.lustre.resolve;

import io.sluice.common.change.Delta;
import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.entry.EntryCursor;
import io.sluice.common.entry.EntryKind;
import io.sluice.common.pattern.Excludes;
import io.sluice.common.posix.FileType;
import io.sluice.lustre.Fid;
import io.sluice.lustre.LinkEa;
import io.sluice.lustre.changelog.ChangelogRecord;
import io.sluice.scan.reader.NameQuery;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;

/**
 * Asks the filesystem about what the records of a batch point at. To be called when all records of
 * the batch have been read and the recording of time and ACL changes has been armed again: what
 * changes from then on has a record of its own.
 *
 * <p>What is asked now may be ahead of the records. A parent that is gone, or is elsewhere by now,
 * needs no answer here: its own removal or rename is a record too, read in this batch or later.
 * With each name the truth about every directory above it is asked, so that nothing is stored below
 * a directory that the index does not know. Nothing is remembered from batch to batch.
 */
public final class Resolver {
    private final FidNames fids;
    private final NameQuery tree;
    private final byte[] prefix;
    private final Excludes excludes;
    private final ExecutorService threads;

    /**
     * @param tree the root of the backup
     * @param prefix path of that root, relative to the mount's root; empty if it is the same
     * @param excludes those of {@code tree}
     * @param threads that ask; how many there are bounds the calls in flight
     */
    public Resolver(
            FidNames fids,
            NameQuery tree,
            byte[] prefix,
            Excludes excludes,
            ExecutorService threads) {
        this.fids = fids;
        this.tree = tree;
        this.prefix = prefix.clone();
        this.excludes = excludes;
        this.threads = threads;
    }

    /** Paths by depth, then in order; with each, whether a directory there is to be listed. */
    private static TreeMap<byte[], Boolean> paths() {
        return new TreeMap<>(
                (one, other) -> {
                    int depth = DirectoryPath.depth(one) - DirectoryPath.depth(other);
                    return depth != 0 ? depth : Arrays.compareUnsigned(one, other);
                });
    }

    /**
     * Resolves a batch.
     *
     * @throws IOException if the filesystem cannot tell where an object is
     */
    public Resolved resolve(List<ChangelogRecord> records)
            throws IOException, InterruptedException {
        Hints hints = new Hints();
        records.forEach(hints::add);
        Map<Hints.Name, Boolean> names = new LinkedHashMap<>(hints.names());
        String doubt = null;
        Map<Fid, FidNames.Links> links = askAll(hints.objects(), fids::linksOf);
        for (Map.Entry<Fid, FidNames.Links> found : links.entrySet()) {
            if (!found.getValue().complete()) {
                doubt = "not all names of " + found.getKey() + " can be found";
            }
            for (LinkEa.Link link : found.getValue().links()) {
                names.putIfAbsent(new Hints.Name(link.parent(), link.name()), false);
            }
        }
        TreeMap<byte[], Boolean> paths = pathsOf(names);
        if (!records.isEmpty()) {
            // The root has no name in the tree by which a record could point at it.
            paths.putIfAbsent(DirectoryPath.ROOT, false);
        }
        return answer(paths, doubt, hints.unknown());
    }

    /** Those of the paths, relative to the root, that are directories now; none below another. */
    public List<byte[]> directories(List<byte[]> paths) throws IOException, InterruptedException {
        TreeMap<byte[], Boolean> trees = paths();
        paths.forEach(path -> trees.put(path, true));
        return answer(trees, null, 0).subtrees();
    }

    private TreeMap<byte[], Boolean> pathsOf(Map<Hints.Name, Boolean> names)
            throws IOException, InterruptedException {
        Map<Fid, Boolean> parents = new LinkedHashMap<>();
        names.keySet().forEach(name -> parents.put(name.parent(), true));
        Map<Fid, byte[]> directories = new HashMap<>();
        askAll(parents.keySet(), fid -> new Place(fids.pathOf(fid)))
                .forEach((fid, place) -> directories.put(fid, below(place.path())));
        TreeMap<byte[], Boolean> paths = paths();
        names.forEach(
                (name, isTree) -> {
                    byte[] directory = directories.get(name.parent());
                    if (directory != null) {
                        add(paths, directory, name.name(), isTree);
                    }
                });
        return paths;
    }

    /** Where an object is; a null path when it is gone. */
    private record Place(byte[] path) {}

    private void add(
            TreeMap<byte[], Boolean> paths, byte[] directory, byte[] name, boolean isTree) {
        paths.merge(DirectoryPath.child(directory, name), isTree, Boolean::logicalOr);
        if (excludes.isMarker(name, name.length)) {
            // With the marker, what lies beside it is left out or comes back.
            paths.put(directory, true);
        }
        byte[] above = directory;
        while (above.length > 0) {
            paths.putIfAbsent(above, false);
            above = DirectoryPath.parent(above);
        }
    }

    /** Relative to the root of the backup; null for what lies elsewhere. */
    private byte[] below(byte[] path) {
        if (path == null || !DirectoryPath.isAtOrBelow(path, prefix)) {
            return null;
        }
        int start = prefix.length == 0 || path.length == prefix.length ? 0 : 1;
        return Arrays.copyOfRange(path, prefix.length + start, path.length);
    }

    private Resolved answer(TreeMap<byte[], Boolean> paths, String doubt, long unknown)
            throws IOException, InterruptedException {
        List<Delta> answers = new ArrayList<>();
        List<byte[]> subtrees = new ArrayList<>();
        Outer outer = new Outer();
        List<byte[]> level = new ArrayList<>();
        for (byte[] path : paths.keySet()) {
            boolean deeper =
                    !level.isEmpty()
                            && DirectoryPath.depth(path) != DirectoryPath.depth(level.get(0));
            if (deeper) {
                ask(level, paths, outer, answers, subtrees);
                level.clear();
            }
            level.add(path);
        }
        ask(level, paths, outer, answers, subtrees);
        return new Resolved(answers, subtrees, doubt, unknown);
    }

    /** Directories below which nothing is to be asked: they are listed, left out, or none. */
    private static final class Outer {
        private final TreeMap<byte[], Boolean> closed = paths();

        boolean covers(byte[] path) {
            byte[] above = path;
            while (above.length > 0) {
                above = DirectoryPath.parent(above);
                if (closed.containsKey(above)) {
                    return true;
                }
            }
            return false;
        }
    }

    /** Asks about paths of one depth; all above them has been asked. */
    private void ask(
            List<byte[]> level,
            TreeMap<byte[], Boolean> paths,
            Outer outer,
            List<Delta> answers,
            List<byte[]> subtrees)
            throws IOException, InterruptedException {
        List<byte[]> open = level.stream().filter(path -> !outer.covers(path)).toList();
        Map<byte[], Delta> answered = askAll(open, path -> tree.ask(path, false));
        for (Map.Entry<byte[], Delta> answer : answered.entrySet()) {
            byte[] path = answer.getKey();
            EntryCursor entry = new EntryCursor().reset(answer.getValue().entry());
            entry.next();
            EntryKind kind = entry.kind();
            boolean isDirectory = kind == EntryKind.PRESENT && entry.type() == FileType.DIRECTORY;
            boolean unreadable = kind == EntryKind.UNREADABLE;
            // What cannot be looked at may be a directory: its listing fails too, and is owed.
            boolean listed = paths.get(path) && (isDirectory || unreadable);
            if (listed) {
                subtrees.add(path);
            }
            if ((!isDirectory && !unreadable) || listed) {
                outer.closed.put(path, true);
            }
            if (kind.hasStat() || unreadable || kind == EntryKind.GONE) {
                answers.add(answer.getValue());
            }
        }
    }

    /** What is asked about one thing. */
    private interface Question<T, R> {
        R ask(T about) throws IOException;
    }

    private <T, R> Map<T, R> askAll(Collection<T> things, Question<T, R> question)
            throws IOException, InterruptedException {
        List<Callable<R>> calls = new ArrayList<>(things.size());
        things.forEach(thing -> calls.add(() -> question.ask(thing)));
        Map<T, R> answers = new LinkedHashMap<>();
        int i = 0;
        List<Future<R>> futures = threads.invokeAll(calls);
        for (T thing : things) {
            try {
                answers.put(thing, futures.get(i++).get());
            } catch (ExecutionException e) {
                if (e.getCause() instanceof RuntimeException unchecked) {
                    throw unchecked;
                }
                throw new IOException("asking about what has changed failed", e.getCause());
            }
        }
        return answers;
    }
}
