package io.sluice.restore;

import io.sluice.common.entry.Stat;
import io.sluice.common.posix.FileType;
import io.sluice.ptcomm.codec.StreamEntry;
import io.sluice.ptcomm.writer.FileState;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Names of a chain that were one file although different streams, or records, hold its data: a
 * round may store one name of a file again and not the others. One file are those names that count,
 * have several links, and are equal in type, device, inode, change time and {@link FileState}: a
 * name that was kept although it is gone has the attributes of its own time. Without the device a
 * file and its copy in a snapshot that is seen as well would be one. Where a boot has changed the
 * device's number between the rounds, the names are restored as two files.
 *
 * <p>What they are all to be is the youngest record of that file that is whole: neither torn, nor
 * with another sum than its data, nor of a segment whose sum differs. Names whose own record is not
 * whole stay what their round says, and so does a link whose data name is not.
 *
 * <p>Life: {@link #add} from any threads; then, once, {@link #join} or {@link #compare}, by one
 * thread; then {@link #close}. Heap: a sorter's run. Disk: a record for each name that has several
 * links, of each round.
 */
final class SharedFiles implements Closeable {
    private static final int KEY_BYTES = 1 + 8 + 8 + 12 + FileState.BYTES;
    private static final int DATA = 0;
    private static final int LINK = 1;

    private final Path spillDirectory;
    private final SpillSorter names;

    /** Takes two names that count, and are one file. */
    interface Pairs {
        void one(byte[] path, byte[] other) throws IOException;
    }

    /**
     * @param spillDirectory an existing directory for sorting
     */
    SharedFiles(Path spillDirectory) {
        this.spillDirectory = spillDirectory;
        this.names = new SpillSorter(spillDirectory, SpillSorter.DEFAULT_RUN_BYTES / 2);
    }

    /** Whether a name of that kind may be one of several. */
    static boolean mayShare(Stat stat) {
        return Integer.compareUnsigned(stat.links(), 1) > 0 && stat.type() != FileType.DIRECTORY;
    }

    /**
     * Takes a whole record, of an entry that {@link #mayShare}.
     *
     * @param at where it stands
     */
    void add(StreamEntry entry, Version at) throws IOException {
        Stat stat = entry.stat();
        ByteBuffer key = ByteBuffer.allocate(KEY_BYTES);
        key.put((byte) (stat.type().modeBits() >>> 12));
        key.putInt(stat.deviceMajor()).putInt(stat.deviceMinor()).putLong(stat.inode());
        key.putLong(stat.changed().seconds()).putInt(stat.changed().nanos());
        FileState.of(stat).write(key);
        names.add(
                new RecordWriter()
                        .octets(key.array())
                        .number(at.age())
                        .number(at.shard())
                        .path(entry.isLink() ? entry.linkTo() : entry.path())
                        .octet(entry.isLink() ? LINK : DATA)
                        .number(at.segment())
                        .number(at.ordinal())
                        .octets(entry.path())
                        .toBytes());
    }

    /** A name, of those that are read in order: of a file the youngest, data before its links. */
    private record Name(
            byte[] key,
            int shard,
            byte[] dataName,
            boolean link,
            int segment,
            long ordinal,
            byte[] path) {
        static Name of(byte[] record) {
            RecordReader reader = new RecordReader(record, KEY_BYTES);
            reader.number();
            int shard = reader.number();
            byte[] dataName = reader.path();
            boolean link = reader.octet() == LINK;
            int segment = reader.number();
            long ordinal = reader.longNumber();
            return new Name(
                    Arrays.copyOf(record, KEY_BYTES),
                    shard,
                    dataName,
                    link,
                    segment,
                    ordinal,
                    reader.rest());
        }

        boolean isOfFile(Name other) {
            return other != null && Arrays.equals(key, other.key);
        }

        /** Whether one record in one stream has the data of both. */
        boolean hasDataOf(Name other) {
            return other != null
                    && shard == other.shard
                    && Arrays.equals(dataName, other.dataName)
                    && isOfFile(other);
        }

        int mode() {
            return key[0] << 12;
        }

        FileState state() {
            return FileState.read(
                    ByteBuffer.wrap(key, KEY_BYTES - FileState.BYTES, FileState.BYTES));
        }
    }

    /** Takes each name that is whole, with the youngest whole record of its file. */
    private interface Names {
        void name(Name name, Name source) throws IOException;
    }

    private void read(Names into) throws IOException, InterruptedException {
        try (SpillSorter.Sorted sorted = names.sorted()) {
            Name source = null;
            Name data = null;
            for (byte[] record = sorted.next(); record != null; record = sorted.next()) {
                Name name = Name.of(record);
                if (!name.link) {
                    data = name;
                    if (!name.isOfFile(source)) {
                        source = name;
                    }
                }
                if (name.hasDataOf(data)) {
                    into.name(name, source);
                }
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
            }
        }
    }

    /**
     * Makes links of all names whose file's youngest record is another than theirs: they count no
     * more where they stand, and are told with the stream of that record.
     */
    JoinedLinks join(Winners winners, int shards) throws IOException, InterruptedException {
        JoinedLinks links = new JoinedLinks(spillDirectory, shards);
        boolean joined = false;
        try {
            read(
                    (name, source) -> {
                        if (!name.hasDataOf(source)
                                && winners.giveUp(name.shard, name.segment, name.ordinal)) {
                            links.add(
                                    source.shard,
                                    source.dataName,
                                    name.path,
                                    name.mode(),
                                    name.state());
                        }
                    });
            joined = true;
            return links;
        } finally {
            if (!joined) {
                links.close();
            }
        }
    }

    /** Tells the names that count and that {@link #join} would make links of each other. */
    void compare(Winners winners, Pairs into) throws IOException, InterruptedException {
        Name[] first = new Name[1];
        read(
                (name, source) -> {
                    if (!winners.counts(name.shard, name.segment, name.ordinal)) {
                        return;
                    }
                    if (!name.isOfFile(first[0])) {
                        first[0] = name;
                    } else if (!name.hasDataOf(first[0])) {
                        into.one(name.path, first[0].path);
                    }
                });
    }

    @Override
    public void close() throws IOException {
        names.close();
    }
}
