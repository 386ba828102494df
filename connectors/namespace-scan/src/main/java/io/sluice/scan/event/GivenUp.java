package io.sluice.scan.event;

import io.sluice.common.posix.Posix;
import java.util.List;
import org.apache.flink.api.connector.source.SourceEvent;

/**
 * Reader to enumerator, the answer to each {@link GiveUp}: directories, each with its subtree, for
 * other readers; none when nothing waits. The reader keeps them in its own checkpoints until it has
 * the {@link Acknowledged}.
 *
 * @param sequence number of this hand-over within the generation
 * @param directories paths relative to the root, the one to be read last first
 * @param more how many still wait, where the message's bounds cut the answer short; else 0
 */
public record GivenUp(long generation, long sequence, List<byte[]> directories, int more)
        implements SourceEvent {
    private static final long serialVersionUID = 1L;

    /** Directories of one message. */
    public static final int MOST_DIRECTORIES = 1000;

    /** Bytes of their paths: Flink loses, without an error, what is larger than 10 MiB. */
    public static final int MOST_BYTES = 256 * 1024;

    /**
     * Whether a message of them is at one of its bounds, or so near that one more path may not fit.
     */
    public static boolean isFull(List<byte[]> directories) {
        long bytes = directories.stream().mapToLong(path -> path.length).sum();
        return directories.size() >= MOST_DIRECTORIES || bytes > MOST_BYTES - Posix.PATH_MAX;
    }

    public GivenUp {
        directories = List.copyOf(directories);
    }
}
