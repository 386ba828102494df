package io.sluice.ptcomm.writer;

import io.sluice.common.round.Receipt;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.LongConsumer;

/** A link that the test has its hand in. */
final class DisturbedLink implements BridgeLink {
    private final BridgeLink link;
    private final LongConsumer completing;
    private final int shard;
    private final RestartRig.Disturbance disturbance;

    /**
     * @param completing hears what is told to be complete
     */
    DisturbedLink(
            BridgeLink link,
            int shard,
            RestartRig.Disturbance disturbance,
            LongConsumer completing) {
        this.link = link;
        this.completing = completing;
        this.shard = shard;
        this.disturbance = disturbance;
    }

    @Override
    public long last() {
        return link.last();
    }

    @Override
    public Begun begun() {
        return link.begun();
    }

    @Override
    public void listen(Listener listener) {
        link.listen(listener);
    }

    @Override
    public void send(
            Unit unit, long first, int count, ByteBuffer notes, int added, ByteBuffer frames)
            throws IOException {
        disturbance.beforeTaking(shard);
        link.send(unit, first, count, notes, added, frames);
    }

    @Override
    public void completed(long number) {
        completing.accept(number);
        link.completed(number);
    }

    @Override
    public Receipt finish() throws IOException, InterruptedException {
        disturbance.beforeTaking(shard);
        return link.finish();
    }

    @Override
    public void close() {
        link.close();
    }
}
