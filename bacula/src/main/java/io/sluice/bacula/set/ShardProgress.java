package io.sluice.bacula.set;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * How far one shard's stream is.
 *
 * @param at milliseconds of the epoch
 * @param entries that bacula-fd has taken
 * @param bytes of the stream that bacula-fd has taken
 * @param heldMs so long bacula-fd has taken nothing of what is there; 0 when it takes
 */
public record ShardProgress(long at, long entries, long bytes, long heldMs) {
    private static Path file(SetDirectory set, int shard) {
        return set.rendezvous().resolve("progress-" + shard + ".json");
    }

    /** Null where nothing is known. */
    public static ShardProgress read(SetDirectory set, int shard) {
        return set.read(file(set, shard), ShardProgress.class);
    }

    public void write(SetDirectory set, int shard) {
        set.write(file(set, shard), this);
    }

    public static void remove(SetDirectory set, int shard) {
        set.remove(file(set, shard));
    }

    public String text() {
        return String.format(
                Locale.ROOT,
                "%,d entries, %,d MB%s",
                entries,
                bytes / 1_000_000,
                heldMs < 1000
                        ? ""
                        : String.format(
                                Locale.ROOT,
                                ", bacula-fd has taken nothing for %,d s (its Storage Daemon waits, for a volume perhaps)",
                                heldMs / 1000));
    }

    /** The shard that holds the round up, with the reason as far as it is known. */
    public static Optional<String> slowest(SetDirectory set, List<Arrival> present) {
        record Shard(int number, ShardProgress progress) {}

        return present.stream()
                .map(arrival -> new Shard(arrival.shard(), read(set, arrival.shard())))
                .filter(shard -> shard.progress != null)
                .max(
                        Comparator.<Shard>comparingLong(shard -> shard.progress.heldMs())
                                .thenComparingLong(shard -> -shard.progress.entries()))
                .map(shard -> "shard " + shard.number + ": " + shard.progress.text());
    }
}
