package io.sluice.common.round;

import java.util.List;

/**
 * A receiver's word that it durably has a shard's whole stream.
 *
 * @param entries number of entries in the stream
 * @param bytes length of the stream before compression
 * @param segments where it lies, for an archive; empty for a bridge
 */
public record Receipt(int shard, long entries, long bytes, List<Segment> segments)
        implements RoundEvent {
    public Receipt {
        segments = List.copyOf(segments);
    }

    /**
     * One file of an archive.
     *
     * @param name of the file in the round's directory
     * @param length in bytes, as stored
     * @param entries that start and end in it
     * @param xxh3 xxh3_64 of its stored bytes
     */
    public record Segment(String name, long length, long entries, long xxh3) {}
}
