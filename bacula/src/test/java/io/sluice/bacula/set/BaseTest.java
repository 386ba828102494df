package io.sluice.bacula.set;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.bacula.job.JobLevel;
import io.sluice.bacula.set.RoundRecord.Job;
import io.sluice.bacula.set.RoundRecord.Verdict;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BaseTest {
    private static final int SHARDS = 2;

    /** A job that arrives. */
    private static Arrival arrival(
            int shard, int shards, JobLevel level, String job, String previous) {
        return new Arrival(
                "token",
                shard,
                shards,
                job,
                1,
                level,
                previous,
                "host",
                1,
                "127.0.0.1:1",
                Map.of());
    }

    private static String name(int round, int shard) {
        return "s" + shard + "." + round;
    }

    /**
     * One word a round, a letter a shard: F, D, I of the jobs' levels, or - for a round that does
     * not stand; then what the jobs of the next round look back to.
     */
    @ParameterizedTest
    @CsvSource({
        // Every night well.
        "FF,                 II, 1 1, 1",
        "FF II:1:1 II:2:2,   II, 3 3, 3",
        // The last round failed in shard 1's job.
        "FF II:1:1 II:2:2,   II, 3 2, 2",
        // And the one before in shard 0's.
        "FF II:1:1 II:1:2,   II, 3 2, 1",
        // A differential goes back to the full round.
        "FF II:1:1 II:2:2,   DD, 1 1, 1",
        // Behind a differential nobody names the rounds before it, but itself.
        "FF II:1:1 DD:1:1,   II, 3 3, 3",
        "FF II:1:1 DD:1:1,   II, 3 2, 1",
        // One job was upgraded, the other was not.
        "FF II:1:1 FI::2,    II, 3 3, 3",
        "FF II:1:1 FI::2,    DD, 3 1, 1",
        // A round that does not stand, though its jobs ended well.
        "FF II:1:1 -II:2:2,  II, 3 3, 2",
        // A shard whose job is full has all of them full.
        "FF II:1:1 II:2:2,   FI, '' 3, full",
        // Nothing to go on from.
        "FF,                 II, 1 '', missing",
        "FF,                 II, 1 9, missing",
        "FF,                 DD, '' '', missing",
    })
    void theNewestRoundThatAllJobsStandOn(
            String rounds, String levels, String previous, String expected) {
        History history = new History(List.of(), Set.of());
        int number = 0;
        for (String word : rounds.split(" ", -1)) {
            number++;
            boolean stands = !word.startsWith("-");
            String[] parts = word.replace("-", "").split(":", -1);
            List<Arrival> arrivals = new ArrayList<>();
            for (int shard = 0; shard < SHARDS; shard++) {
                String looksBack = parts.length == 1 ? "" : parts[shard + 1];
                arrivals.add(
                        arrival(
                                shard,
                                SHARDS,
                                level(parts[0].charAt(shard)),
                                name(number, shard),
                                looksBack.isEmpty() ? "" : "s" + shard + "." + looksBack));
            }
            history = with(history.heard(arrivals), number, arrivals, stands);
        }
        String[] looksBack = previous.replace("''", "-").split(" ", -1);
        List<Arrival> arrivals = new ArrayList<>();
        JobLevel strongest = JobLevel.INCREMENTAL;
        for (int shard = 0; shard < SHARDS; shard++) {
            JobLevel level = level(levels.charAt(shard));
            strongest = strongest.stronger(level);
            arrivals.add(
                    arrival(
                            shard,
                            SHARDS,
                            level,
                            name(number + 1, shard),
                            looksBack[shard].equals("-")
                                    ? ""
                                    : "s" + shard + "." + looksBack[shard]));
        }
        Base base = Base.choose(strongest, arrivals, history.heard(arrivals));
        String found =
                base.round() != null
                        ? base.round().toString()
                        : base.missing() != null ? "missing" : "full";
        assertThat(found).isEqualTo(expected);
    }

    private static JobLevel level(char letter) {
        return switch (letter) {
            case 'F' -> JobLevel.FULL;
            case 'D' -> JobLevel.DIFFERENTIAL;
            default -> JobLevel.INCREMENTAL;
        };
    }

    private static History with(
            History history, int number, List<Arrival> arrivals, boolean stands) {
        List<RoundRecord> rounds = new ArrayList<>(history.rounds());
        rounds.add(RoundRecord.of(number, "any", null, "2026-11-21T00:00:00Z", Map.of(), arrivals));
        Set<Integer> standing = new HashSet<>(history.standing());
        if (stands) {
            standing.add(number);
        }
        return new History(rounds, standing);
    }

    /** A Director, which knows how each job ended, and a set that hears of it by PrevJobName. */
    private static final class Nights {
        final Random random;
        final int shards;
        History history = new History(List.of(), Set.of());

        /** How the jobs ended: by round and shard. */
        final List<boolean[]> good = new ArrayList<>();

        final List<JobLevel[]> levels = new ArrayList<>();

        /** All that was ever said. */
        final List<List<Arrival>> said = new ArrayList<>();

        Set<Integer> savepoints = new HashSet<>();

        Nights(Random random) {
            this.random = random;
            shards = 1 + random.nextInt(4);
        }

        /** Newest good job of the shard; of the full ones only, if so asked; 0 for none. */
        int newest(int shard, boolean full) {
            for (int i = good.size() - 1; i >= 0; i--) {
                if (good.get(i)[shard] && (!full || levels.get(i)[shard] == JobLevel.FULL)) {
                    return i + 1;
                }
            }
            return 0;
        }

        void night(String as) {
            int number = good.size() + 1;
            JobLevel asked = JobLevel.values()[Math.min(random.nextInt(8), 2)];
            asked =
                    number == 1
                            ? JobLevel.FULL
                            : random.nextInt(3) > 0 ? JobLevel.INCREMENTAL : asked;
            JobLevel[] own = new JobLevel[shards];
            JobLevel strongest = JobLevel.INCREMENTAL;
            List<Arrival> arrivals = new ArrayList<>();
            for (int shard = 0; shard < shards; shard++) {
                boolean upgraded = newest(shard, true) == 0 || random.nextInt(20) == 0;
                own[shard] = upgraded ? JobLevel.FULL : asked;
                int previous =
                        own[shard] == JobLevel.FULL
                                ? 0
                                : newest(shard, own[shard] == JobLevel.DIFFERENTIAL);
                strongest = strongest.stronger(own[shard]);
                arrivals.add(
                        arrival(
                                shard,
                                shards,
                                own[shard],
                                name(number, shard),
                                previous == 0 ? "" : name(previous, shard)));
            }
            said.add(arrivals);
            history = history.heard(arrivals);
            Base base = Base.choose(strongest, arrivals, history);
            check(as, strongest, arrivals, base);

            boolean stands = base.missing() == null && random.nextInt(6) > 0;
            boolean released = stands || random.nextInt(2) == 0;
            boolean[] ended = new boolean[shards];
            for (int shard = 0; shard < shards; shard++) {
                ended[shard] = released && random.nextInt(6) > 0;
            }
            good.add(ended);
            levels.add(own);
            Set<Integer> kept = history.kept(2);
            history = with(history, number, arrivals, stands);
            if (stands) {
                savepoints.add(number);
                savepoints.removeIf(round -> round != number && !kept.contains(round));
            }
        }

        void check(String as, JobLevel strongest, List<Arrival> arrivals, Base base) {
            if (strongest == JobLevel.FULL) {
                assertThat(base.round()).as(as).isNull();
                return;
            }
            Integer expected = bruteForce(arrivals);
            assertThat(base.round()).as(as).isEqualTo(expected);
            assertThat(base.missing() == null).as(as).isEqualTo(expected != null);
            if (expected != null) {
                assertThat(good.get(expected - 1)).as(as).containsOnly(true);
                assertThat(savepoints).as("%s: %s", as, history).contains(expected);
            }
        }

        /** The rule, over all that was ever said. */
        Integer bruteForce(List<Arrival> arrivals) {
            Integer newest = null;
            for (RoundRecord round : history.rounds()) {
                boolean fits = history.stands(round);
                for (Arrival arrival : arrivals) {
                    fits &= round.round() <= number(arrival.previous());
                }
                for (Job job : round.jobs()) {
                    fits &= isGood(round.round(), job);
                }
                newest = fits ? Integer.valueOf(round.round()) : newest;
            }
            return newest;
        }

        /** Whether the last that spoke of the job named it, and did not pass over it. */
        boolean isGood(int round, Job job) {
            boolean isGood = false;
            for (int i = round; i < said.size(); i++) {
                Arrival arrival = said.get(i).get(job.shard());
                if (arrival.previous().isEmpty()) {
                    continue;
                }
                int named = number(arrival.previous());
                boolean full = arrival.level() == JobLevel.DIFFERENTIAL;
                if (named == round) {
                    isGood = true;
                } else if (named < round && (!full || job.level() == JobLevel.FULL)) {
                    isGood = false;
                }
            }
            return isGood;
        }

        static int number(String job) {
            return Integer.parseInt(job.substring(job.indexOf('.') + 1));
        }
    }

    @Test
    void itIsTheNewestGoodOneInAnyHistoryAndItsSavepointIsThere() {
        long first = Long.getLong("sluice.seed", System.nanoTime());
        for (long seed = first; seed < first + 500; seed++) {
            Nights nights = new Nights(new Random(seed));
            for (int night = 0; night < 40; night++) {
                nights.night("-Dsluice.seed=" + seed + ", night " + night);
            }
        }
    }

    @Test
    void aRoundThatIsPassedOverIsNamedWithItsJob() {
        History history = new History(List.of(), Set.of());
        List<Arrival> first = arrivals(1, JobLevel.FULL, 0, 0);
        history = with(history.heard(first), 1, first, true);
        List<Arrival> second = arrivals(2, JobLevel.INCREMENTAL, 1, 1);
        history = with(history.heard(second), 2, second, true);
        List<Arrival> third = arrivals(3, JobLevel.INCREMENTAL, 2, 1);
        Base base = Base.choose(JobLevel.INCREMENTAL, third, history.heard(third));
        assertThat(base.round()).isEqualTo(1);
        assertThat(base.lines().get(0)).isEqualTo("round 2 did not end well in s1.2");
        assertThat(base.lines().get(1)).contains("may reappear", "Differential or Full");
        assertThat(history.heard(third).round(2).job(1).verdict()).isEqualTo(Verdict.BAD);
    }

    /** Lines of a round whose jobs look back so, behind a full one and another of that level. */
    private static List<String> linesBehind(
            JobLevel second, boolean stands, JobLevel level, int... previous) {
        History history = new History(List.of(), Set.of());
        List<Arrival> first = arrivals(1, JobLevel.FULL, 0, 0);
        history = with(history.heard(first), 1, first, true);
        int back = second == JobLevel.FULL ? 0 : 1;
        List<Arrival> middle = arrivals(2, second, back, back);
        history = with(history.heard(middle), 2, middle, stands);
        // Somebody has said that the full round ended well.
        history = history.heard(arrivals(3, JobLevel.INCREMENTAL, 1, 1));
        List<Arrival> last = arrivals(3, level, previous);
        Base base = Base.choose(level, last, history.heard(last));
        assertThat(base.missing()).isNull();
        return base.lines();
    }

    @Test
    void aRoundThatWasReleasedInPartIsNamedAlthoughItDoesNotStand() {
        List<String> lines = linesBehind(JobLevel.INCREMENTAL, false, JobLevel.INCREMENTAL, 2, 1);
        assertThat(lines).hasSize(2);
        assertThat(lines.get(0)).isEqualTo("round 2 did not end well in s1.2");
        assertThat(lines.get(1))
                .contains("goes on from round 1", "may reappear", "may be missing")
                .contains("a Differential or Full of the whole set");
    }

    @Test
    void aRoundThatIsOfNoJobForTheDirectorIsNotNamed() {
        assertThat(linesBehind(JobLevel.INCREMENTAL, false, JobLevel.INCREMENTAL, 1, 1)).isEmpty();
        assertThat(linesBehind(JobLevel.INCREMENTAL, true, JobLevel.INCREMENTAL, 2, 2)).isEmpty();
        assertThat(linesBehind(JobLevel.INCREMENTAL, true, JobLevel.DIFFERENTIAL, 1, 1)).isEmpty();
    }

    /** The Director goes on from a full job that the other shard has no fellow of. */
    @Test
    void aDifferentialNamesTheFullRoundThatItsShardsDoNotShare() {
        List<String> lines = linesBehind(JobLevel.FULL, true, JobLevel.DIFFERENTIAL, 2, 1);
        assertThat(lines).hasSize(2);
        assertThat(lines.get(0)).isEqualTo("round 2 did not end well in s1.2");
        assertThat(lines.get(1))
                .contains("goes on from round 1", "may reappear", "may be missing")
                .contains("and a Full of the whole set");
    }

    private static List<Arrival> arrivals(int round, JobLevel level, int... previous) {
        List<Arrival> arrivals = new ArrayList<>();
        for (int shard = 0; shard < previous.length; shard++) {
            arrivals.add(
                    arrival(
                            shard,
                            previous.length,
                            level,
                            name(round, shard),
                            previous[shard] == 0 ? "" : name(previous[shard], shard)));
        }
        return arrivals;
    }
}
