package io.sluice.ptcomm.writer;

import io.sluice.common.round.Receipt;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Passes every call on; what happens besides is for subclasses. */
public class ForwardingReceiver implements ShardReceiver {
    private final ShardReceiver receiver;

    protected ForwardingReceiver(ShardReceiver receiver) {
        this.receiver = receiver;
    }

    @Override
    public void entries(ByteBuffer frames, int count) throws IOException {
        receiver.entries(frames, count);
    }

    @Override
    public void beginEntry(long size) throws IOException {
        receiver.beginEntry(size);
    }

    @Override
    public void entryPart(ByteBuffer frames) throws IOException {
        receiver.entryPart(frames);
    }

    @Override
    public void endEntry() throws IOException {
        receiver.endEntry();
    }

    @Override
    public ReceiverPoint point() throws IOException {
        return receiver.point();
    }

    @Override
    public void sync() throws IOException {
        receiver.sync();
    }

    @Override
    public Receipt finish() throws IOException {
        return receiver.finish();
    }

    @Override
    public void close() throws IOException {
        receiver.close();
    }
}
