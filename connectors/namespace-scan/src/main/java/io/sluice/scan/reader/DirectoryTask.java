package io.sluice.scan.reader;

import io.sluice.common.posix.FileIdentity;

/**
 * A directory to be read. It is unfinished until the last part of its listing has been emitted;
 * {@link Walk} guards that.
 */
final class DirectoryTask {
    private final byte[] path;
    private final FileIdentity listed;

    /** Until that one is finished, a restore reads it again and finds this one anew. */
    private DirectoryTask parent;

    private boolean finished;

    /**
     * @param listed what the parent's listing had under this name; null when that is not known
     *     (after a restore)
     * @param parent whose listing named it; null when it came in a split
     */
    DirectoryTask(byte[] path, FileIdentity listed, DirectoryTask parent) {
        this.path = path;
        this.listed = listed;
        this.parent = parent;
    }

    byte[] path() {
        return path;
    }

    FileIdentity listed() {
        return listed;
    }

    /** Whether a checkpoint must hold this one, since no other directory in it leads here. */
    boolean isOfItsOwn() {
        return parent == null || parent.finished;
    }

    void finish() {
        finished = true;
        parent = null;
    }
}
