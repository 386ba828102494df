package io.sluice.restore;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.entry.Stat;
import io.sluice.common.entry.Timestamp;
import io.sluice.common.posix.FileType;
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
    private static final int SELECTED = 1;
    private static final int PARENT = 2;
    private static final int BLOCK = 3;

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

    /**
     * The directory's entry.
     *
     * @param selected whether it is wanted for its own sake, not only as a parent
     */
    void entry(byte[] path, Stat stat, boolean selected) throws IOException {
        records.add(
                record(path, selected ? SELECTED : PARENT)
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

    /** Gives each directory its attributes, deepest first. */
    void apply(TargetTree tree, boolean replaceExisting, RestoreTally tally) throws IOException {
        Attributes attributes = new Attributes(tally);
        boolean open = false;
        try (SpillSorter.Sorted sorted = records.sorted()) {
            byte[] current = null;
            boolean made = false;
            boolean met = true;
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
                    if (made && !met) {
                        tally.bare();
                    }
                    current = path;
                    made = false;
                    met = false;
                }
                if (kind == MADE) {
                    made = true;
                    continue;
                }
                met = true;
                boolean selected = kind == SELECTED;
                if (made || (selected && replaceExisting)) {
                    open = begin(tree, attributes, path, stat(reader), selected, tally);
                } else if (selected) {
                    tally.skipped(path, SkipReason.EXISTS);
                }
            }
            if (open) {
                attributes.end();
            }
            if (made && !met) {
                tally.bare();
            }
        }
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
