package io.sluice.pipeline.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.round.Content;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A crash between any two steps of a round's end. */
class CommitCrashITCase {
    /** Savepoint, entry pending, manifest, entry committed, old savepoints. */
    private static final int STEPS = 5;

    private static final int BEFORE_MANIFEST = 2;

    @TempDir Path temporary;

    @Test
    void nextRoundGoesOnAfterACrashAtEachStepOfTheEnd() throws Exception {
        try (SmallRounds rounds = new SmallRounds(temporary)) {
            rounds.change(1);
            assertThat(rounds.backUp(rounds.archive(), Level.AUTO, Content.FULL, () -> {}))
                    .isEqualTo(1);
            rounds.change(2);
            assertThat(rounds.backUp(rounds.archive(), Level.AUTO, Content.FULL, rounds::keepCopy))
                    .isEqualTo(2);
            rounds.change(3);
            List<Path> crashed = rounds.crashed();
            assertThat(crashed).hasSize(STEPS);
            for (int step = 0; step < STEPS; step++) {
                boolean committed = step >= BEFORE_MANIFEST;
                Path archive = crashed.get(step);
                assertThat(SmallRounds.rounds(archive))
                        .as("after step " + step)
                        .isEqualTo(committed ? List.of(1, 2) : List.of(1));
                rounds.assertEveryRoundComesBack(archive);

                // A number that was used is used by no other round.
                assertThat(rounds.backUp(archive, Level.INCREMENTAL, Content.FULL, () -> {}))
                        .isEqualTo(3);

                assertThat(SmallRounds.rounds(archive))
                        .isEqualTo(committed ? List.of(1, 2, 3) : List.of(1, 3));
                rounds.assertEveryRoundComesBack(archive);
                SmallRounds.assertClean(archive);
            }
        }
    }
}
