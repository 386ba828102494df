package io.sluice.ptcomm.archive;

import io.sluice.ptcomm.writer.ReceiverPoint;
import java.io.IOException;
import java.io.Serializable;

/**
 * Where a round's segments go: enough for a writer in another process, which takes no lock (the
 * backup that started it holds that).
 *
 * @param archive the archive's directory, seen from where the writer runs
 * @param round whose directory is there already
 * @param run identity of the run: letters, digits, '-' and '_'
 */
public record SegmentConfig(byte[] archive, int round, String run, Compression compression)
        implements Serializable {
    public SegmentConfig {
        archive = archive.clone();
    }

    /** Begins the segments of a shard. */
    public SegmentWriter open(int shard, int attempt) {
        return new SegmentWriter(this, shard, attempt);
    }

    /**
     * Begins the segments of a shard, or goes on behind a point of an earlier attempt.
     *
     * @param from null to begin
     * @throws io.sluice.common.SluiceException if what the point names is not there any more
     */
    public SegmentWriter open(int shard, int attempt, ReceiverPoint from) throws IOException {
        SegmentWriter writer = open(shard, attempt);
        if (from == null) {
            return writer;
        }
        boolean opened = false;
        try {
            writer.goOn(from);
            opened = true;
            return writer;
        } finally {
            if (!opened) {
                writer.close();
            }
        }
    }
}
