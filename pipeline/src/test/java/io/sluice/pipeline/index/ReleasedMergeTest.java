package io.sluice.pipeline.index;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.entry.EntryCursor;
import io.sluice.common.entry.PackedEntries;
import io.sluice.common.entry.Stat;
import io.sluice.common.entry.Timestamp;
import io.sluice.common.item.Reason;
import io.sluice.common.round.OwedReason;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a page knows of files on tape, from round to round; the file is called f. */
final class ReleasedMergeTest {
    private static final byte[] NAME = "f".getBytes(US_ASCII);
    private static final long HOUR = 3600;

    private final SortedEntries sorted = new SortedEntries();
    private byte[] page = {};
    private long round;
    private TapeUse tape = TapeUse.STUBS;

    private static Stat stat(long size, long modified, long changed) {
        return new Stat(
                0100644,
                1,
                0,
                0,
                77,
                size,
                new Timestamp(0, 0),
                new Timestamp(modified, 5),
                new Timestamp(changed, 5),
                null,
                8,
                1,
                0,
                0);
    }

    private static final Stat FIRST = stat(100, HOUR, HOUR);
    private static final Stat CHMOD = stat(100, HOUR, 2 * HOUR);
    private static final Stat WRITTEN = stat(100, 3 * HOUR, 3 * HOUR);

    private void load(Stat stat, boolean released) {
        PackedEntries packed = new PackedEntries(256);
        if (released) {
            packed.released(NAME, NAME.length, stat);
        } else {
            packed.present(NAME, NAME.length, stat, null);
        }
        sorted.load(packed.toBytes());
    }

    /** A listing in a round of its own; what is decided. */
    private String listed(Stat stat, boolean released) {
        load(stat, released);
        List<String> decisions = new ArrayList<>();
        round++;
        byte[] merged =
                new PageMerge(false, tape)
                        .merge(
                                page,
                                sorted,
                                round,
                                PageMerge.Absence.PROVES,
                                false,
                                new Recorder(decisions));
        page = merged == null ? page : merged;
        assertThat(decisions).hasSize(1);
        return decisions.get(0);
    }

    private boolean isStub() {
        PageReader reader = new PageReader();
        reader.start(page);
        assertThat(reader.next()).isTrue();
        return (reader.flags() & PageWriter.STUB) != 0;
    }

    @Test
    void whatWasStoredWithItsDataStaysWhenItGoesToTape() {
        assertThat(listed(FIRST, false)).isEqualTo("NEW");
        assertThat(listed(FIRST, true)).isEqualTo("unchanged");
        assertThat(isStub()).isFalse();
    }

    @Test
    void attributesOfWhatIsOnTapeWaitUntilItsDataIsBack() {
        listed(FIRST, false);
        assertThat(listed(CHMOD, true)).isEqualTo("stale");
        assertThat(listed(CHMOD, true)).as("again in the next round").isEqualTo("stale");
        assertThat(listed(CHMOD, false)).as("with its data").isEqualTo("CHANGED");
        assertThat(listed(CHMOD, true)).isEqualTo("unchanged");
    }

    @Test
    void newDataThatWentToTapeBeforeItWasStoredIsAnEntryWithoutData() {
        listed(FIRST, false);
        assertThat(listed(WRITTEN, true)).isEqualTo("CHANGED");
        assertThat(isStub()).isTrue();
        assertThat(listed(WRITTEN, true)).isEqualTo("unchanged");
    }

    @Test
    void whatComesBackIsStoredAlsoIfNothingElseHasChanged() {
        assertThat(listed(FIRST, true)).isEqualTo("NEW");
        assertThat(isStub()).isTrue();
        assertThat(listed(CHMOD, true)).as("nothing is shadowed").isEqualTo("CHANGED");
        assertThat(listed(CHMOD, false)).isEqualTo("CHANGED");
        assertThat(isStub()).isFalse();
        assertThat(listed(CHMOD, false)).isEqualTo("unchanged");
    }

    @Test
    void withoutAMarkNothingIsShadowed() {
        tape = TapeUse.NONE;
        listed(FIRST, false);
        assertThat(page[0]).as("version").isEqualTo((byte) PageWriter.WITHOUT_MARKS);
        tape = TapeUse.STUBS;
        assertThat(listed(WRITTEN, true)).isEqualTo("stale");
    }

    @Test
    void marksSurviveAPageThatIsCutInTwo() {
        listed(FIRST, false);
        PageHalves halves = new PageHalves();
        byte[][] cut = halves.split(page, 0);
        page = cut[0].length > cut[1].length ? cut[0] : cut[1];
        assertThat(listed(CHMOD, true)).isEqualTo("stale");
        assertThat(listed(WRITTEN, true)).isEqualTo("CHANGED");
    }

    /** An answer about the single name, at the round's end. */
    private String asked(Stat stat, boolean released, boolean forced) {
        load(stat, released);
        List<String> decisions = new ArrayList<>();
        round++;
        for (NameMerge.Step step : NameMerge.Step.values()) {
            byte[] merged =
                    new NameMerge(true, tape)
                            .merge(
                                    page,
                                    sorted,
                                    round,
                                    step,
                                    IndexState.Listed.FAILED,
                                    new Answers(decisions, forced));
            page = merged == null ? page : merged;
        }
        assertThat(decisions).hasSize(1);
        return decisions.get(0);
    }

    @Test
    void answersAboutSingleNamesAreJudgedAsListingsAre() {
        listed(FIRST, true);
        assertThat(asked(FIRST, true, false)).isEqualTo("unchanged");
        assertThat(asked(FIRST, false, false)).isEqualTo("RETRIED");
        assertThat(isStub()).isFalse();
        assertThat(asked(FIRST, true, false)).isEqualTo("unchanged");
        assertThat(asked(FIRST, true, true)).as("forced").isEqualTo("stale");
        assertThat(asked(CHMOD, true, false)).isEqualTo("stale");
        assertThat(asked(WRITTEN, true, false)).isEqualTo("CHANGED");
        assertThat(isStub()).isTrue();
    }

    @Test
    void whatIsFetchedBackIsNoStub() {
        tape = TapeUse.RECALLS;
        assertThat(listed(FIRST, true)).isEqualTo("NEW");
        assertThat(isStub()).isFalse();
        assertThat(listed(FIRST, true)).isEqualTo("unchanged");
        assertThat(listed(CHMOD, true)).as("not for its attributes alone").isEqualTo("stale");
        assertThat(asked(CHMOD, true, false)).isEqualTo("stale");
        assertThat(asked(CHMOD, true, true)).as("what could not be stored").isEqualTo("CHANGED");
        assertThat(listed(WRITTEN, true)).isEqualTo("CHANGED");
    }

    @Test
    void stubsAreFetchedBackByAPolicyThatWantsTheirData() {
        listed(FIRST, true);
        tape = TapeUse.RECALLS;
        assertThat(listed(FIRST, true)).isEqualTo("CHANGED");
        assertThat(isStub()).isFalse();
        tape = TapeUse.STUBS;
        assertThat(listed(FIRST, true)).isEqualTo("unchanged");
    }

    private record Recorder(List<String> decisions) implements PageMerge.Decisions {
        @Override
        public void announce(Reason reason, EntryCursor entry) {
            decisions.add(reason.name());
        }

        @Override
        public void unchanged(EntryCursor entry) {
            decisions.add("unchanged");
        }

        @Override
        public void stale(EntryCursor entry) {
            decisions.add("stale");
        }

        @Override
        public void repeated(EntryCursor entry) {
            decisions.add("repeated");
        }

        @Override
        public void disagreed(EntryCursor entry) {
            decisions.add("disagreed");
        }

        @Override
        public void withoutStat(EntryCursor entry) {
            decisions.add(entry.kind().name());
        }

        @Override
        public void directory() {}

        @Override
        public void gone() {
            decisions.add("gone");
        }

        @Override
        public void revived() {
            decisions.add("revived");
        }

        @Override
        public void replaced() {
            decisions.add("replaced");
        }

        @Override
        public void unproven(byte[] name, OwedReason reason) {
            decisions.add("unproven");
        }
    }

    private record Answers(List<String> decisions, boolean forced) implements NameMerge.Decisions {
        @Override
        public boolean isForced(EntryCursor entry) {
            return forced;
        }

        @Override
        public void announce(Reason reason, EntryCursor entry) {
            decisions.add(reason.name());
        }

        @Override
        public void unchanged(EntryCursor entry) {
            decisions.add("unchanged");
        }

        @Override
        public void stale(EntryCursor entry) {
            decisions.add("stale");
        }

        @Override
        public void repeated(EntryCursor entry) {
            decisions.add("repeated");
        }

        @Override
        public void disagreed(EntryCursor entry) {
            decisions.add("disagreed");
        }

        @Override
        public void withoutStat(EntryCursor entry) {
            decisions.add(entry.kind().name());
        }

        @Override
        public void leftOut(EntryCursor entry, boolean known) {
            decisions.add("left out");
        }

        @Override
        public void notCovered(EntryCursor entry) {
            decisions.add("not covered");
        }

        @Override
        public void foundBySelf(EntryCursor entry) {
            decisions.add("found by self");
        }

        @Override
        public void stray(EntryCursor entry) {
            decisions.add("stray");
        }

        @Override
        public void neverKnown(EntryCursor entry) {
            decisions.add("never known");
        }

        @Override
        public void goes(EntryCursor entry, boolean marked) {
            decisions.add("goes");
        }

        @Override
        public boolean isGoing(EntryCursor entry) {
            return false;
        }

        @Override
        public void gone(EntryCursor entry) {
            decisions.add("gone");
        }

        @Override
        public void revived() {
            decisions.add("revived");
        }

        @Override
        public void replaced() {
            decisions.add("replaced");
        }

        @Override
        public void waits(EntryCursor entry) {}
    }
}
