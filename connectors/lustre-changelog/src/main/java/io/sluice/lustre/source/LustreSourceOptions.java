package io.sluice.lustre.source;

import io.sluice.scan.ScanOptions;
import java.io.Serializable;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the change source of a round must know.
 *
 * @param scan the tree, with its excludes; its workers are the calls in flight of each reader
 * @param mount path of the filesystem's mount, as bytes
 * @param prefix path of the tree's root relative to the mount, empty if that is the root
 * @param cursors where to begin, by MDT, in the order in which they are dealt out
 * @param subtrees directories to be listed besides, relative to the root: what the round before
 *     could not list
 * @param follow null for a round, which ends where the logs do; else how long to wait there before
 *     looking again, without end. Only behind something acknowledged: else nothing would show that
 *     records were lost, and changes of times and ACLs would not be recorded
 */
public record LustreSourceOptions(
        ScanOptions scan,
        byte[] mount,
        byte[] prefix,
        Map<String, Cursor> cursors,
        List<byte[]> subtrees,
        Duration follow)
        implements Serializable {
    private static final long serialVersionUID = 1L;

    public LustreSourceOptions {
        mount = mount.clone();
        prefix = prefix.clone();
        cursors = new LinkedHashMap<>(cursors);
        subtrees = List.copyOf(subtrees);
        if (follow != null && cursors.values().stream().anyMatch(Cursor::isNew)) {
            throw new IllegalArgumentException("nothing of a log to be followed is acknowledged");
        }
    }

    /**
     * Where a log is to be read from.
     *
     * @param user registered with the MDT
     * @param acknowledged index up to which the user has acknowledged; 0 for nothing yet
     * @param next index of the first record wanted
     */
    public record Cursor(String user, long acknowledged, long next) implements Serializable {
        private static final long serialVersionUID = 1L;

        /** Whether nothing has been acknowledged. */
        boolean isNew() {
            return acknowledged == 0;
        }
    }
}
