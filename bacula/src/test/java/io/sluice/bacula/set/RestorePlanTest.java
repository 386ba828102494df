package io.sluice.bacula.set;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.bacula.job.JobLevel;
import io.sluice.bacula.set.RoundRecord.Job;
import io.sluice.bacula.set.RoundRecord.Verdict;
import io.sluice.common.SluiceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RestorePlanTest {
    @TempDir Path temporary;

    private SetDirectory set;
    private SetRounds rounds;

    @BeforeEach
    void makeSet() {
        set = SetDirectory.open(temporary, "s");
        rounds = new SetRounds(set);
    }

    /** Ids are 10 times the round, and the shard. */
    private void round(int number, Integer base, Verdict... verdicts) throws IOException {
        List<Job> jobs = new ArrayList<>();
        for (int shard = 0; shard < verdicts.length; shard++) {
            jobs.add(
                    new Job(
                            shard,
                            "s" + shard + "." + number,
                            10L * number + shard,
                            JobLevel.INCREMENTAL,
                            verdicts[shard]));
        }
        String begun = "2026-11-" + (10 + number) + "T01:00:00Z";
        rounds.write(
                new RoundRecord(
                        number,
                        base == null ? "full" : "incremental",
                        base,
                        begun,
                        Map.of(),
                        jobs));
        Files.writeString(
                Files.createDirectories(set.chain().resolve("rounds/" + number))
                        .resolve("manifest.json"),
                "{}");
    }

    private void end(int round, int shard, String time) {
        set.write(set.rounds().resolve(round + "." + shard + ".end"), time);
    }

    @Test
    void theJobsOfTheChainInTheOrderOfTheirEnds() throws Exception {
        round(1, null, Verdict.GOOD, Verdict.GOOD);
        round(2, 1, Verdict.GOOD, Verdict.BAD);
        round(3, 1, Verdict.GOOD, Verdict.GOOD);
        end(3, 0, "2026-11-13T01:10:00Z");
        end(3, 1, "2026-11-13T01:05:00Z");
        RestorePlan plan = RestorePlan.of(set, rounds, null);
        assertThat(plan.jobIds()).isEqualTo("10,11,31,30");
        assertThat(plan.doubts()).isEmpty();
    }

    @Test
    void aRoundWhoseJobEndedBadlyIsNotRestored() throws Exception {
        round(1, null, Verdict.GOOD, Verdict.GOOD);
        round(2, 1, Verdict.GOOD, Verdict.BAD);
        assertThat(RestorePlan.of(set, rounds, null).jobIds()).isEqualTo("10,11");
    }

    @Test
    void whatIsNotKnownYetIsSaid() throws Exception {
        round(1, null, Verdict.GOOD, Verdict.PENDING);
        assertThat(RestorePlan.of(set, rounds, null).doubts())
                .hasSize(1)
                .allMatch(doubt -> doubt.contains("s1.1") && doubt.contains("list jobid=11"));
    }

    @Test
    void aRoundThatDoesNotStandIsNotRestored() throws Exception {
        round(1, null, Verdict.GOOD, Verdict.GOOD);
        round(2, 1, Verdict.PENDING, Verdict.PENDING);
        Files.delete(set.chain().resolve("rounds/2/manifest.json"));
        assertThat(RestorePlan.of(set, rounds, null).jobIds()).isEqualTo("10,11");
    }

    @Test
    void asItWasBefore() throws Exception {
        round(1, null, Verdict.GOOD);
        round(2, 1, Verdict.GOOD);
        Instant between = Instant.parse("2026-11-11T12:00:00Z");
        assertThat(RestorePlan.of(set, rounds, between).jobIds()).isEqualTo("10");
        assertThatThrownBy(() -> RestorePlan.of(set, rounds, Instant.parse("2026-11-01T00:00:00Z")))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("set s has no round that ended before 2026-11-01T00:00:00Z");
    }
}
