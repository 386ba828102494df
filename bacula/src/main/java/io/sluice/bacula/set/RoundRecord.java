package io.sluice.bacula.set;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.sluice.bacula.job.JobLevel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Which jobs a round's streams went to, and what is known of how these ended in Bacula. Whether the
 * round stands is the chain's word, not this file's.
 *
 * @param level full, differential or incremental: what the streams hold
 * @param base the round that the streams hold the changes since; null for a full one
 * @param started when the round began, RFC 3339 in UTC
 * @param marks that the round obeys, and when they were set
 */
public record RoundRecord(
        int round,
        String level,
        Integer base,
        String started,
        Map<Mark, String> marks,
        List<Job> jobs) {
    /**
     * What the Director thinks of a job: no job learns it itself (PrevJobName tells later ones).
     */
    public enum Verdict {
        /** Nobody has said. */
        PENDING,
        /** A later job goes on from it. */
        GOOD,
        /** A later job goes on from an older one. */
        BAD
    }

    /**
     * A job.
     *
     * @param name unique in the catalog
     * @param id in the catalog
     * @param level as the Director has it, which may be weaker than the round's
     */
    public record Job(int shard, String name, long id, JobLevel level, Verdict verdict) {
        Job with(Verdict heard) {
            return new Job(shard, name, id, level, heard);
        }
    }

    public RoundRecord {
        marks = marks == null ? Map.of() : Map.copyOf(marks);
        jobs = List.copyOf(jobs);
    }

    static RoundRecord of(
            int round,
            String level,
            Integer base,
            String started,
            Map<Mark, String> marks,
            List<Arrival> arrivals) {
        return new RoundRecord(
                round,
                level,
                base,
                started,
                marks,
                arrivals.stream()
                        .map(
                                arrival ->
                                        new Job(
                                                arrival.shard(),
                                                arrival.job(),
                                                arrival.jobId(),
                                                arrival.level(),
                                                Verdict.PENDING))
                        .toList());
    }

    /** The job of a shard; null if the round had none of that number. */
    public Job job(int shard) {
        return jobs.stream().filter(job -> job.shard() == shard).findFirst().orElse(null);
    }

    @JsonIgnore
    public boolean isGood() {
        return jobs.stream().allMatch(job -> job.verdict() == Verdict.GOOD);
    }

    @JsonIgnore
    public boolean isBad() {
        return jobs.stream().anyMatch(job -> job.verdict() == Verdict.BAD);
    }

    RoundRecord with(int shard, Verdict verdict) {
        List<Job> changed = new ArrayList<>();
        for (Job job : jobs) {
            changed.add(job.shard() == shard ? job.with(verdict) : job);
        }
        return new RoundRecord(round, level, base, started, marks, changed);
    }
}
