package io.sluice.ptcomm.archive;

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
}
