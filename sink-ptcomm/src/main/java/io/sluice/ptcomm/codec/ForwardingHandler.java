package io.sluice.ptcomm.codec;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Passes every call on; what is done besides is for subclasses. */
public abstract class ForwardingHandler implements EntryHandler {
    private final EntryHandler handler;

    protected ForwardingHandler(EntryHandler handler) {
        this.handler = handler;
    }

    @Override
    public boolean entry(StreamEntry entry) throws IOException {
        return handler.entry(entry);
    }

    @Override
    public void extent(long offset, long length) throws IOException {
        handler.extent(offset, length);
    }

    @Override
    public void data(ByteBuffer bytes) throws IOException {
        handler.data(bytes);
    }

    @Override
    public void torn(int errno, String text) throws IOException {
        handler.torn(errno, text);
    }

    @Override
    public void block(String kind, byte[] content) throws IOException {
        handler.block(kind, content);
    }

    @Override
    public void end(DataState state) throws IOException {
        handler.end(state);
    }

    @Override
    public void deleted(byte[] path, boolean directory) throws IOException {
        handler.deleted(path, directory);
    }
}
