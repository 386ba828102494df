package io.sluice.cli.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.testing.TestTree;
import io.sluice.pipeline.launch.Level;
import io.sluice.pipeline.report.RoundReport;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@link EngineITCase} found, each by itself. */
class ScenarioITCase {
    @TempDir Path temporary;

    /** What is younger than three seconds is owed. */
    private static final long AGE_MS = 4500;

    private static final int REPLACED = 30;
    private static final int FILES = 5;

    /** What is dated so is owed to the next round. */
    private static final long FUTURE_SECONDS = 4_000_000_000L;

    /**
     * What the round before owes below such a directory is asked for, answered with "gone", and so
     * is a second reason why it goes.
     */
    @Test
    void whatLayBelowAReplacedDirectoryGoesThoughDeletionsAreWithheld() throws Exception {
        Path source = temporary.toRealPath().resolve("tree");
        Rounds rounds = new Rounds(source, temporary.toRealPath(), false, request -> request);
        try (TestTree tree = TestTree.in(source)) {
            for (int i = 0; i < 1500; i++) {
                tree.file("many/" + i, "");
            }
            tree.file("stays", "");
            for (int i = 0; i < REPLACED * FILES; i++) {
                tree.file("x" + i % REPLACED + "/v/u/" + i, "");
            }
            for (int i = 0; i < REPLACED; i++) {
                tree.times("x" + i + "/v", 0, FUTURE_SECONDS, 0);
                tree.times("x" + i + "/v/u", 0, FUTURE_SECONDS, 0);
            }
            // Else the files are racy too, unless the machine is slow.
            Thread.sleep(AGE_MS);
            RoundReport first = rounds.backup(Level.FULL, false, List.of());
            assertThat(first.owed()).containsEntry("racy", 2L * REPLACED);
            tree.remove(TestTree.bytes("many"));
            for (int i = 0; i < REPLACED; i++) {
                tree.remove(TestTree.bytes("x" + i)).file("x" + i, "");
            }
            RoundReport second = rounds.backup(Level.INCREMENTAL, false, List.of());
            for (int i = 0; i < REPLACED; i++) {
                tree.remove(TestTree.bytes("x" + i)).directory("x" + i);
            }
            rounds.backup(Level.INCREMENTAL, true, List.of());
            Path restored = temporary.toRealPath().resolve("restored");
            rounds.restore(3, Rounds.bytes(restored));
            try (TestTree target = TestTree.in(restored)) {
                for (int i = 0; i < REPLACED; i++) {
                    assertThat(target.names(TestTree.bytes("x" + i))).isEmpty();
                }
            }
            assertThat(second.withheld()).isEqualTo(1501);
            assertThat(second.deleted()).isEqualTo(REPLACED * (2 + FILES));
        }
    }
}
