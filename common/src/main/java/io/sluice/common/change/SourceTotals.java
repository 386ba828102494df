package io.sluice.common.change;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A source reader's own count of what it sent, its last word before the watermark: the other side
 * of the books.
 *
 * @param source name of the source, such as {@code namespace-scan}
 * @param reader number of the reader
 * @param names entries of all listings sent
 * @param directories listings sent (a directory in parts counts once)
 * @param unreadableDirectories those of them that failed
 * @param deltas answers about single names sent
 * @param more other counts by dotted name, such as {@code cursor.fs-MDT0000}
 */
public record SourceTotals(
        String source,
        int reader,
        long names,
        long directories,
        long unreadableDirectories,
        long deltas,
        SortedMap<String, Long> more)
        implements Change {
    public SourceTotals {
        more = Collections.unmodifiableSortedMap(new TreeMap<>(more));
    }

    /** Of a source that only lists. */
    public SourceTotals(
            String source, int reader, long names, long directories, long unreadableDirectories) {
        this(source, reader, names, directories, unreadableDirectories, 0);
    }

    /** Of a source that counts nothing else. */
    public SourceTotals(
            String source,
            int reader,
            long names,
            long directories,
            long unreadableDirectories,
            long deltas) {
        this(
                source,
                reader,
                names,
                directories,
                unreadableDirectories,
                deltas,
                Collections.emptySortedMap());
    }

    /**
     * No directory, but something to key by: it spreads the totals and collides with no path, which
     * never starts with NUL.
     */
    @Override
    public byte[] directory() {
        return ("\0" + source + "/" + reader).getBytes(StandardCharsets.UTF_8);
    }
}
