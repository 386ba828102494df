package io.sluice.ptcomm.writer;

import io.sluice.common.round.Receipt;
import java.util.List;

/**
 * A moment of a shard's stream, between two entries, that its receiver can go back to.
 *
 * @param entries in the stream up to here
 * @param bytes length of the stream up to here, before compression
 * @param segments that are finished, in their order; empty for a receiver without files
 * @param open what of the last one, which may have grown since, belongs to the stream; null if
 *     nothing is open
 */
public record ReceiverPoint(
        long entries, long bytes, List<Receipt.Segment> segments, Receipt.Segment open) {
    public ReceiverPoint {
        segments = List.copyOf(segments);
    }
}
