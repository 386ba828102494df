package io.sluice.scan.reader;

import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.entry.EntryKind;
import io.sluice.common.entry.PackedEntries;
import io.sluice.common.entry.Stat;
import io.sluice.common.filesystem.TapeProbe;
import io.sluice.common.posix.Exhaustion;
import io.sluice.common.posix.FileIdentity;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.NameCursor;
import io.sluice.common.posix.PosixException;
import io.sluice.common.posix.Statx;
import io.sluice.scan.ScanOptions;
import java.io.Closeable;
import java.util.List;

/** Looks at names, one after the other, and packs what it learns. Belongs to one thread. */
final class NameScan implements Closeable {
    /**
     * Longest name of a directory entry (NAME_MAX is 255; some filesystems allow four times that).
     */
    private static final int NAME_BYTES = 1024;

    private final ScanRoot root;
    private final ScanOptions options;
    private final TapeProbe tape;
    private byte[] name = new byte[NAME_BYTES];

    NameScan(ScanRoot root, ScanOptions options) {
        this.root = root;
        this.options = options;
        tape = new TapeProbe(options.tape(), options.root());
    }

    /**
     * Adds the name that the cursor stands on.
     *
     * @param packed gets it, with what the look told
     * @param subdirectories gets it if it is a directory to be read
     */
    void add(
            OpenDirectory directory,
            NameCursor at,
            PackedEntries packed,
            List<DirectoryTask> subdirectories) {
        int length = at.nameLength();
        if (length > name.length) {
            name = new byte[length];
        }
        at.copyName(name, 0);
        if (isExcluded(directory, at, length)) {
            packed.leftOut(name, length, EntryKind.EXCLUDED);
            return;
        }
        int result = at.look();
        if (result < 0) {
            Exhaustion.check(-result);
            packed.unreadable(name, length, -result);
            return;
        }
        Statx stat = at.stat();
        FileType type = stat.type();
        if (type == FileType.DIRECTORY) {
            addDirectory(directory, at, packed, subdirectories);
        } else if (type == FileType.SYMLINK) {
            addLink(at, packed);
        } else if (tape.suspects(stat) && tape.isReleased(directory.descriptor(), at.name())) {
            packed.released(name, length, Stat.of(stat));
        } else {
            // Also what is mounted on a single name, a file for example: it is seen, and entered it
            // cannot be.
            packed.present(name, length, Stat.of(stat), null);
        }
    }

    private void addDirectory(
            OpenDirectory parent,
            NameCursor at,
            PackedEntries packed,
            List<DirectoryTask> subdirectories) {
        int length = at.nameLength();
        Statx stat = at.stat();
        switch (kindOf(parent, at)) {
            case OWN -> packed.leftOut(name, length, EntryKind.OWN);
            case LOOP -> packed.leftOut(name, length, EntryKind.LOOP);
            case MOUNT -> packed.mount(name, length, Stat.of(stat));
            default -> {
                packed.present(name, length, Stat.of(stat), null);
                byte[] path = DirectoryPath.child(parent.task().path(), at.name());
                subdirectories.add(new DirectoryTask(path, FileIdentity.of(stat), parent.task()));
            }
        }
    }

    private EntryKind kindOf(OpenDirectory parent, NameCursor at) {
        Statx directory = at.stat();
        if (isOwn(directory)) {
            return EntryKind.OWN;
        }
        if (options.crossMounts() && root.isRoot(directory)) {
            return EntryKind.LOOP;
        }
        if (!parent.mount().endsAt(directory)) {
            return EntryKind.PRESENT;
        }
        return options.crossMounts()
                ? root.beyondMount(parent.task().path(), parent.descriptor(), at.name(), directory)
                : EntryKind.MOUNT;
    }

    private void addLink(NameCursor at, PackedEntries packed) {
        int length = at.nameLength();
        Stat stat = Stat.of(at.stat());
        try {
            packed.present(name, length, stat, at.readlink());
        } catch (PosixException e) {
            // EINVAL: no link any more, since the look.
            packed.unreadable(name, length, e.errno());
        }
    }

    /**
     * Whether the user wants the name left out. A name whose type the directory tells is not looked
     * at for that, so that one can be left out because a look at it hangs.
     */
    private boolean isExcluded(OpenDirectory directory, NameCursor at, int length) {
        if (directory.marked() && !options.excludes().isMarker(name, length)) {
            return true;
        }
        return !directory.patterns().isEmpty()
                && directory.patterns().exclude(name, 0, length, isDirectory(at));
    }

    private static boolean isDirectory(NameCursor at) {
        FileType listed = at.listedType();
        if (listed == null) {
            return at.look() == 0 && at.stat().type() == FileType.DIRECTORY;
        }
        return listed == FileType.DIRECTORY;
    }

    @Override
    public void close() {
        tape.close();
    }

    private boolean isOwn(Statx stat) {
        return !options.own().isEmpty() && options.own().contains(FileIdentity.of(stat));
    }
}
