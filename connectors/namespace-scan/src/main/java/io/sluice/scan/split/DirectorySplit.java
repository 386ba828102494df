package io.sluice.scan.split;

import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.hash.Xxh3;
import io.sluice.common.text.Text;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.connector.source.SourceSplit;

/**
 * Work: directories, each with its subtree. The first split of a round is {@link #whole}.
 *
 * <p>A reader's checkpoint is one split with all its directories: Flink keeps an output and a
 * metric group for every split that it restores, which a stack of a hundred thousand directories
 * must not have.
 *
 * @param directories paths relative to the root, the one to be read last first (a stack from its
 *     bottom)
 * @param sent what the reader that had this split had sent before
 */
public record DirectorySplit(List<byte[]> directories, SentCounts sent) implements SourceSplit {
    public DirectorySplit {
        directories = List.copyOf(directories);
    }

    /** The whole tree, beginning with the root's own entry. */
    public static DirectorySplit whole() {
        return new DirectorySplit(List.of(DirectoryPath.ABOVE_ROOT), SentCounts.NONE);
    }

    /**
     * The same work in at most {@code pieces} splits, none of them empty, dealt out one by one so
     * that each gets some of the large subtrees at the bottom. What was sent stays with the first.
     */
    public List<DirectorySplit> cut(int pieces) {
        int n = Math.max(1, Math.min(pieces, directories.size()));
        List<DirectorySplit> cut = new ArrayList<>();
        for (int piece = 0; piece < n; piece++) {
            List<byte[]> dealt = new ArrayList<>();
            for (int i = piece; i < directories.size(); i += n) {
                dealt.add(directories.get(i));
            }
            cut.add(new DirectorySplit(dealt, piece == 0 ? sent : SentCounts.NONE));
        }
        return cut;
    }

    /** A hash of the content; Flink tells a reader's splits apart by it. */
    @Override
    public String splitId() {
        var hash = Xxh3.stream();
        for (byte[] directory : directories) {
            hash.putByteArray(directory);
        }
        hash.putLong(sent.names()).putLong(sent.directories());
        return String.format("%016x", hash.getAsLong());
    }

    @Override
    public String toString() {
        return directories.size()
                + " directories, first '"
                + (directories.isEmpty() ? "" : Text.escape(directories.get(0)))
                + "'";
    }
}
