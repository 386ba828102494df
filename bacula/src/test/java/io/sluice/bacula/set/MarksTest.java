package io.sluice.bacula.set;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.bacula.job.JobLevel;
import io.sluice.bacula.set.RoundRecord.Job;
import io.sluice.bacula.set.RoundRecord.Verdict;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MarksTest {
    private static final String AT = "2026-11-21T01:00:00Z";

    @TempDir Path temporary;

    private SetDirectory set;

    @BeforeEach
    void open() {
        set = SetDirectory.open(temporary, "s");
    }

    private static RoundRecord round(
            int number, Integer base, Verdict verdict, Map<Mark, String> marks) {
        Job job = new Job(0, "job." + number, number, JobLevel.INCREMENTAL, verdict);
        String level = base == null ? "full" : "incremental";
        return new RoundRecord(number, level, base, AT, marks, List.of(job));
    }

    private Map<Mark, String> next(RoundRecord... rounds) {
        Set<Integer> standing = Set.of(1, 2, 3);
        return Marks.ofNextRound(set, new History(List.of(rounds), standing));
    }

    @Test
    void aMarkIsObeyedOnceAlsoWhenItsLeaderCouldNotTakeItAway() {
        set.write(set.marks().resolve("accept-deletes"), AT);
        RoundRecord full = round(1, null, Verdict.GOOD, Map.of());
        assertThat(next(full)).containsExactly(Map.entry(Mark.ACCEPT_DELETES, AT));
        RoundRecord obeyed = round(2, 1, Verdict.PENDING, Map.of(Mark.ACCEPT_DELETES, AT));
        assertThat(next(full, obeyed)).isEmpty();
        assertThat(Mark.ACCEPT_DELETES.isSet(set)).isFalse();
    }

    @Test
    void aRoundThatDoesNotStandHasUsedNothingUp() {
        set.write(set.marks().resolve("rebaseline"), AT);
        RoundRecord lost = round(9, null, Verdict.BAD, Map.of(Mark.REBASELINE, AT));
        assertThat(next(lost)).containsExactly(Map.entry(Mark.REBASELINE, AT));
        assertThat(Mark.REBASELINE.isSet(set)).isTrue();
    }

    @Test
    void aRebaselineCountsUntilItsRoundHasEndedWell() {
        RoundRecord full = round(1, null, Verdict.GOOD, Map.of());
        Map<Mark, String> marks = Map.of(Mark.REBASELINE, AT);
        assertThat(next(full, round(2, null, Verdict.BAD, marks)))
                .containsExactly(Map.entry(Mark.REBASELINE, AT));
        assertThat(next(full, round(2, null, Verdict.PENDING, marks))).isEmpty();
        // A later full round does as well, and so does one that obeyed it again.
        assertThat(
                        next(
                                full,
                                round(2, null, Verdict.BAD, marks),
                                round(3, null, Verdict.GOOD, Map.of())))
                .isEmpty();
        assertThat(
                        next(
                                full,
                                round(2, null, Verdict.BAD, marks),
                                round(3, null, Verdict.GOOD, marks)))
                .isEmpty();
    }

    @Test
    void aFileThatSomebodyMadeByHandIsAMark() throws Exception {
        Files.createFile(set.marks().resolve("rebaseline"));
        assertThat(next()).containsExactly(Map.entry(Mark.REBASELINE, ""));
        Mark.REBASELINE.clear(set, "");
        assertThat(Mark.REBASELINE.isSet(set)).isFalse();
    }

    @Test
    void recordsOfEarlierReleasesHaveNoMarks() throws Exception {
        Path file = temporary.resolve("1.json");
        Files.writeString(
                file,
                "{\"round\":1,\"level\":\"full\",\"base\":null,\"started\":\""
                        + AT
                        + "\",\"jobs\":[]}");
        assertThat(set.read(file, RoundRecord.class).marks()).isEmpty();
    }
}
