package io.sluice.scan.reader;

import io.sluice.common.posix.FileIdentity;

/**
 * A directory to be read. It is unfinished until the last part of its listing has been emitted, and
 * a {@link #setResumable resumable} one until none of its subdirectories waits any more. All but
 * the final fields is guarded by {@link Walk}.
 */
final class DirectoryTask implements Work {
    /** Headers and references of a task, its path and its identity, rounded up. */
    private static final int OVERHEAD_BYTES = 128;

    private final byte[] path;
    private final FileIdentity listed;

    /**
     * Up to the end of its listing the parent that named it, afterwards the next resumable ancestor
     * that was unfinished then; null for none. Until that one is finished, a restore reads it again
     * and finds this one anew.
     */
    private DirectoryTask above;

    /** Whether {@link #above} is the parent itself, which counts those that wait. */
    private final boolean counted;

    private boolean emitted;
    private boolean resumable;

    /** Subdirectories that no walker has taken yet. */
    private int waiting;

    /**
     * @param listed what the parent's listing had under this name; null when that is not known
     *     (after a restore)
     * @param parent whose listing named it; null when it came in a split
     */
    DirectoryTask(byte[] path, FileIdentity listed, DirectoryTask parent) {
        this(path, listed, parent, true);
    }

    /**
     * One that comes back from a file.
     *
     * @param anchor the other's {@link #anchor}
     * @param counted whether that is the parent
     */
    DirectoryTask(byte[] path, FileIdentity listed, DirectoryTask anchor, boolean counted) {
        this.path = path;
        this.listed = listed;
        this.above = anchor;
        this.counted = counted;
    }

    byte[] path() {
        return path;
    }

    FileIdentity listed() {
        return listed;
    }

    /** The nearest unfinished directory above this one; null when there is none. */
    DirectoryTask anchor() {
        DirectoryTask at = above;
        while (at != null && at.isFinished()) {
            at = at.above;
        }
        return at;
    }

    boolean isCountedBy(DirectoryTask anchor) {
        return counted && anchor == above;
    }

    /** Bytes on the heap, about. */
    int bytes() {
        return OVERHEAD_BYTES + path.length;
    }

    /**
     * So many subdirectories that a checkpoint cannot hold them one by one: this directory stands
     * for them until all are in walkers' hands.
     */
    void setResumable() {
        resumable = true;
    }

    boolean isResumable() {
        return resumable;
    }

    /** It was put where it waits for a walker. */
    void waits() {
        if (above != null && counted) {
            above.waiting++;
        }
    }

    /** It does not wait any more. */
    void taken() {
        if (above != null && counted) {
            above.waiting--;
        }
    }

    boolean isFinished() {
        return emitted && (!resumable || waiting == 0);
    }

    /** Whether a checkpoint must hold this one, since no other directory in it leads here. */
    boolean isOfItsOwn() {
        return anchor() == null;
    }

    /** The last part of its listing has been emitted. */
    void emitted() {
        emitted = true;
        while (above != null && (above.isFinished() || !above.resumable)) {
            above = above.above;
        }
    }
}
