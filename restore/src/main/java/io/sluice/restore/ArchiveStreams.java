package io.sluice.restore;

import io.sluice.ptcomm.archive.ArchiveRound;
import io.sluice.ptcomm.archive.DamageListener;
import io.sluice.ptcomm.archive.Manifest;
import io.sluice.ptcomm.codec.EntryHandler;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The streams of a round in an archive, which stays open meanwhile, and of the rounds that it
 * builds on: those of the full round come first.
 */
public final class ArchiveStreams implements RoundStreams {
    private record Stream(ArchiveRound round, int shard, int age) {}

    private final List<ArchiveRound> chain;
    private final List<Stream> streams = new ArrayList<>();

    /** The streams of a round alone: all that a full round is. */
    public ArchiveStreams(ArchiveRound round) {
        this(List.of(round));
    }

    /**
     * @param chain the full round first; see {@link io.sluice.ptcomm.archive.Archive#chain}
     */
    public ArchiveStreams(List<ArchiveRound> chain) {
        this.chain = List.copyOf(chain);
        for (int i = 0; i < chain.size(); i++) {
            int age = chain.size() - 1 - i;
            for (int shard = 0; shard < chain.get(i).manifest().shards(); shard++) {
                streams.add(new Stream(chain.get(i), shard, age));
            }
        }
    }

    /** The round that is meant, the youngest. */
    public ArchiveRound round() {
        return chain.get(chain.size() - 1);
    }

    @Override
    public int shards() {
        return streams.size();
    }

    @Override
    public int rounds() {
        return chain.size();
    }

    @Override
    public int age(int shard) {
        return streams.get(shard).age;
    }

    @Override
    public int number(int age) {
        return chain.get(chain.size() - 1 - age).manifest().round();
    }

    /** Streams are numbered through the chain, so another chain is another identity. */
    @Override
    public RoundIdentity identity() {
        Manifest manifest = round().manifest();
        return new RoundIdentity(
                chain.stream()
                        .map(each -> each.manifest().run() + "/" + each.manifest().round())
                        .collect(Collectors.joining("+")),
                "round " + manifest.round() + " of '" + manifest.path() + "'");
    }

    @Override
    public boolean metadataOnly() {
        return "metadata".equals(round().manifest().content());
    }

    @Override
    public long entries(int shard) {
        Stream stream = streams.get(shard);
        return stream.round.manifest().receipts().get(stream.shard).entries();
    }

    @Override
    public void read(int shard, EntryHandler handler, DamageListener listener) throws IOException {
        Stream stream = streams.get(shard);
        stream.round.read(stream.shard, handler, listener);
    }
}
