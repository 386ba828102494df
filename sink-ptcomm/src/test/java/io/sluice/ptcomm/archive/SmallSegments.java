package io.sluice.ptcomm.archive;

import io.sluice.ptcomm.writer.ReceiverPoint;
import io.sluice.ptcomm.writer.ShardReceiver;
import java.io.IOException;

/** Segments of a size that a test's round has some of. */
public final class SmallSegments {
    private SmallSegments() {}

    public static ShardReceiver open(
            SegmentConfig config, int shard, int attempt, ReceiverPoint from, long segmentBytes)
            throws IOException {
        SegmentWriter writer = new SegmentWriter(config, shard, attempt, segmentBytes);
        if (from != null) {
            writer.goOn(from);
        }
        return writer;
    }
}
