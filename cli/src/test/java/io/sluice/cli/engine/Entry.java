package io.sluice.cli.engine;

import io.sluice.common.posix.FileType;
import java.util.Map;

/**
 * What a name is expected to be after a restore.
 *
 * @param node which of the model's inodes it names
 * @param changed the first round that could see the inode so
 * @param stored the round that has it
 * @param kept the first round since that did not see it but has it still, or 0
 * @param hash of the content
 * @param target of a symbolic link, as Latin-1
 */
record Entry(
        int node,
        int changed,
        int stored,
        int kept,
        FileType type,
        int permissions,
        int uid,
        int gid,
        long seconds,
        int nanos,
        long size,
        long hash,
        String target,
        Map<String, byte[]> xattrs) {

    /** Whether both are one inode in one state: then a round need not store it again. */
    boolean sameAs(Entry other) {
        return node == other.node && changed == other.changed;
    }

    /** The rounds that had to do with it, for a trail. */
    String history() {
        return "node "
                + node
                + " changed for round "
                + changed
                + ", stored by "
                + stored
                + (kept == 0 ? "" : ", unseen since " + kept);
    }

    /** As it is in a round that does not see it. */
    Entry keptBy(int round) {
        return kept > 0
                ? this
                : new Entry(
                        node,
                        changed,
                        stored,
                        round,
                        type,
                        permissions,
                        uid,
                        gid,
                        seconds,
                        nanos,
                        size,
                        hash,
                        target,
                        xattrs);
    }
}
