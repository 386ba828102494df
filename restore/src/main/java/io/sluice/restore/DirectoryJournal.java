package io.sluice.restore;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.entry.Stat;
import io.sluice.common.entry.Timestamp;
import io.sluice.common.filesystem.FilesystemHooks;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.Posix;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * What became known of directories, kept for the end: entries that are written into a directory
 * change its times, and one without write permission takes none; a default ACL would spread to
 * them. Records "made by this restore", "its entry says" and those of its attribute blocks meet in
 * one sort, deepest directories first, so memory is bounded whatever the number of directories.
 *
 * <p>Any thread may add; one thread applies, after all shards.
 */
final class DirectoryJournal implements Closeable {
    private static final int MADE = 0;
    private static final int NOT_MADE = 1;
    private static final int SELECTED = 2;
    private static final int SUSPECT = 3;
    private static final int PARENT = 4;
    private static final int BLOCK = 5;

    private static final int STICKY = 01000;

    private final SpillSorter records;

    DirectoryJournal(Path spillDirectory) {
        records = new SpillSorter(spillDirectory, SpillSorter.DEFAULT_RUN_BYTES);
    }

    private static RecordWriter record(byte[] path, int kind) {
        // The deeper, the smaller.
        return new RecordWriter().number(~DirectoryPath.depth(path)).path(path).octet(kind);
    }

    /** The restore has made this directory, for itself or for what lies below. */
    void made(byte[] path) throws IOException {
        records.add(record(path, MADE).toBytes());
    }

    /** One {@link #made} of this directory does not count: it was announced and did not happen. */
    void notMade(byte[] path) throws IOException {
        records.add(record(path, NOT_MADE).toBytes());
    }

    /** How a directory's entry stands to what is wanted. */
    enum Wanted {
        FOR_ITSELF(SELECTED),
        /**
         * As above, from a damaged segment: a directory that was there keeps its own attributes.
         */
        SUSPECTED(SUSPECT),
        /** For what lies below it. */
        AS_PARENT(PARENT);

        private final int kind;

        Wanted(int kind) {
            this.kind = kind;
        }
    }

    /** The directory's entry. */
    void entry(byte[] path, Stat stat, Wanted wanted) throws IOException {
        records.add(
                record(path, wanted.kind)
                        .number(stat.mode())
                        .number(stat.uid())
                        .number(stat.gid())
                        .number(stat.accessed().seconds())
                        .number(stat.accessed().nanos())
                        .number(stat.modified().seconds())
                        .number(stat.modified().nanos())
                        .toBytes());
    }

    /** An attribute block of the directory, after its {@link #entry}. */
    void block(byte[] path, String kind, byte[] content) throws IOException {
        records.add(record(path, BLOCK).path(kind.getBytes(US_ASCII)).octets(content).toBytes());
    }

    /**
     * Gives each directory its attributes, deepest first. The root that a restore has made keeps
     * {@link Target#UNFINISHED_MODE} until it has all others.
     *
     * @param beforeRoot runs when all but the root have theirs
     */
    void apply(
            TargetTree tree,
            boolean replaceExisting,
            FilesystemHooks hooks,
            RestoreTally tally,
            Runnable beforeRoot)
            throws IOException {
        Attributes attributes = new Attributes(tally, hooks);
        boolean open = false;
        try (SpillSorter.Sorted sorted = records.sorted()) {
            byte[] current = null;
            int made = 0;
            boolean met = true;
            int rootMode = -1;
            boolean root = false;
            for (byte[] record = sorted.next(); record != null; record = sorted.next()) {
                RecordReader reader = new RecordReader(record);
                reader.number();
                byte[] path = reader.path();
                int kind = reader.octet();
                if (kind == BLOCK) {
                    if (open) {
                        attributes.block(new String(reader.path(), US_ASCII), reader.rest());
                    }
                    continue;
                }
                if (open) {
                    attributes.end();
                    open = false;
                }
                if (!Arrays.equals(path, current)) {
                    if (made > 0 && !met) {
                        tally.bare();
                    }
                    current = path;
                    made = 0;
                    met = false;
                    if (path.length == 0) {
                        root = true;
                        beforeRoot.run();
                    }
                }
                if (kind == MADE || kind == NOT_MADE) {
                    made += kind == MADE ? 1 : -1;
                    continue;
                }
                met = true;
                boolean selected = kind != PARENT;
                if (made > 0 || (kind == SELECTED && replaceExisting)) {
                    Stat stat = stat(reader);
                    if (path.length == 0 && made > 0) {
                        rootMode = stat.permissions();
                        stat = withPermissions(stat, Target.UNFINISHED_MODE);
                    }
                    open = begin(tree, attributes, path, stat, selected, tally);
                } else if (kind == SUSPECT) {
                    tally.skipped(path, SkipReason.SUSPECT);
                } else if (selected) {
                    tally.skipped(path, SkipReason.EXISTS);
                }
            }
            if (open) {
                attributes.end();
            }
            if (made > 0 && !met) {
                tally.bare();
            }
            if (!root) {
                beforeRoot.run();
            } else if (made > 0) {
                finishRoot(tree, rootMode, tally);
            }
        }
    }

    /** The last call of a restore. Without an entry of its own the root stays private. */
    private static void finishRoot(TargetTree tree, int mode, RestoreTally tally)
            throws IOException {
        int fd = tree.existingOrErrno(DirectoryPath.ROOT);
        int permissions = mode < 0 ? Target.UNFINISHED_MODE & ~STICKY : mode;
        int result = fd < 0 ? fd : Posix.chmodByPathOrErrno(fd, permissions);
        if (result < 0) {
            tally.attributeFailed(DirectoryPath.ROOT, "chmod", -result);
        }
    }

    private static Stat withPermissions(Stat stat, int permissions) {
        return new Stat(
                FileType.DIRECTORY.modeBits() | permissions,
                0,
                stat.uid(),
                stat.gid(),
                0,
                0,
                stat.accessed(),
                stat.modified(),
                stat.modified(),
                null,
                0,
                0,
                0,
                0);
    }

    private static boolean begin(
            TargetTree tree,
            Attributes attributes,
            byte[] path,
            Stat stat,
            boolean selected,
            RestoreTally tally)
            throws IOException {
        int fd = tree.existingOrErrno(path);
        if (fd < 0 && selected) {
            tally.failed(path, "open directory", -fd, "");
        } else if (fd < 0) {
            tally.attributeFailed(path, "open directory", -fd);
        } else {
            attributes.begin(fd, path, stat);
            if (selected) {
                tally.restored(FileType.DIRECTORY, 0);
            } else {
                tally.parent();
            }
        }
        return fd >= 0;
    }

    private static Stat stat(RecordReader reader) {
        int mode = reader.number();
        int uid = reader.number();
        int gid = reader.number();
        Timestamp accessed = new Timestamp(reader.longNumber(), reader.number());
        Timestamp modified = new Timestamp(reader.longNumber(), reader.number());
        return new Stat(mode, 0, uid, gid, 0, 0, accessed, modified, modified, null, 0, 0, 0, 0);
    }

    @Override
    public void close() throws IOException {
        records.close();
    }
}
