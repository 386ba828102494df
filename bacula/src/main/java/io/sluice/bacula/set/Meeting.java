package io.sluice.bacula.set;

import io.sluice.bacula.job.JobLevel;
import java.util.List;

/**
 * What the leading job has decided, for those that it concerns.
 *
 * @param id of this meeting, and of no other
 * @param tokens of the jobs that it concerns, the leader's first
 * @param failure why there is no round; null if there is one
 * @param level of the round
 * @param lines for every job's log
 */
public record Meeting(
        String id, List<String> tokens, String failure, JobLevel level, List<String> lines) {
    public Meeting {
        tokens = List.copyOf(tokens);
        lines = List.copyOf(lines);
    }

    /** Token of the job that leads. */
    String leader() {
        return tokens.get(0);
    }

    static Meeting failed(List<String> tokens, String failure) {
        return new Meeting("", tokens, failure, null, List.of());
    }
}
