package io.sluice.bacula.set;

import io.sluice.bacula.job.JobLevel;
import io.sluice.bacula.set.RoundRecord.Job;
import io.sluice.bacula.set.RoundRecord.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What the next round goes on from: the newest round that stands, all of whose jobs are known to
 * have ended well, and which is not newer than what any shard's PrevJobName names. That holds for
 * both levels, since a differential's PrevJobName names the last full job.
 *
 * @param round null for a full round
 * @param missing why there is none although the level asks for one; else null
 * @param lines for the log, of rounds that are passed over
 */
public record Base(Integer round, String missing, List<String> lines) {
    public Base {
        lines = List.copyOf(lines);
    }

    private static Base missing(String why) {
        return new Base(null, why, List.of());
    }

    /**
     * Chooses.
     *
     * @param level the strongest of all jobs'
     * @param history that has heard the arrivals
     */
    public static Base choose(JobLevel level, List<Arrival> arrivals, History history) {
        if (level == JobLevel.FULL) {
            return new Base(null, null, List.of());
        }
        List<RoundRecord> named = new ArrayList<>();
        for (Arrival arrival : arrivals) {
            if (arrival.previous().isEmpty()) {
                return missing(
                        arrival.who()
                                + " is "
                                + arrival.level().text()
                                + ", and the Director names no job that it goes on from");
            }
            RoundRecord round = history.roundOf(arrival.shard(), arrival.previous());
            if (round == null) {
                return missing(
                        arrival.who()
                                + " goes on from job "
                                + arrival.previous()
                                + ", which is of no round that this set knows");
            }
            named.add(round);
        }
        int limit = named.stream().mapToInt(RoundRecord::round).min().orElse(0);
        List<RoundRecord> newestFirst = new ArrayList<>(history.rounds());
        java.util.Collections.reverse(newestFirst);
        List<String> lines = new ArrayList<>();
        for (RoundRecord round : newestFirst) {
            if (round.round() <= limit && history.stands(round) && round.isGood()) {
                return new Base(round.round(), null, told(round, level, lines));
            }
            // Of which a restore by Bacula's own choice may take jobs.
            if (named.contains(round) || (level == JobLevel.INCREMENTAL && isOut(round, history))) {
                lines.add(passedOver(round, history));
            }
        }
        return missing("no round of this set ended well in all its jobs");
    }

    /** Whether some job of the round may have ended well. */
    private static boolean isOut(RoundRecord round, History history) {
        return history.stands(round)
                || round.jobs().stream().anyMatch(job -> job.verdict() == Verdict.GOOD);
    }

    private static String passedOver(RoundRecord round, History history) {
        String head = "round " + round.round();
        String bad = of(round, Verdict.BAD);
        String pending = of(round, Verdict.PENDING);
        if (!bad.isEmpty()) {
            return head + " did not end well in " + bad;
        }
        if (!pending.isEmpty()) {
            return head + " is not known to have ended well in " + pending;
        }
        return head
                + (history.stands(round)
                        ? " is newer than what the Director goes on from in another shard"
                        : " is not in the set's chain, although each of its jobs ended well");
    }

    private static String of(RoundRecord round, Verdict verdict) {
        return round.jobs().stream()
                .filter(job -> job.verdict() == verdict)
                .map(Job::name)
                .collect(Collectors.joining(", "));
    }

    private static List<String> told(RoundRecord base, JobLevel level, List<String> passedOver) {
        if (passedOver.isEmpty()) {
            return passedOver;
        }
        List<String> lines = new ArrayList<>(passedOver);
        lines.add(
                "so this round goes on from round "
                        + base.round()
                        + ": in a restore that takes the jobs in between, names that were created after that round"
                        + " and deleted since may reappear, and names that were moved away and back may be missing;"
                        + " 'sluice restore-plan' leaves those jobs out, and a "
                        + (level == JobLevel.INCREMENTAL ? "Differential or Full" : "Full")
                        + " of the whole set clears it");
        return lines;
    }
}
