package io.sluice.common.change;

import java.nio.charset.StandardCharsets;

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
 */
public record SourceTotals(
        String source,
        int reader,
        long names,
        long directories,
        long unreadableDirectories,
        long deltas)
        implements Change {

    /** Of a source that only lists. */
    public SourceTotals(
            String source, int reader, long names, long directories, long unreadableDirectories) {
        this(source, reader, names, directories, unreadableDirectories, 0);
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
