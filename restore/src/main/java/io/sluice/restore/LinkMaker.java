package io.sluice.restore;

import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.entry.Stat;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.Statx;
import java.io.IOException;

/**
 * Makes later names of files that this restore has written. The file is opened, its identity
 * compared with what was written, and that descriptor linked, so a link never joins a file that was
 * there before or that somebody has put there. Not thread-safe.
 */
final class LinkMaker {
    private final TargetTree tree;
    private final Placement placement;
    private final RestoreEnd end;
    private final RestoreTally tally;
    private final WorkJournal journal;
    private final TemporaryName names;
    private final Statx stat = new Statx();

    LinkMaker(
            TargetTree tree,
            Replace replace,
            WorkJournal journal,
            RestoreEnd end,
            RestoreTally tally) {
        this.tree = tree;
        this.placement = new Placement(replace);
        this.journal = journal;
        this.names = journal.names();
        this.end = end;
        this.tally = tally;
    }

    /** Whether the target has the link's name already, and keeps it. Failures are for later. */
    boolean isKept(LinkJournal.Link link) throws IOException {
        int parent = tree.existingOrErrno(DirectoryPath.parent(link.path()));
        if (parent < 0) {
            return false;
        }
        byte[] name = DirectoryPath.name(link.path());
        return Posix.statOrErrno(parent, name, stat) == 0
                && placement.look(parent, name, link.modified()) == Placement.Found.KEEP;
    }

    /** Whether a file is still where an earlier run has put it. */
    boolean isThere(LinkJournal.Written file) {
        try {
            Posix.close(open(file));
            return true;
        } catch (EntryFailure e) {
            return false;
        }
    }

    /**
     * The file that the target had already under the name with the link's data, if it is in all
     * that the link's entry says the same; else null.
     */
    LinkJournal.Written existing(LinkJournal.Link link) {
        int parent = tree.existingOrErrno(DirectoryPath.parent(link.dataName()));
        if (parent < 0
                || Posix.statOrErrno(parent, DirectoryPath.name(link.dataName()), stat) < 0) {
            return null;
        }
        Stat there = Stat.of(stat);
        boolean same =
                there.mode() == link.mode()
                        && there.uid() == link.uid()
                        && there.gid() == link.gid()
                        && there.size() == link.size()
                        && there.modified().equals(link.modified());
        return same
                ? new LinkJournal.Written(
                        link.dataName(),
                        stat.deviceMajor(),
                        stat.deviceMinor(),
                        stat.inode(),
                        link.source())
                : null;
    }

    /** Makes the link and counts what became of it. */
    void link(LinkJournal.Written file, LinkJournal.Link link) throws IOException {
        try {
            int fd = open(file);
            try {
                link(fd, link);
            } finally {
                Posix.close(fd);
            }
        } catch (EntryFailure e) {
            end.check(link.path(), e);
            tally.failed(link.path(), e.operation(), e.errno(), e.note());
        }
    }

    private int open(LinkJournal.Written file) throws EntryFailure {
        int directory = tree.existingOrErrno(DirectoryPath.parent(file.heldAt()));
        EntryFailure.checked("open linked file", directory);
        int flags = Posix.O_PATH | Posix.O_NOFOLLOW;
        int fd = Posix.openOrErrno(directory, DirectoryPath.name(file.heldAt()), flags, 0);
        EntryFailure.checked("open linked file", fd);
        int result = Posix.statOrErrno(fd, stat);
        boolean same =
                result == 0
                        && stat.inode() == file.inode()
                        && stat.deviceMajor() == file.deviceMajor()
                        && stat.deviceMinor() == file.deviceMinor();
        if (!same) {
            Posix.close(fd);
            throw new EntryFailure(
                    "link", Errno.ESTALE, "somebody has replaced the file that it is a name of");
        }
        return fd;
    }

    private void link(int fd, LinkJournal.Link link) throws IOException {
        byte[] name = DirectoryPath.name(link.path());
        int parent = tree.parentOf(link.path());
        Placement.Found found = placement.look(parent, name, link.modified());
        boolean placed = false;
        if (found == Placement.Found.ABSENT) {
            journal.writingInto(DirectoryPath.parent(link.path()));
            int result = Posix.linkDescriptorOrErrno(fd, parent, name);
            if (result != -Errno.EEXIST) {
                EntryFailure.checked("link", result);
                placed = true;
            }
        } else if (found == Placement.Found.REPLACE) {
            journal.writingInto(DirectoryPath.parent(link.path()));
            byte[] temporary = names.next();
            EntryFailure.checked("link", Posix.linkDescriptorOrErrno(fd, parent, temporary));
            placed = placement.place(parent, temporary, name, found, true);
            tree.forget(link.path());
            // rename(2) does nothing when both are names of one file.
            Posix.unlinkOrErrno(parent, temporary, 0);
        }
        if (placed) {
            tally.linked();
        } else {
            tally.skipped(link.path(), SkipReason.EXISTS);
        }
    }
}
