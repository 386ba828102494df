package io.sluice.restore;

import io.sluice.ptcomm.archive.ArchiveRound;
import io.sluice.ptcomm.archive.DamageListener;
import io.sluice.ptcomm.archive.Manifest;
import io.sluice.ptcomm.codec.EntryHandler;
import java.io.IOException;

/** The streams of a round in an archive, which stays open meanwhile. */
public record ArchiveStreams(ArchiveRound round) implements RoundStreams {
    @Override
    public int shards() {
        return round.manifest().shards();
    }

    @Override
    public RoundIdentity identity() {
        Manifest manifest = round.manifest();
        return new RoundIdentity(
                manifest.run() + "/" + manifest.round(),
                "round " + manifest.round() + " of '" + manifest.path() + "'");
    }

    @Override
    public boolean metadataOnly() {
        return "metadata".equals(round.manifest().content());
    }

    @Override
    public long entries(int shard) {
        return round.manifest().receipts().get(shard).entries();
    }

    @Override
    public void read(int shard, EntryHandler handler, DamageListener listener) throws IOException {
        round.read(shard, handler, listener);
    }
}
