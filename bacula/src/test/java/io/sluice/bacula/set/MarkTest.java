package io.sluice.bacula.set;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MarkTest {
    @TempDir Path temporary;

    @Test
    void aMarkThatIsSetWhileARoundRunsCountsForTheNextOne() {
        SetDirectory set = SetDirectory.open(temporary, "s");
        assertThat(Mark.REBASELINE.setAt(set)).isNull();
        set.write(set.marks().resolve("rebaseline"), "2026-11-21T01:00:00Z");
        String begun = Mark.REBASELINE.setAt(set);
        Mark.REBASELINE.set(set);
        Mark.REBASELINE.clear(set, begun);
        assertThat(Mark.REBASELINE.isSet(set)).isTrue();
        Mark.REBASELINE.clear(set, Mark.REBASELINE.setAt(set));
        assertThat(Mark.REBASELINE.isSet(set)).isFalse();
        // Somebody has taken it away by hand.
        Mark.REBASELINE.clear(set, begun);
    }
}
