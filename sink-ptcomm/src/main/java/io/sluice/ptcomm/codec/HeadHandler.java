package io.sluice.ptcomm.codec;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Takes heads and tombstones, and wants no data: nothing else of an entry is told then. */
public interface HeadHandler extends EntryHandler {
    /** The head of an entry. */
    void head(StreamEntry entry) throws IOException;

    @Override
    default boolean entry(StreamEntry entry) throws IOException {
        head(entry);
        return false;
    }

    @Override
    default void extent(long offset, long length) {}

    @Override
    default void data(ByteBuffer bytes) {}

    @Override
    default void torn(int errno, String text) {}

    @Override
    default void block(String kind, byte[] content) {}

    @Override
    default void end(DataState state) {}
}
