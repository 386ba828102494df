package io.sluice.bacula.job;

import io.sluice.ptcomm.fd.BridgeConsumer;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Hands the stream to the FD's plugin as it is. */
final class FdConsumer implements BridgeConsumer {
    private final FdOutput out;
    private final LastWords last;

    FdConsumer(FdOutput out, LastWords last) {
        this.out = out;
        this.last = last;
    }

    @Override
    public void write(ByteBuffer frames) throws IOException {
        out.frames(frames);
    }

    @Override
    public void releasing() throws IOException {
        last.say();
    }

    @Override
    public void finish() {}

    /** The FD's pipe stays open: it is to hear why. */
    @Override
    public void close() {}
}
