package io.sluice.lustre.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.common.SluiceException;
import io.sluice.lustre.source.LustreSourceOptions.Cursor;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a round begins: what is acknowledged, what is noted, and when the tree is scanned. */
class ChangelogPlanTest {
    private static final String MDT = "fs-MDT0000";
    private static final Map<String, String> USERS = Map.of(MDT, "cl1");

    @TempDir private Path root;
    private PlayedLustre fs;

    @BeforeEach
    void makeTree() throws Exception {
        fs = new PlayedLustre(root, 2);
        for (int i = 0; i < 3000; i++) {
            fs.write(0, "f" + i % 7);
        }
    }

    private static Map<String, Cursor> at(long next) {
        return Map.of(MDT, new Cursor("cl1", 0, next));
    }

    private ChangelogPlan plan(Map<String, Cursor> base) throws Exception {
        return ChangelogPlan.of(fs, USERS, base, base, null);
    }

    @Test
    void aRoundThatBeginsAnewNotesWhereTheLogStands() throws Exception {
        ChangelogPlan plan = plan(Map.of());
        assertThat(plan.isScan()).isTrue();
        assertThat(plan.doubts()).isEmpty();
        assertThat(plan.noted().get(MDT).next()).isEqualTo(fs.last(MDT) + 1);
    }

    @Test
    void whatTheBaseCoversIsAcknowledgedAndNoMore() throws Exception {
        ChangelogPlan plan = plan(at(1000));
        assertThat(plan.isScan()).isFalse();
        assertThat(plan.cursors()).containsEntry(MDT, new Cursor("cl1", 999, 1000));
        assertThat(fs.cleared).containsExactly(MDT + " cl1 999");
    }

    /** A round that failed behind its acknowledgement is begun again. */
    @Test
    void theSameRoundMayBeginTwice() throws Exception {
        plan(at(1000));
        assertThat(plan(at(1000)).isScan()).isFalse();
    }

    @Test
    void aLostUserIsADoubtAndLeavesNoPosition() throws Exception {
        fs.deregister(MDT);
        ChangelogPlan plan = plan(at(1000));
        assertThat(plan.isScan()).isTrue();
        assertThat(plan.noted()).isEmpty();
        assertThat(plan.doubts()).hasSize(2);
        assertThat(plan.doubts().get(0)).startsWith(MDT + ": user cl1 is not registered any more");
        assertThat(plan.doubts().get(1))
                .contains("run 'lctl --device fs-MDT0000 changelog_register' on its server");
    }

    @Test
    void aRoundThatBeginsAnewRefusesAUserWhoIsNotRegistered() throws Exception {
        fs.deregister(MDT);
        assertThatThrownBy(() -> plan(Map.of()))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("has no changelog user cl1");
    }

    @Test
    void whoAcknowledgesInOurNameIsNoticedAndTheNextRoundReadsOn() throws Exception {
        assertThat(fs.clearOrErrno(MDT, "cl1", 2000)).isZero();
        ChangelogPlan plan = plan(at(1000));
        assertThat(plan.isScan()).isTrue();
        assertThat(plan.doubts()).hasSize(1);
        assertThat(plan.noted().get(MDT).next()).isEqualTo(fs.last(MDT) + 1);
    }

    @Test
    void otherDevicesThanTheBasesAreScanned() throws Exception {
        fs.write(1, "other");
        Map<String, String> more = Map.of(MDT, "cl1", "fs-MDT0001", "cl1");
        ChangelogPlan plan = ChangelogPlan.of(fs, more, at(1000), at(1000), null);
        assertThat(plan.isScan()).isTrue();
        assertThat(plan.doubts()).singleElement().asString().contains("and were as fs-MDT0000:cl1");
        assertThat(plan.noted().keySet()).isEqualTo(more.keySet());
    }

    @Test
    void aScanForAnotherReasonAcknowledgesWhatTheYoungestRoundCovers() throws Exception {
        ChangelogPlan plan = ChangelogPlan.of(fs, USERS, at(500), at(1000), "as was asked");
        assertThat(plan.doubts()).containsExactly("as was asked");
        assertThat(fs.cleared).containsExactly(MDT + " cl1 999");
    }

    /** Without a user an MDT records nothing: a log that stays empty may be nobody's. */
    @Test
    void anEmptyLogProvesNothingAndLeavesNoPosition() throws Exception {
        String quiet = "fs-MDT0001";
        Map<String, String> users = Map.of(quiet, "cl1");
        ChangelogPlan empty = ChangelogPlan.of(fs, users, Map.of(), Map.of(), null);
        assertThat(empty.noted()).isEmpty();
        assertThat(empty.doubts()).singleElement().asString().contains("its log is empty");
        fs.write(1, "first");
        ChangelogPlan noted = ChangelogPlan.of(fs, users, Map.of(), Map.of(), null);
        assertThat(noted.doubts()).isEmpty();
        assertThat(noted.noted())
                .containsEntry(quiet, new Cursor("cl1", fs.last(quiet), fs.last(quiet) + 1));
    }

    /** The last user's end switches the log off and empties it. */
    @Test
    void aLostUserOfALogThatIsEmptySinceLeavesNoPositionEither() throws Exception {
        assertThat(fs.clearOrErrno(MDT, "cl1", fs.last(MDT))).isZero();
        fs.deregister(MDT);
        ChangelogPlan plan = plan(at(fs.last(MDT) + 1));
        assertThat(plan.isScan()).isTrue();
        assertThat(plan.noted()).isEmpty();
        assertThat(plan.doubts()).hasSize(2);
    }
}
