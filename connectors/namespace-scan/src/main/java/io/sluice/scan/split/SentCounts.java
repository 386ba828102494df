package io.sluice.scan.split;

/**
 * What a reader has sent since the round's start. It travels in the reader's checkpointed split, so
 * that after a restore, which takes the index back by the same listings, the books still balance.
 *
 * @param names entries of the listings sent; those of a directory in parts are added with its last
 *     part
 * @param directories listings sent, the one above the root included; a directory in parts is one
 * @param unreadableDirectories those of them that failed or broke off
 */
public record SentCounts(long names, long directories, long unreadableDirectories) {
    public static final SentCounts NONE = new SentCounts(0, 0, 0);

    public SentCounts plus(SentCounts other) {
        return new SentCounts(
                names + other.names,
                directories + other.directories,
                unreadableDirectories + other.unreadableDirectories);
    }
}
