package io.sluice.restore;

import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.entry.Stat;
import io.sluice.common.filesystem.FilesystemHooks;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.Statx;
import io.sluice.ptcomm.codec.EntryHandler.DataState;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Restores regular files, one after the other: looks at the name, takes the data into a {@link
 * PartialFile}, sets the attributes, puts it in place. What goes wrong with one file is counted and
 * told, with its path, and the next may begin. Not thread-safe.
 */
final class FileRestorer implements Closeable {
    /** How a file ended. */
    enum Outcome {
        /** It is in place, written by this restore. */
        WRITTEN,
        /** The round holds no data of it; counted as skipped. */
        WITHOUT_DATA,
        /** It is not in place; counted as skipped, damaged or failed. */
        NOT_WRITTEN
    }

    private static final String LAYOUT = "LAYOUT";
    private static final String HSM = "HSM";

    /** Of blocks that wait for an HSM block: an entry has half a megabyte where it has many. */
    private static final int MAX_WAITING_BYTES = 16 << 20;

    private final TargetTree tree;
    private final RestoreEnd end;
    private final RestoreTally tally;
    private final Placement placement;
    private final Attributes attributes;
    private final PartialFile partial;
    private final WorkJournal journal;
    private final FilesystemHooks hooks;
    private final boolean takesDamaged;
    private final List<Block> waiting = new ArrayList<>();
    private final Statx identity = new Statx();

    private byte[] path;
    private byte[] dataName;
    private Stat stat;
    private int parent;
    private Placement.Found found;
    private boolean failed;
    private boolean complete;
    private boolean torn;
    private boolean suspect;
    private int tornErrno;
    private String tornText;
    private byte[] layout;
    private byte[] hsm;
    private long waitingBytes;

    private record Block(String kind, byte[] content) {}

    /**
     * @param takesDamaged whether a file whose checksum differs is put in place where nothing is
     *     replaced by it
     */
    FileRestorer(
            TargetTree tree,
            Replace replace,
            WorkJournal journal,
            FilesystemHooks hooks,
            boolean takesDamaged,
            RestoreEnd end,
            RestoreTally tally) {
        this.tree = tree;
        this.end = end;
        this.tally = tally;
        this.placement = new Placement(replace);
        this.journal = journal;
        this.hooks = hooks;
        this.takesDamaged = takesDamaged;
        this.partial = new PartialFile(journal.names());
        this.attributes = new Attributes(tally, hooks);
    }

    /**
     * Begins a file.
     *
     * @param streamName the name that carries its data in the stream
     * @return whether it is to be written; if not, that is counted, and the file is over
     */
    boolean begin(byte[] filePath, byte[] streamName, Stat fileStat) throws IOException {
        path = filePath;
        dataName = streamName;
        stat = fileStat;
        failed = false;
        complete = false;
        torn = false;
        layout = null;
        hsm = null;
        waiting.clear();
        waitingBytes = 0;
        try {
            parent = tree.parentOf(path);
            found = placement.look(parent, DirectoryPath.name(path), stat.modified());
            if (suspect && found == Placement.Found.REPLACE) {
                tally.skipped(path, SkipReason.SUSPECT);
                return false;
            }
            if (found == Placement.Found.KEEP) {
                hooks.kept(parent, DirectoryPath.name(path));
                tally.skipped(path, SkipReason.EXISTS);
                return false;
            }
            return true;
        } catch (EntryFailure e) {
            fail(e);
            return false;
        }
    }

    void extent(long offset) throws IOException {
        try {
            if (opened()) {
                partial.extent(offset);
            }
        } catch (EntryFailure e) {
            fail(e);
        }
    }

    void data(ByteBuffer bytes) throws IOException {
        try {
            if (opened()) {
                partial.write(bytes);
            }
        } catch (EntryFailure e) {
            fail(e);
        }
    }

    private boolean opened() throws IOException {
        if (failed) {
            return false;
        }
        if (!partial.isOpen()) {
            journal.writingInto(DirectoryPath.parent(path));
            if (layout == null) {
                partial.open(parent);
            } else {
                openWithLayout();
            }
        }
        return true;
    }

    private void openWithLayout() throws EntryFailure {
        try {
            partial.open(
                    parent,
                    (directory, name, flags, mode) ->
                            hooks.create(directory, name, flags, mode, layout));
        } catch (EntryFailure e) {
            if (e.errno() != Errno.EOPNOTSUPP) {
                throw e;
            }
            tally.block(LAYOUT);
            partial.open(parent);
        }
    }

    /** Whether the files to come may have wrong names and attributes. */
    void suspect(boolean yes) {
        suspect = yes;
    }

    void torn(int errno, String text) {
        torn = true;
        tornErrno = errno;
        tornText = text;
    }

    /** A block. A layout may come before the data; else all data has come. */
    void block(String kind, byte[] content) throws IOException {
        if (failed) {
            return;
        }
        if (!partial.isOpen() && kind.equals(LAYOUT)) {
            layout = content;
            return;
        }
        if (!partial.isOpen() && stat.size() > 0) {
            keep(kind, content);
            return;
        }
        try {
            complete();
            attributes.block(kind, content);
        } catch (EntryFailure e) {
            fail(e);
        }
    }

    /** Until it is known whether the data is on tape. */
    private void keep(String kind, byte[] content) {
        if (kind.equals(HSM)) {
            hsm = content;
        } else if (waitingBytes + content.length <= MAX_WAITING_BYTES) {
            waiting.add(new Block(kind, content));
            waitingBytes += content.length;
        } else {
            tally.attributeFailed(path, kind + " block", Errno.E2BIG);
        }
    }

    /** Makes a file whose data is on tape alone; false, counted, where that cannot be. */
    private boolean openReleased() throws IOException {
        journal.writingInto(DirectoryPath.parent(path));
        try {
            partial.openReleased(
                    parent,
                    (directory, name, flags, mode) ->
                            hooks.createReleased(directory, name, stat, layout, hsm));
        } catch (EntryFailure e) {
            if (e.errno() != Errno.EOPNOTSUPP) {
                throw e;
            }
            tally.skipped(path, SkipReason.RELEASED);
            hooks.kept(parent, DirectoryPath.name(path));
            return false;
        }
        complete();
        for (Block block : waiting) {
            attributes.block(block.kind, block.content);
        }
        return true;
    }

    /** Once for each file: writes its data out and begins with its attributes. */
    private void complete() throws IOException {
        if (!complete) {
            opened();
            partial.finish(stat.size());
            attributes.begin(partial.descriptor(), path, stat);
            complete = true;
        }
    }

    /** Ends the file. */
    Outcome end(DataState state) throws IOException {
        if (failed) {
            return Outcome.NOT_WRITTEN;
        }
        try {
            if (!partial.isOpen() && stat.size() > 0) {
                if (hsm == null) {
                    tally.skipped(path, SkipReason.NO_DATA);
                    return Outcome.WITHOUT_DATA;
                }
                if (!openReleased()) {
                    return Outcome.WITHOUT_DATA;
                }
            }
            boolean damaged = state != DataState.INTACT;
            if (damaged && (!takesDamaged || found != Placement.Found.ABSENT)) {
                tally.damaged(path);
                return Outcome.NOT_WRITTEN;
            }
            if (torn && found != Placement.Found.ABSENT) {
                tally.skipped(path, SkipReason.TORN);
                return Outcome.NOT_WRITTEN;
            }
            complete();
            attributes.end();
            if (Integer.compareUnsigned(stat.links(), 1) > 0) {
                EntryFailure.checked("look", Posix.statOrErrno(partial.descriptor(), identity));
                journal.placing(dataName, written());
            }
            byte[] name = DirectoryPath.name(path);
            boolean spoiled = torn || damaged || suspect;
            if (!placement.place(parent, partial.takeName(), name, found, !spoiled)) {
                tally.skipped(path, torn ? SkipReason.TORN : SkipReason.EXISTS);
                return Outcome.NOT_WRITTEN;
            }
            if (found == Placement.Found.REPLACE) {
                tree.forget(path);
            }
            if (torn) {
                tally.torn(path, tornErrno, tornText);
            } else if (damaged) {
                tally.restoredDamaged(path);
            }
            return Outcome.WRITTEN;
        } catch (EntryFailure e) {
            fail(e);
            return Outcome.NOT_WRITTEN;
        } finally {
            partial.close();
        }
    }

    /** Ends the file as one whose data is lost in a damaged part of the archive. */
    void breakOff() {
        partial.close();
        if (!failed) {
            tally.damaged(path);
        }
    }

    private void fail(EntryFailure e) {
        failed = true;
        partial.close();
        end.check(path, e);
        tally.failed(path, e.operation(), e.errno(), e.note());
    }

    /** Counts the file as one that this restore cannot get data for. */
    static void missing(byte[] path, RestoreTally tally) {
        tally.failed(path, "link", Errno.ENOENT, "the file that it is a name of is not restored");
    }

    /** Bytes of data in the file that was {@link Outcome#WRITTEN} last. */
    long bytes() {
        return partial.written();
    }

    /** Where the file with several names that was written last is, and its identity. */
    LinkJournal.Written written() {
        return new LinkJournal.Written(
                path,
                identity.deviceMajor(),
                identity.deviceMinor(),
                identity.inode(),
                LinkJournal.Source.of(stat));
    }

    /** Removes a file that has not come to its end. */
    @Override
    public void close() {
        partial.close();
    }
}
