package io.sluice.restore;

import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.entry.Stat;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.Statx;
import io.sluice.ptcomm.codec.StreamEntry;
import java.io.IOException;

/**
 * Makes what has no data: symbolic links, fifos, sockets and devices. As files do, they come up
 * under a temporary name and take their own when they are complete. Not thread-safe.
 */
final class SpecialRestorer {
    private static final int MODE = 0600;

    private final TargetTree tree;
    private final Placement placement;
    private final Attributes attributes;
    private final RestoreEnd end;
    private final RestoreTally tally;
    private final TemporaryName names = new TemporaryName();
    private final Statx made = new Statx();

    SpecialRestorer(TargetTree tree, Replace replace, RestoreEnd end, RestoreTally tally) {
        this.tree = tree;
        this.placement = new Placement(replace);
        this.attributes = new Attributes(tally);
        this.end = end;
        this.tally = tally;
    }

    /** Makes the entry and counts what became of it. */
    void restore(StreamEntry entry) throws IOException {
        try {
            byte[] path = entry.path();
            Stat stat = entry.stat();
            byte[] name = DirectoryPath.name(path);
            int parent = tree.parentOf(path);
            Placement.Found found = placement.look(parent, name, stat.modified());
            if (found == Placement.Found.KEEP) {
                tally.skipped(path, SkipReason.EXISTS);
                return;
            }
            byte[] temporary = make(parent, entry);
            try {
                setAttributes(parent, temporary, entry);
            } catch (EntryFailure e) {
                Posix.unlinkOrErrno(parent, temporary, 0);
                throw e;
            }
            if (!placement.place(parent, temporary, name, found, true)) {
                tally.skipped(path, SkipReason.EXISTS);
                return;
            }
            if (found == Placement.Found.REPLACE) {
                tree.forget(path);
            }
            tally.restored(stat.type(), 0);
        } catch (EntryFailure e) {
            end.check(entry.path(), e);
            tally.failed(entry.path(), e.operation(), e.errno(), e.note());
        }
    }

    private byte[] make(int parent, StreamEntry entry) throws EntryFailure {
        Stat stat = entry.stat();
        boolean symlink = stat.type() == FileType.SYMLINK;
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
        return name;
    }

    /**
     * There is no descriptor from the making on, so the name is opened and must lead to just that
     * kind of file, with one name: somebody who may write to this directory could have put a hard
     * link to another's file there.
     */
    private void setAttributes(int parent, byte[] name, StreamEntry entry) throws EntryFailure {
        int fd =
                EntryFailure.checked(
                        "open",
                        Posix.openOrErrno(parent, name, Posix.O_PATH | Posix.O_NOFOLLOW, 0));
        try {
            EntryFailure.checked("look", Posix.statOrErrno(fd, made));
            if (made.type() != entry.stat().type() || made.links() != 1) {
                throw new EntryFailure("open", Errno.ESTALE, "somebody replaced it meanwhile");
            }
            attributes.apply(fd, entry.path(), entry.stat());
        } finally {
            Posix.close(fd);
        }
    }
}
