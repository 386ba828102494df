package io.sluice.restore;

import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.hash.Xxh3;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Which entries are wanted: all, or given paths with all that lies below them. It remembers which
 * of the given paths met an entry. Its size is that of the operator's list, not of the round. Any
 * number of threads may ask at once.
 */
public final class Selection {
    /** How an entry stands to the selection. */
    public enum Answer {
        /** It is wanted. */
        SELECTED,
        /** It lies above something that is wanted. */
        PARENT,
        /** It has nothing to do with it. */
        OUTSIDE
    }

    private final Map<ByteBuffer, AtomicBoolean> paths = new HashMap<>();
    private final Set<ByteBuffer> parents = new HashSet<>();

    private Selection(List<byte[]> selected) {
        for (byte[] path : selected) {
            TargetTree.requireSafe(path);
            byte[] copy = path.clone();
            paths.put(ByteBuffer.wrap(copy), new AtomicBoolean());
            while (copy.length > 0) {
                copy = DirectoryPath.parent(copy);
                parents.add(ByteBuffer.wrap(copy));
            }
        }
    }

    public static Selection everything() {
        return new Selection(List.of());
    }

    /**
     * @param paths relative to the root, without a slash at either end; the empty path is the root.
     *     None at all selects everything
     * @throws io.sluice.common.SluiceException for an absolute path, an empty component, {@code .}
     *     or {@code ..}
     */
    public static Selection of(List<byte[]> paths) {
        return new Selection(paths);
    }

    /** The same for equal selections; empty for everything. */
    String fingerprint() {
        if (paths.isEmpty() || paths.containsKey(ByteBuffer.wrap(new byte[0]))) {
            return "";
        }
        RecordWriter all = new RecordWriter();
        paths.keySet().stream()
                .map(ByteBuffer::array)
                .sorted(Arrays::compareUnsigned)
                .forEach(all::path);
        return Xxh3.hash128(all.toBytes()).toString();
    }

    /** How an entry that is there stands to the selection. */
    public Answer test(byte[] path) {
        return answer(path, true);
    }

    /** The same of a record that may not count: no given path has met it. */
    Answer look(byte[] path) {
        return answer(path, false);
    }

    private Answer answer(byte[] path, boolean met) {
        if (paths.isEmpty()) {
            return Answer.SELECTED;
        }
        boolean selected = isGiven(path, 0, met);
        for (int i = 0; i < path.length; i++) {
            if (path[i] == '/') {
                selected |= isGiven(path, i, met);
            }
        }
        if (path.length > 0) {
            selected |= isGiven(path, path.length, met);
        }
        if (selected) {
            return Answer.SELECTED;
        }
        return parents.contains(ByteBuffer.wrap(path)) ? Answer.PARENT : Answer.OUTSIDE;
    }

    private boolean isGiven(byte[] path, int length, boolean met) {
        AtomicBoolean given = paths.get(ByteBuffer.wrap(path, 0, length));
        if (given == null) {
            return false;
        }
        if (met && !given.get()) {
            given.set(true);
        }
        return true;
    }

    /** The given paths that have met no entry so far. */
    public List<byte[]> unmatched() {
        List<byte[]> unmatched = new ArrayList<>();
        paths.forEach(
                (path, met) -> {
                    if (!met.get()) {
                        unmatched.add(path.array());
                    }
                });
        unmatched.sort(Arrays::compareUnsigned);
        return unmatched;
    }
}
