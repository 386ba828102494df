package io.sluice.restore;

import io.sluice.ptcomm.archive.Damage;
import io.sluice.ptcomm.codec.HeadHandler;
import io.sluice.ptcomm.codec.StreamEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * The entries that an archive holds at a round, its chain applied: those that a restore of it
 * tells, no more and no fewer. Their data is passed over. An object serves one reading.
 */
public final class EffectiveEntries {
    /** Takes entries in no order; called by one thread. */
    @FunctionalInterface
    public interface Entries {
        void entry(StreamEntry entry) throws IOException;
    }

    private final RoundStreams streams;
    private final Path spillDirectory;
    private final Consumer<Damage> damages;
    private final Consumer<RestoreLine> doubts;

    /**
     * @param spillDirectory an existing directory for sorting
     * @param damages hears of each damaged segment
     * @param doubts hears where damage may have lost the youngest version of something
     */
    public EffectiveEntries(
            RoundStreams streams,
            Path spillDirectory,
            Consumer<Damage> damages,
            Consumer<RestoreLine> doubts) {
        this.streams = streams;
        this.spillDirectory = spillDirectory;
        this.damages = damages;
        this.doubts = doubts;
    }

    /**
     * Reads them all.
     *
     * @throws IOException when a stream cannot be read, damage apart
     * @throws InterruptedException when the calling thread is interrupted
     */
    public void read(Entries into) throws IOException, InterruptedException {
        try (Winners winners =
                Winners.decide(
                        streams,
                        Selection.everything(),
                        null,
                        spillDirectory,
                        new RestoreEnd(null),
                        doubts)) {
            for (int shard = 0; shard < streams.shards(); shard++) {
                winners.read(streams, shard, new Heads(into), damages::accept);
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
            }
        }
    }

    private record Heads(Entries into) implements HeadHandler {
        @Override
        public void head(StreamEntry entry) throws IOException {
            into.entry(entry);
        }

        @Override
        public void deleted(byte[] path, boolean directory) {}
    }
}
