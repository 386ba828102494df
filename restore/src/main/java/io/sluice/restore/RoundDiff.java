package io.sluice.restore;

import io.sluice.common.entry.Stat;
import io.sluice.common.posix.FileType;
import io.sluice.ptcomm.codec.StreamEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Compares what an archive holds at one round with what it holds at another, by the entries' heads,
 * sorted by path in bounded memory whatever their number. An object serves one comparison.
 */
public final class RoundDiff {
    /**
     * What makes an entry a changed one. {@link #CHANGED_AT} (ctime) stands for what no other field
     * shows, attributes and ACLs above all; a file's names and what is done to them show there too.
     * Access times, device numbers, number of names and which of them carries the data say nothing.
     */
    public enum Field {
        TYPE,
        MODE,
        OWNER,
        /** Of regular files. */
        SIZE,
        /** Modification time to the nanosecond. */
        MTIME,
        /** Of a symbolic link; not where it is a later name of one. */
        TARGET,
        /** Device numbers that a device file stands for. */
        DEVICE,
        INODE,
        CHANGED_AT;

        public String text() {
            return this == CHANGED_AT ? "ctime" : name().toLowerCase(Locale.ROOT);
        }
    }

    /** Takes the differences, sorted by path, byte by byte; called by one thread. */
    public interface Differences {
        void added(byte[] path) throws IOException;

        void removed(byte[] path) throws IOException;

        /**
         * @param fields at least one
         */
        void changed(byte[] path, List<Field> fields) throws IOException;
    }

    private static final int FROM = 0;
    private static final int TO = 1;

    private final Path spillDirectory;

    /**
     * @param spillDirectory an existing directory for sorting
     */
    public RoundDiff(Path spillDirectory) {
        this.spillDirectory = spillDirectory;
    }

    /**
     * Tells all differences.
     *
     * @throws InterruptedException when the calling thread is interrupted
     */
    public void run(EffectiveEntries from, EffectiveEntries to, Differences into)
            throws IOException, InterruptedException {
        try (SpillSorter sorter = new SpillSorter(spillDirectory, SpillSorter.DEFAULT_RUN_BYTES)) {
            from.read(entry -> sorter.add(record(entry, FROM)));
            to.read(entry -> sorter.add(record(entry, TO)));
            try (SpillSorter.Sorted sorted = sorter.sorted()) {
                Head last = null;
                for (byte[] record = sorted.next(); record != null; record = sorted.next()) {
                    Head head = Head.of(record);
                    if (last == null || !Arrays.equals(last.path, head.path)) {
                        one(last, into);
                        last = head;
                    } else if (last.side == FROM && head.side == TO) {
                        List<Field> fields = fields(last, head);
                        if (!fields.isEmpty()) {
                            into.changed(head.path, fields);
                        }
                        last = new Head(head.path, -1, null, null);
                    }
                }
                one(last, into);
            }
        }
    }

    /** A path that only one side has. */
    private static void one(Head head, Differences into) throws IOException {
        if (head != null && head.side == FROM) {
            into.removed(head.path);
        } else if (head != null && head.side == TO) {
            into.added(head.path);
        }
    }

    /** A path in one of the rounds; its fields one behind the other. */
    private record Head(byte[] path, int side, long[] fields, byte[] target) {
        private static final int FIELDS = 10;

        static Head of(byte[] record) {
            RecordReader reader = new RecordReader(record);
            byte[] path = reader.path();
            int side = reader.octet();
            long[] fields = new long[FIELDS];
            for (int i = 0; i < FIELDS; i++) {
                fields[i] = reader.longNumber();
            }
            return new Head(path, side, fields, reader.rest());
        }
    }

    private static byte[] record(StreamEntry entry, int side) {
        Stat stat = entry.stat();
        RecordWriter record = new RecordWriter().path(entry.path()).octet(side);
        for (long field :
                new long[] {
                    stat.type().letter(),
                    stat.type() == FileType.SYMLINK ? 0 : stat.permissions(),
                    pair(stat.uid(), stat.gid()),
                    stat.type() == FileType.REGULAR ? stat.size() : 0,
                    stat.modified().seconds(),
                    stat.modified().nanos(),
                    stat.type().isDevice() ? pair(stat.rdevMajor(), stat.rdevMinor()) : 0,
                    stat.inode(),
                    stat.changed().seconds(),
                    stat.changed().nanos()
                }) {
            record.number(field);
        }
        return record.octets(entry.target() == null ? new byte[0] : entry.target()).toBytes();
    }

    private static long pair(int high, int low) {
        return ByteBuffer.allocate(Long.BYTES).putInt(high).putInt(low).getLong(0);
    }

    private static final Field[] MEANING = {
        Field.TYPE,
        Field.MODE,
        Field.OWNER,
        Field.SIZE,
        Field.MTIME,
        Field.MTIME,
        Field.DEVICE,
        Field.INODE,
        Field.CHANGED_AT,
        Field.CHANGED_AT
    };

    private static List<Field> fields(Head from, Head to) {
        List<Field> fields = new ArrayList<>();
        for (int i = 0; i < MEANING.length; i++) {
            if (from.fields[i] != to.fields[i] && !fields.contains(MEANING[i])) {
                fields.add(MEANING[i]);
            }
        }
        boolean targets = from.target.length > 0 && to.target.length > 0;
        if (targets && !Arrays.equals(from.target, to.target)) {
            fields.add(Field.TARGET);
        }
        fields.sort(null);
        return fields;
    }
}
