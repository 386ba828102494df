package io.sluice.restore;

import io.sluice.ptcomm.archive.DamageListener;
import io.sluice.ptcomm.codec.EntryHandler;
import java.io.IOException;

/** Passes every call on; what happens besides is for subclasses. */
abstract class ForwardingStreams implements RoundStreams {
    private final RoundStreams streams;

    ForwardingStreams(RoundStreams streams) {
        this.streams = streams;
    }

    @Override
    public int shards() {
        return streams.shards();
    }

    @Override
    public int rounds() {
        return streams.rounds();
    }

    @Override
    public int age(int shard) {
        return streams.age(shard);
    }

    @Override
    public int number(int age) {
        return streams.number(age);
    }

    @Override
    public RoundIdentity identity() {
        return streams.identity();
    }

    @Override
    public boolean metadataOnly() {
        return streams.metadataOnly();
    }

    @Override
    public long entries(int shard) {
        return streams.entries(shard);
    }

    @Override
    public void read(int shard, EntryHandler handler, DamageListener listener) throws IOException {
        streams.read(shard, handler, listener);
    }
}
