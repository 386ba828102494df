package io.sluice.bacula.set;

import io.sluice.bacula.set.RoundRecord.Job;
import io.sluice.bacula.set.RoundRecord.Verdict;
import io.sluice.common.SluiceException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Which jobs a restore of a whole set takes: those of the chosen round and of all rounds that it
 * builds on, which together are what the tree was. Sorted by their end, oldest first, since Bacula
 * reads the jobs in the order in which they are typed, and directories take the time of what is
 * written into them last.
 *
 * @param rounds the full one first
 * @param jobs of them
 * @param doubts what is not known for sure, one line each
 */
public record RestorePlan(List<RoundRecord> rounds, List<Job> jobs, List<String> doubts) {
    /**
     * Plans.
     *
     * @param before the newest round that ended before; null for the newest of all
     * @throws SluiceException if there is none, or a round that it builds on is not known
     */
    public static RestorePlan of(SetDirectory set, SetRounds files, Instant before) {
        History history = files.read();
        RoundRecord newest = null;
        for (RoundRecord round : history.rounds()) {
            boolean inTime = before == null || !end(files, round).isAfter(before);
            if (history.stands(round) && !round.isBad() && inTime) {
                newest = round;
            }
        }
        if (newest == null) {
            throw new SluiceException(
                    "set "
                            + set.name()
                            + " has no round"
                            + (before == null ? "" : " that ended before " + before)
                            + " whose jobs ended well; 'sluice set show "
                            + set.name()
                            + "' lists all");
        }
        List<RoundRecord> chain = new ArrayList<>();
        for (RoundRecord round = newest; round != null; round = below(set, history, round)) {
            chain.add(0, round);
        }
        List<Job> jobs = new ArrayList<>();
        List<String> doubts = new ArrayList<>();
        for (RoundRecord round : chain) {
            round.jobs().stream()
                    .sorted(Comparator.comparing(job -> files.end(round, job)))
                    .forEach(jobs::add);
            for (Job job : round.jobs()) {
                if (job.verdict() != Verdict.GOOD) {
                    doubts.add(
                            "round "
                                    + round.round()
                                    + ": no later job has told yet that job "
                                    + job.name()
                                    + " (JobId "
                                    + job.id()
                                    + ") ended well; see 'list jobid="
                                    + job.id()
                                    + "' in bconsole");
                }
            }
        }
        return new RestorePlan(chain, jobs, doubts);
    }

    private static Instant end(SetRounds files, RoundRecord round) {
        return round.jobs().stream()
                .map(job -> files.end(round, job))
                .max(Comparator.naturalOrder())
                .orElse(Instant.parse(round.started()));
    }

    private static RoundRecord below(SetDirectory set, History history, RoundRecord round) {
        if (round.base() == null) {
            return null;
        }
        RoundRecord base = history.round(round.base());
        if (base == null) {
            throw new SluiceException(
                    "set "
                            + set.name()
                            + ": round "
                            + round.round()
                            + " builds on round "
                            + round.base()
                            + ", whose file in '"
                            + set.rounds()
                            + "' is missing; restore it from a copy");
        }
        return base;
    }

    /** Ids in the order in which they are to be typed. */
    public String jobIds() {
        return String.join(",", jobs.stream().map(job -> Long.toString(job.id())).toList());
    }
}
