package io.sluice.scan.reader;

import io.sluice.common.change.Listing;
import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.entry.EntryKind;
import io.sluice.common.entry.PackedEntries;
import io.sluice.common.entry.Stat;
import io.sluice.common.pattern.IgnorePatterns;
import io.sluice.common.posix.DirectoryReader;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.Exhaustion;
import io.sluice.common.posix.FileIdentity;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.PosixException;
import io.sluice.common.posix.Statx;
import io.sluice.scan.ScanOptions;
import io.sluice.scan.split.SentCounts;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Reads directories, one after the other, into listings. Belongs to one walker's thread.
 *
 * <p>What the filesystem answers, errors included, becomes part of a listing. Whether a directory
 * changed while it was read is told by its times before and after; Linux 6.13 and newer give a
 * change a time of its own once the former has been looked at (ext4, XFS, Btrfs, tmpfs). Elsewhere
 * two changes within one tick of the filesystem's clock, one before the first look and one after,
 * cannot be told apart.
 */
final class DirectoryScan {
    /**
     * A part is closed when it has grown to this, however few its entries: 4096 entries take about
     * a third of it, but a name may have 255 bytes and a link's target 4095.
     */
    static final int PART_BYTES = 1 << 20;

    /**
     * Longest name of a directory entry (NAME_MAX is 255; some filesystems allow four times that).
     */
    private static final int NAME_BYTES = 1024;

    private static final int FIRST_BUFFER_BYTES = 64 * 1024;
    private static final byte[] ROOTS_NAME = {};

    private final Walk walk;
    private final ScanRoot root;
    private final ScanOptions options;
    private final DirectoryReader reader = new DirectoryReader();
    private final PackedEntries packed = new PackedEntries(FIRST_BUFFER_BYTES);
    private final Statx directoryStat = new Statx();
    private final Statx markerStat = new Statx();
    private byte[] name = new byte[NAME_BYTES];

    private DirectoryTask task;
    private List<DirectoryTask> subdirectories = List.of();
    private long id;
    private int parts;
    private long names;
    private boolean swapped;
    private IgnorePatterns.InDirectory patterns;
    private boolean marked;
    private Mount mount;
    private int descriptor;

    DirectoryScan(Walk walk, ScanRoot root, ScanOptions options) {
        this.walk = walk;
        this.root = root;
        this.options = options;
    }

    /** Reads the directory and hands over all parts of its listing. */
    void read(DirectoryTask directory) throws InterruptedException {
        task = directory;
        parts = 0;
        names = 0;
        if (DirectoryPath.isAboveRoot(directory.path())) {
            readAboveRoot();
        } else if (!tryToRead(Errno.ESTALE)) {
            tryToRead(0);
        }
    }

    /** The root's own entry, as the only child of the directory above it. */
    private void readAboveRoot() throws InterruptedException {
        begin();
        int result = root.statOrErrno(directoryStat);
        if (result == 0) {
            packed.present(ROOTS_NAME, 0, Stat.of(directoryStat), null);
            push(DirectoryPath.ROOT, directoryStat);
        }
        end(-result, false);
    }

    /**
     * @param again errno at which to give up without a word as long as nothing is handed over, to
     *     be tried once more; 0 for none
     * @return false when it gave up
     */
    private boolean tryToRead(int again) throws InterruptedException {
        begin();
        int fd = root.openOrErrno(task.path());
        if (fd < 0) {
            end(-fd, false);
            return true;
        }
        try {
            int errno = -Posix.statOrErrno(fd, directoryStat);
            boolean unsteady = false;
            if (errno == 0) {
                FileIdentity listed = task.listed();
                swapped = listed != null && !listed.equals(FileIdentity.of(directoryStat));
                long changed = directoryStat.changeSeconds();
                int changedNanos = directoryStat.changeNanos();
                long modified = directoryStat.modificationSeconds();
                int modifiedNanos = directoryStat.modificationNanos();

                enter(fd);
                errno = readNames(fd);

                int result = Posix.statOrErrno(fd, directoryStat);
                unsteady =
                        result < 0
                                || changed != directoryStat.changeSeconds()
                                || changedNanos != directoryStat.changeNanos()
                                || modified != directoryStat.modificationSeconds()
                                || modifiedNanos != directoryStat.modificationNanos();
            }
            if (errno != 0 && errno == again && parts == 0) {
                return false;
            }
            end(errno, unsteady);
            return true;
        } finally {
            Posix.close(fd);
        }
    }

    private int readNames(int fd) throws InterruptedException {
        reader.start(fd);
        while (reader.next()) {
            if (packed.count() >= options.entriesPerListing() || packed.length() >= PART_BYTES) {
                handOverPart();
            }
            add();
        }
        return reader.errno();
    }

    /** Adds the name that the reader stands on. */
    private void add() {
        int length = reader.nameLength();
        if (length > name.length) {
            name = new byte[length];
        }
        reader.copyName(name, 0);
        if (isExcluded(length)) {
            packed.leftOut(name, length, EntryKind.EXCLUDED);
            return;
        }
        int result = reader.look();
        if (result < 0) {
            Exhaustion.check(-result);
            packed.unreadable(name, length, -result);
            return;
        }
        Statx stat = reader.stat();
        FileType type = stat.type();
        if (type == FileType.DIRECTORY) {
            addDirectory(length, stat);
        } else if (type == FileType.SYMLINK) {
            addLink(length, Stat.of(stat));
        } else {
            // Also what is mounted on a single name, a file for example: it is seen, and entered it
            // cannot be.
            packed.present(name, length, Stat.of(stat), null);
        }
    }

    private void addDirectory(int length, Statx stat) {
        switch (kindOf(stat)) {
            case OWN -> packed.leftOut(name, length, EntryKind.OWN);
            case LOOP -> packed.leftOut(name, length, EntryKind.LOOP);
            case MOUNT -> packed.mount(name, length, Stat.of(stat));
            default -> {
                packed.present(name, length, Stat.of(stat), null);
                push(DirectoryPath.child(task.path(), reader.name()), stat);
            }
        }
    }

    private EntryKind kindOf(Statx directory) {
        if (isOwn(directory)) {
            return EntryKind.OWN;
        }
        if (options.crossMounts() && root.isRoot(directory)) {
            return EntryKind.LOOP;
        }
        if (!mount.endsAt(directory)) {
            return EntryKind.PRESENT;
        }
        return options.crossMounts()
                ? root.beyondMount(task.path(), descriptor, reader.name(), directory)
                : EntryKind.MOUNT;
    }

    private void addLink(int length, Stat stat) {
        try {
            packed.present(name, length, stat, reader.readlink());
        } catch (PosixException e) {
            // EINVAL: no link any more, since the look.
            packed.unreadable(name, length, e.errno());
        }
    }

    /**
     * Whether the user wants the name left out. A name whose type the directory tells is not looked
     * at for that, so that one can be left out because a look at it hangs.
     */
    private boolean isExcluded(int length) {
        if (marked && !options.excludes().isMarker(name, length)) {
            return true;
        }
        return !patterns.isEmpty() && patterns.exclude(name, 0, length, isDirectory());
    }

    private boolean isDirectory() {
        FileType listed = reader.listedType();
        if (listed == null) {
            return reader.look() == 0 && reader.stat().type() == FileType.DIRECTORY;
        }
        return listed == FileType.DIRECTORY;
    }

    private boolean isOwn(Statx stat) {
        return !options.own().isEmpty() && options.own().contains(FileIdentity.of(stat));
    }

    private void push(byte[] path, Statx stat) {
        subdirectories.add(new DirectoryTask(path, FileIdentity.of(stat), task));
    }

    /** What holds for all names of the open directory, which has been looked at. */
    private void enter(int fd) {
        patterns = options.excludes().patterns().in(task.path());
        marked = options.excludes().mark(fd, markerStat);
        mount = Mount.of(directoryStat);
        descriptor = fd;
    }

    private void begin() {
        packed.clear();
        subdirectories = new ArrayList<>();
        swapped = false;
    }

    private void handOverPart() throws InterruptedException {
        if (parts == 0) {
            id = ThreadLocalRandom.current().nextLong();
        }
        walk.put(new ListingPart(task, take(parts++, 0, 0, false), SentCounts.NONE, false));
    }

    private void end(int errno, boolean unsteady) throws InterruptedException {
        Exhaustion.check(errno);
        if (parts == 0) {
            id = 0;
        }
        Listing listing = take(parts, parts + 1, errno, unsteady);
        SentCounts counts = new SentCounts(names, 1, errno == 0 ? 0 : 1);
        walk.last(new ListingPart(task, listing, counts, swapped), subdirectories);
        task = null;
        subdirectories = List.of();
    }

    /** What is packed, as a part; the buffer is empty afterwards. */
    private Listing take(int part, int ofParts, int errno, boolean unsteady) {
        int count = packed.count();
        byte[] entries = packed.toBytes();
        names += count;
        packed.clear();
        return new Listing(task.path(), id, part, ofParts, unsteady, errno, count, entries);
    }
}
