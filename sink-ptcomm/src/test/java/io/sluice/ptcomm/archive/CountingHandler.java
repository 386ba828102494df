package io.sluice.ptcomm.archive;

import io.sluice.ptcomm.codec.EntryHandler;
import io.sluice.ptcomm.codec.StreamEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.Set;

/** Counts and keeps no data. */
final class CountingHandler implements EntryHandler {
    final Set<DataState> states = EnumSet.noneOf(DataState.class);
    long entries;
    long bytes;
    IOException failure;

    @Override
    public boolean entry(StreamEntry entry) throws IOException {
        if (failure != null) {
            throw failure;
        }
        return true;
    }

    @Override
    public void extent(long offset, long length) {}

    @Override
    public void data(ByteBuffer data) {
        bytes += data.remaining();
    }

    @Override
    public void torn(int errno, String text) {}

    @Override
    public void block(String kind, byte[] content) {}

    @Override
    public void end(DataState state) {
        entries++;
        states.add(state);
    }

    @Override
    public void deleted(byte[] path, boolean directory) {
        entries++;
    }
}
