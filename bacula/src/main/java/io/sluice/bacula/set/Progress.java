package io.sluice.bacula.set;

import java.util.Locale;

/**
 * How far the running round is.
 *
 * @param at milliseconds of the epoch
 * @param began milliseconds of the epoch
 * @param entries seen by the scan
 * @param stored entries that went out
 * @param bytes of data that went out
 * @param directoriesLeft known and not yet read
 * @param known names in the round before; 0 if not known
 * @param entriesPerSecond stored in the last while
 * @param bytesPerSecond in the last while
 */
public record Progress(
        int round,
        long at,
        long began,
        long entries,
        long stored,
        long bytes,
        long directoriesLeft,
        long known,
        long entriesPerSecond,
        long bytesPerSecond) {

    /** Of the round that runs in that set; null if there is none, or it has said nothing yet. */
    public static Progress read(SetDirectory set) {
        return set.read(RoundMain.progressFile(set), Progress.class);
    }

    /** One line for logs and terminals. */
    public String text() {
        long seconds = Math.max(1, (at - began) / 1000);
        String line =
                String.format(
                        Locale.ROOT,
                        "round %d, %d s: %,d entries seen, %,d stored, %,d/s, %,d MB, %,d MB/s, %,d directories queued",
                        round,
                        seconds,
                        entries,
                        stored,
                        entriesPerSecond,
                        bytes / 1_000_000,
                        bytesPerSecond / 1_000_000,
                        directoriesLeft);
        long perSecond = entries / seconds;
        if (known > entries && perSecond > 0) {
            line += String.format(Locale.ROOT, ", about %,d s left", (known - entries) / perSecond);
        }
        return line;
    }
}
