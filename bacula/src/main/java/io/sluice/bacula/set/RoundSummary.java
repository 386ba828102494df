package io.sluice.bacula.set;

import io.sluice.bacula.job.JobMessage;
import java.util.List;

/**
 * A round's word to its jobs' logs, before they end.
 *
 * @param lines for all jobs
 * @param shards for each shard's job
 */
public record RoundSummary(int round, List<Line> lines, List<List<Line>> shards) {
    /** A line of a log. */
    public record Line(JobMessage kind, String text) {}

    /** What the round of that meeting has to say; null for nothing yet. */
    public static RoundSummary read(SetDirectory set, String meeting) {
        return set.read(RoundMain.file(set, meeting), RoundSummary.class);
    }

    public RoundSummary {
        lines = List.copyOf(lines);
        shards = List.copyOf(shards);
    }
}
