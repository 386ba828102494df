package io.sluice.restore;

import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.entry.Stat;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.Statx;
import io.sluice.ptcomm.codec.StreamEntry;
import java.io.Closeable;
import java.io.IOException;

/**
 * Makes what has no data, one after the other: symbolic links, fifos, sockets and devices. As files
 * do, they come up under a temporary name and take their own when they are complete. Not
 * thread-safe.
 */
final class SpecialRestorer implements Closeable {
    private static final int MODE = 0600;

    private final TargetTree tree;
    private final Placement placement;
    private final Attributes attributes;
    private final RestoreEnd end;
    private final RestoreTally tally;
    private final WorkJournal journal;
    private final TemporaryName names;
    private final Statx made = new Statx();

    private byte[] path;
    private byte[] dataName;
    private boolean linked;
    private LinkJournal.Source source;
    private boolean suspect;
    private int parent;
    private Placement.Found found;
    private byte[] temporary;
    private int fd = -1;

    SpecialRestorer(
            TargetTree tree,
            Replace replace,
            WorkJournal journal,
            RestoreEnd end,
            RestoreTally tally) {
        this.tree = tree;
        this.placement = new Placement(replace);
        this.journal = journal;
        this.names = journal.names();
        this.attributes = new Attributes(tally);
        this.end = end;
        this.tally = tally;
    }

    /**
     * Makes the entry under a temporary name.
     *
     * @param streamName the name of the entry that is not a link in the stream
     * @return whether it is to be completed; if not, that is counted, and the entry is over
     */
    boolean begin(StreamEntry entry, byte[] streamName) throws IOException {
        path = entry.path();
        dataName = streamName;
        Stat stat = entry.stat();
        linked = Integer.compareUnsigned(stat.links(), 1) > 0;
        source = LinkJournal.Source.of(stat);
        try {
            parent = tree.parentOf(path);
            found = placement.look(parent, DirectoryPath.name(path), stat.modified());
            if (suspect && found == Placement.Found.REPLACE) {
                tally.skipped(path, SkipReason.SUSPECT);
                return false;
            }
            if (found == Placement.Found.KEEP) {
                tally.skipped(path, SkipReason.EXISTS);
                return false;
            }
            journal.writingInto(DirectoryPath.parent(path));
            make(entry);
            open(entry);
            attributes.begin(fd, path, stat);
            return true;
        } catch (EntryFailure e) {
            fail(e);
            return false;
        }
    }

    /** Whether the entries to come may have wrong names and attributes. */
    void suspect(boolean yes) {
        suspect = yes;
    }

    void block(String kind, byte[] content) throws IOException {
        if (fd < 0) {
            return;
        }
        try {
            attributes.block(kind, content);
        } catch (EntryFailure e) {
            fail(e);
        }
    }

    /**
     * Completes the entry.
     *
     * @return whether it is in place, made by this restore; if not, that is counted
     */
    boolean end() throws IOException {
        if (fd < 0) {
            return false;
        }
        try {
            attributes.end();
            if (linked) {
                journal.placing(dataName, written());
            }
            byte[] name = temporary;
            temporary = null;
            if (!placement.place(parent, name, DirectoryPath.name(path), found, !suspect)) {
                tally.skipped(path, SkipReason.EXISTS);
                return false;
            }
            if (found == Placement.Found.REPLACE) {
                tree.forget(path);
            }
            return true;
        } catch (EntryFailure e) {
            fail(e);
            return false;
        } finally {
            close();
        }
    }

    /** Ends the entry as one whose end is lost in a damaged part of the archive. */
    void breakOff() {
        if (fd >= 0) {
            tally.damaged(path);
        }
        close();
    }

    private void fail(EntryFailure e) {
        close();
        end.check(path, e);
        tally.failed(path, e.operation(), e.errno(), e.note());
    }

    /** Where the entry that was completed last is, and its identity. */
    LinkJournal.Written written() {
        return new LinkJournal.Written(
                path, made.deviceMajor(), made.deviceMinor(), made.inode(), source);
    }

    /** The kernel would take what stands before it. */
    private static boolean holdsNul(byte[] target) {
        for (byte b : target) {
            if (b == 0) {
                return true;
            }
        }
        return false;
    }

    private void make(StreamEntry entry) throws EntryFailure {
        Stat stat = entry.stat();
        boolean symlink = stat.type() == FileType.SYMLINK;
        if (symlink && holdsNul(entry.target())) {
            throw new EntryFailure("make link", Errno.EINVAL, "its target holds a NUL");
        }
        int result = -Errno.EEXIST;
        byte[] name = null;
        for (int i = 0; i < TemporaryName.ATTEMPTS && result == -Errno.EEXIST; i++) {
            name = names.next();
            result =
                    symlink
                            ? Posix.symlinkOrErrno(entry.target(), parent, name)
                            : Posix.mknodOrErrno(
                                    parent,
                                    name,
                                    stat.type().modeBits() | MODE,
                                    stat.rdevMajor(),
                                    stat.rdevMinor());
        }
        EntryFailure.checked(symlink ? "make link" : "make special file", result);
        temporary = name;
    }

    /**
     * There is no descriptor from the making on, so the name is opened and must lead to just that
     * kind of file, with one name: somebody who may write to this directory could have put a hard
     * link to another's file there.
     */
    private void open(StreamEntry entry) throws EntryFailure {
        int flags = Posix.O_PATH | Posix.O_NOFOLLOW;
        fd = EntryFailure.checked("open", Posix.openOrErrno(parent, temporary, flags, 0));
        EntryFailure.checked("look", Posix.statOrErrno(fd, made));
        if (made.type() != entry.stat().type() || made.links() != 1) {
            throw new EntryFailure("open", Errno.ESTALE, "somebody replaced it meanwhile");
        }
    }

    /** Removes an entry that has not come to its end. Idempotent. */
    @Override
    public void close() {
        if (fd >= 0) {
            Posix.close(fd);
            fd = -1;
        }
        if (temporary != null) {
            Posix.unlinkOrErrno(parent, temporary, 0);
            temporary = null;
        }
    }
}
