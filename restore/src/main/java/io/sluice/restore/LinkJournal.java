package io.sluice.restore;

import io.sluice.common.entry.Stat;
import io.sluice.common.entry.Timestamp;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Later names of files, kept until it is known what became of the files: sorted by the name that
 * carries the data, where each file's outcome meets its links. Memory is bounded whatever the
 * number of links. One shard's thread writes and reads it.
 */
final class LinkJournal implements Closeable {
    private static final int EARLIER = 0;
    private static final int WRITTEN = 1;
    private static final int WITHOUT_DATA = 2;
    private static final int LINK = 3;

    private final SpillSorter records;

    LinkJournal(Path spillDirectory, int runBytes) {
        records = new SpillSorter(spillDirectory, runBytes);
    }

    /**
     * Where this restore has put a file, and its identity there: nothing else at that name is ever
     * linked to.
     *
     * @param heldAt a path of it in the target
     * @param source what it was a copy of
     */
    record Written(byte[] heldAt, int deviceMajor, int deviceMinor, long inode, Source source) {}

    /**
     * Which file of the source an entry was a name of, as far as the entry tells. Not the device:
     * its number changes when a filesystem is mounted again.
     *
     * @param inode 0 where it is not told
     * @param born null where it is not told
     */
    record Source(long inode, Timestamp born) {
        static final Source UNKNOWN = new Source(0, null);

        static Source of(Stat stat) {
            return new Source(stat.inode(), stat.born());
        }

        private void write(RecordWriter into) {
            into.number(inode).octet(born == null ? 0 : 1);
            if (born != null) {
                into.number(born.seconds()).number(born.nanos());
            }
        }

        private static Source read(RecordReader from) {
            long inode = from.longNumber();
            boolean told = from.octet() != 0;
            return new Source(inode, told ? new Timestamp(from.longNumber(), from.number()) : null);
        }
    }

    /** A later name, and what its entry says of the file. */
    record Link(
            byte[] path,
            byte[] dataName,
            Timestamp modified,
            int mode,
            int uid,
            int gid,
            long size,
            Source source) {
        static Link of(byte[] path, byte[] dataName, Stat stat) {
            return new Link(
                    path,
                    dataName,
                    stat.modified(),
                    stat.mode(),
                    stat.uid(),
                    stat.gid(),
                    stat.size(),
                    Source.of(stat));
        }
    }

    /** Takes each link together with its file's outcome, ordered by the data's name. */
    interface Reader {
        /** Whether the file that an earlier run may have put in place is there. */
        boolean isThere(Written file);

        /** The file was written by this restore. */
        void written(Written file, Link link) throws IOException;

        /** The file's entry came without data. */
        void withoutData(Link link) throws IOException;

        /**
         * The file was not written.
         *
         * @param held whether an earlier link of that file has been chosen to hold its data
         * @return whether this link is to hold it
         */
        boolean notWritten(Link link, boolean held) throws IOException;
    }

    void written(byte[] dataName, Written file) throws IOException {
        file(dataName, WRITTEN, file);
    }

    /** An earlier run of this restore has put the file in place, or was about to. */
    void earlier(byte[] dataName, Written file) throws IOException {
        file(dataName, EARLIER, file);
    }

    private void file(byte[] dataName, int kind, Written file) throws IOException {
        RecordWriter record =
                new RecordWriter()
                        .path(dataName)
                        .octet(kind)
                        .path(file.heldAt)
                        .number(file.deviceMajor)
                        .number(file.deviceMinor)
                        .number(file.inode);
        file.source.write(record);
        records.add(record.toBytes());
    }

    void withoutData(byte[] dataName) throws IOException {
        records.add(new RecordWriter().path(dataName).octet(WITHOUT_DATA).toBytes());
    }

    void link(Link link) throws IOException {
        RecordWriter record =
                new RecordWriter()
                        .path(link.dataName)
                        .octet(LINK)
                        .path(link.path)
                        .number(link.modified.seconds())
                        .number(link.modified.nanos())
                        .number(link.mode)
                        .number(link.uid)
                        .number(link.gid)
                        .number(link.size);
        link.source.write(record);
        records.add(record.toBytes());
    }

    /** Reads all records, once. */
    void read(Reader into) throws IOException {
        try (SpillSorter.Sorted sorted = records.sorted()) {
            byte[] current = null;
            Written written = null;
            boolean withoutData = false;
            boolean held = false;
            for (byte[] record = sorted.next(); record != null; record = sorted.next()) {
                RecordReader reader = new RecordReader(record);
                byte[] dataName = reader.path();
                int kind = reader.octet();
                if (!Arrays.equals(dataName, current)) {
                    current = dataName;
                    written = null;
                    withoutData = false;
                    held = false;
                }
                if (kind == WRITTEN) {
                    written = file(reader);
                } else if (kind == EARLIER) {
                    Written earlier = file(reader);
                    if (into.isThere(earlier)) {
                        written = earlier;
                    }
                } else if (kind == WITHOUT_DATA) {
                    withoutData = true;
                } else {
                    Link link = link(dataName, reader);
                    if (written != null) {
                        into.written(written, link);
                    } else if (withoutData) {
                        into.withoutData(link);
                    } else {
                        held |= into.notWritten(link, held);
                    }
                }
            }
        }
    }

    private static Written file(RecordReader reader) {
        return new Written(
                reader.path(),
                reader.number(),
                reader.number(),
                reader.longNumber(),
                Source.read(reader));
    }

    private static Link link(byte[] dataName, RecordReader reader) {
        byte[] path = reader.path();
        Timestamp modified = new Timestamp(reader.longNumber(), reader.number());
        return new Link(
                path,
                dataName,
                modified,
                reader.number(),
                reader.number(),
                reader.number(),
                reader.longNumber(),
                Source.read(reader));
    }

    @Override
    public void close() throws IOException {
        records.close();
    }
}
