package io.sluice.restore;

import io.sluice.common.entry.Stat;
import io.sluice.common.entry.Timestamp;
import io.sluice.ptcomm.codec.StreamEntry;
import io.sluice.ptcomm.writer.FileState;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Links that a stream does not have itself: names that other streams tell, and that are to be names
 * of one of its files; see {@link SharedFiles}. Filled by one thread; then each stream's are read
 * once, those of different streams by any threads. Heap: a small run for each stream that has any.
 */
final class JoinedLinks implements Closeable {
    private static final int ALL_RUNS_BYTES = 8 << 20;
    private static final int MIN_RUN_BYTES = 16 << 10;

    /** Takes a stream's links, in no order. */
    interface Links {
        void link(StreamEntry link) throws IOException;
    }

    private final Path spillDirectory;

    /** For each stream, or null where it has none. */
    private final SpillSorter[] links;

    JoinedLinks(Path spillDirectory, int shards) {
        this.spillDirectory = spillDirectory;
        this.links = new SpillSorter[shards];
    }

    /**
     * Adds a link.
     *
     * @param shard the stream
     * @param dataName the name of the file in that stream
     * @param mode of which the type is true
     */
    void add(int shard, byte[] dataName, byte[] path, int mode, FileState state)
            throws IOException {
        if (links[shard] == null) {
            int runBytes = Math.max(MIN_RUN_BYTES, ALL_RUNS_BYTES / links.length);
            links[shard] = new SpillSorter(spillDirectory, runBytes);
        }
        links[shard].add(
                new RecordWriter()
                        .path(dataName)
                        .path(path)
                        .number(mode)
                        .number(state.size())
                        .number(state.modified().seconds())
                        .number(state.modified().nanos())
                        .toBytes());
    }

    /** Tells a stream's links; of their attributes, type, size and modification time are true. */
    void read(int shard, Links into) throws IOException {
        if (links[shard] == null) {
            return;
        }
        try (SpillSorter own = links[shard];
                SpillSorter.Sorted sorted = own.sorted()) {
            for (byte[] record = sorted.next(); record != null; record = sorted.next()) {
                into.link(link(new RecordReader(record)));
            }
        }
    }

    private static StreamEntry link(RecordReader reader) {
        byte[] dataName = reader.path();
        byte[] path = reader.path();
        int mode = reader.number();
        long size = reader.longNumber();
        Timestamp time = new Timestamp(reader.longNumber(), reader.number());
        Stat stat = new Stat(mode, 2, 0, 0, 0, size, time, time, time, null, 0, 0, 0, 0);
        return new StreamEntry(path, stat, null, dataName);
    }

    @Override
    public void close() throws IOException {
        for (SpillSorter sorter : links) {
            if (sorter != null) {
                sorter.close();
            }
        }
    }
}
