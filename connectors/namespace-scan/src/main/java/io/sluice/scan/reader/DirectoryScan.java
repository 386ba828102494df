package io.sluice.scan.reader;

import io.sluice.common.change.Listing;
import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.entry.PackedEntries;
import io.sluice.common.entry.Stat;
import io.sluice.common.posix.DirectoryReader;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.Exhaustion;
import io.sluice.common.posix.FileIdentity;
import io.sluice.common.posix.NameCursor;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.Statx;
import io.sluice.common.shard.MetadataTargets;
import io.sluice.common.throttle.Turn;
import io.sluice.scan.ScanOptions;
import io.sluice.scan.split.SentCounts;
import java.io.Closeable;
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
final class DirectoryScan implements Closeable {
    /**
     * A part is closed when it has grown to this, however few its entries: 4096 entries take about
     * a third of it, but a name may have 255 bytes and a link's target 4095.
     */
    static final int PART_BYTES = 1 << 20;

    private static final int FIRST_BUFFER_BYTES = 64 * 1024;
    private static final byte[] ROOTS_NAME = {};

    private final Walk walk;
    private final ScanRoot root;
    private final ScanOptions options;
    private final Turn turn;
    private final int resumableSubdirectories;
    private final NameScan names;
    private final NameCursor cursor;
    private final DirectoryReader reader = new DirectoryReader();
    private final PackedEntries packed = new PackedEntries(FIRST_BUFFER_BYTES);
    private final Statx directoryStat;
    private final Statx markerStat = new Statx();
    private DirectoryTask task;
    private List<DirectoryTask> subdirectories = List.of();
    private long id;
    private int parts;
    private long sent;
    private boolean swapped;
    private OpenDirectory open;
    private int target;

    DirectoryScan(Walk walk, ScanRoot root, ScanOptions options, Turn turn) {
        this.walk = walk;
        this.root = root;
        this.options = options;
        this.turn = turn;
        cursor = new NameCursor(root.devices());
        directoryStat = new Statx(root.devices());
        resumableSubdirectories = walk.bounds().resumableSubdirectories();
        names = new NameScan(root, options);
    }

    @Override
    public void close() {
        names.close();
    }

    /** Helps the walker that reads a large directory. */
    void help(NameBatch batch) throws InterruptedException {
        batch.work(names, cursor, turn);
        walk.withdraw(batch);
        turn.pause();
    }

    /** Reads the directory and hands over all parts of its listing. */
    void read(DirectoryTask directory) throws InterruptedException {
        task = directory;
        parts = 0;
        sent = 0;
        turn.next();
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
            FileIdentity identity = FileIdentity.of(directoryStat);
            subdirectories.add(new DirectoryTask(DirectoryPath.ROOT, identity, task));
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
        while (readOn()) {
            if (walk.hasIdle()) {
                shareNames();
            } else {
                addNames();
            }
        }
        return reader.errno();
    }

    private boolean readOn() throws InterruptedException {
        turn.next();
        return reader.read();
    }

    private void addNames() throws InterruptedException {
        cursor.start(reader);
        while (cursor.next()) {
            makeRoom(1, 0);
            turn.next();
            names.add(open, cursor, packed, subdirectories);
        }
    }

    /** Lets idle walkers look at some of the names. */
    private void shareNames() throws InterruptedException {
        int pieceNames = Math.min(NameBatch.PIECE_NAMES, options.entriesPerListing());
        NameBatch batch = new NameBatch(open, reader, pieceNames);
        if (batch.size() == 1) {
            addNames();
            return;
        }
        walk.share(batch);
        try {
            batch.work(names, cursor, turn);
        } catch (InterruptedException e) {
            // What others are looking at is still to be waited for.
            Thread.currentThread().interrupt();
        } finally {
            walk.withdraw(batch);
        }
        turn.end();
        for (NameBatch.Piece piece : batch.await()) {
            makeRoom(piece.entries().count(), piece.entries().length());
            packed.append(piece.entries());
            subdirectories.addAll(piece.subdirectories());
        }
    }

    /** Hands over what is packed where so much more would make the part too large. */
    private void makeRoom(int entries, int bytes) throws InterruptedException {
        if (packed.count() > 0
                && (packed.count() + entries > options.entriesPerListing()
                        || packed.length() + bytes >= PART_BYTES)) {
            handOverPart();
        }
    }

    /** What holds for all names of the open directory, which has been looked at. */
    private void enter(int fd) {
        target = options.targets().of(fd);
        open =
                new OpenDirectory(
                        task,
                        fd,
                        Mount.of(directoryStat),
                        options.excludes().patterns().in(task.path()),
                        options.excludes().mark(fd, markerStat));
    }

    private void begin() {
        packed.clear();
        subdirectories = new ArrayList<>();
        swapped = false;
        target = MetadataTargets.UNKNOWN;
    }

    private void handOverPart() throws InterruptedException {
        if (parts == 0) {
            id = ThreadLocalRandom.current().nextLong();
        }
        ListingPart part =
                new ListingPart(task, take(parts++, 0, 0, false), SentCounts.NONE, false);
        if (subdirectories.size() > resumableSubdirectories && !task.isResumable()) {
            walk.setResumable(task);
        }
        if (task.isResumable()) {
            put(part, subdirectories);
            subdirectories = new ArrayList<>();
        } else {
            put(part, List.of());
        }
    }

    private void end(int errno, boolean unsteady) throws InterruptedException {
        Exhaustion.check(errno);
        if (parts == 0) {
            id = 0;
        }
        Listing listing = take(parts, parts + 1, errno, unsteady);
        SentCounts counts = new SentCounts(sent, 1, errno == 0 ? 0 : 1);
        put(new ListingPart(task, listing, counts, swapped), subdirectories);
        task = null;
        open = null;
        subdirectories = List.of();
    }

    /** A unit of work is done. Whoever waits for the mailbox holds up no other walker. */
    private void put(ListingPart part, List<DirectoryTask> below) throws InterruptedException {
        turn.end();
        walk.put(part, below);
        turn.pause();
    }

    /** What is packed, as a part; the buffer is empty afterwards. */
    private Listing take(int part, int ofParts, int errno, boolean unsteady) {
        int count = packed.count();
        byte[] entries = packed.toBytes();
        sent += count;
        packed.clear();
        return new Listing(task.path(), id, part, ofParts, unsteady, errno, count, entries, target);
    }
}
