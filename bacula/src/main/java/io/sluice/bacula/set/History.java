package io.sluice.bacula.set;

import io.sluice.bacula.job.JobLevel;
import io.sluice.bacula.set.RoundRecord.Job;
import io.sluice.bacula.set.RoundRecord.Verdict;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The rounds of a set, oldest first, and what later jobs have told of how their jobs ended.
 *
 * @param standing numbers of those that the chain has committed
 */
public record History(List<RoundRecord> rounds, Set<Integer> standing) {
    public History {
        rounds = List.copyOf(rounds);
        standing = Set.copyOf(standing);
    }

    /** The round that a job of that shard and name was of; null if none is known. */
    RoundRecord roundOf(int shard, String job) {
        // A job that the Director reschedules keeps its name: the last round of that name counts.
        for (int i = rounds.size() - 1; i >= 0; i--) {
            Job own = rounds.get(i).job(shard);
            if (own != null && own.name().equals(job)) {
                return rounds.get(i);
            }
        }
        return null;
    }

    public RoundRecord round(int number) {
        return rounds.stream().filter(round -> round.round() == number).findFirst().orElse(null);
    }

    public boolean stands(RoundRecord round) {
        return standing.contains(round.round());
    }

    /**
     * What PrevJobName tells: the named job ended well, and those of the shard behind it did not,
     * as far as the level looks at them: an incremental looks back at all, a differential at full
     * ones only.
     */
    public History heard(List<Arrival> arrivals) {
        List<RoundRecord> told = new ArrayList<>(rounds);
        for (Arrival arrival : arrivals) {
            RoundRecord named = roundOf(arrival.shard(), arrival.previous());
            if (named == null || arrival.level() == JobLevel.FULL) {
                continue;
            }
            told.replaceAll(
                    round -> {
                        Job job = round.job(arrival.shard());
                        if (job == null || round.round() < named.round()) {
                            return round;
                        }
                        boolean seen =
                                arrival.level() == JobLevel.INCREMENTAL
                                        || job.level() == JobLevel.FULL;
                        if (round.round() == named.round()) {
                            return round.with(arrival.shard(), Verdict.GOOD);
                        }
                        return seen ? round.with(arrival.shard(), Verdict.BAD) : round;
                    });
        }
        return new History(told, standing);
    }

    /**
     * Which savepoints a later round may ask for: the newest rounds; those that some shard's jobs
     * may still look back to, for either level.
     *
     * @param keep number of the newest rounds
     */
    Set<Integer> kept(int keep) {
        List<RoundRecord> mine = rounds.stream().filter(this::stands).toList();
        Set<Integer> kept = new HashSet<>();
        for (int i = Math.max(0, mine.size() - keep); i < mine.size(); i++) {
            kept.add(mine.get(i).round());
        }
        keepFrom(JobLevel.INCREMENTAL, kept);
        keepFrom(JobLevel.FULL, kept);
        return kept;
    }

    /**
     * From the newest round that all shards surely look back to, or beyond, up to the newest that
     * any may, whether that stands or not: the base is one of these.
     *
     * @param least level of the jobs that are looked back to
     */
    private void keepFrom(JobLevel least, Set<Integer> kept) {
        int sure = 0;
        int newest = -1;
        for (int i = 0; i < rounds.size(); i++) {
            RoundRecord round = rounds.get(i);
            boolean all = round.jobs().stream().allMatch(job -> isSeen(job, least));
            if (all && round.isGood() && stands(round)) {
                sure = i;
            }
            if (round.jobs().stream().anyMatch(job -> isSeen(job, least))) {
                newest = i;
            }
        }
        for (int i = sure; i <= newest; i++) {
            if (stands(rounds.get(i))) {
                kept.add(rounds.get(i).round());
            }
        }
    }

    private static boolean isSeen(Job job, JobLevel least) {
        return job.level().compareTo(least) >= 0;
    }
}
