package io.sluice.ptcomm.archive;

import io.sluice.ptcomm.writer.ReceiverPoint;
import io.sluice.ptcomm.writer.ShardReceiver;
import io.sluice.ptcomm.writer.ShardReceiverFactory;
import java.io.IOException;

/**
 * Receivers that keep the streams of a round in an archive.
 *
 * @param segments where they go
 */
public record ArchiveReceivers(SegmentConfig segments) implements ShardReceiverFactory {
    private static final long serialVersionUID = 1L;

    @Override
    public ShardReceiver open(int shard, int attempt, ReceiverPoint from) throws IOException {
        return segments.open(shard, attempt, from);
    }
}
