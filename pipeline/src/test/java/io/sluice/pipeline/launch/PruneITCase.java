package io.sluice.pipeline.launch;

import static io.sluice.common.testing.TestTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.common.round.Content;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.ptcomm.archive.ArchiveLockedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Prunes of archives with real rounds, and crashes between their steps. */
class PruneITCase {
    private static final Retention LAST = new Retention(1, 0, 0, 0);

    @TempDir Path temporary;

    private static Prune prune(Path archive, Runnable stepDone) {
        return new Prune(bytes(archive.toString()), LAST, ZoneOffset.UTC, stepDone);
    }

    private static long size(Path tree) throws Exception {
        try (Stream<Path> files = Files.walk(tree)) {
            return files.filter(Files::isRegularFile)
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        }
    }

    @Test
    void everyRoundThatIsListedRestoresAfterACrashAtEachStep() throws Exception {
        try (SmallRounds rounds = new SmallRounds(temporary)) {
            Path archive = rounds.archive();
            List<Level> levels =
                    List.of(
                            Level.FULL,
                            Level.INCREMENTAL,
                            Level.INCREMENTAL,
                            Level.FULL,
                            Level.INCREMENTAL);
            for (int round = 1; round <= levels.size(); round++) {
                rounds.change(round);
                rounds.backUp(archive, levels.get(round - 1), Content.FULL, () -> {});
            }
            rounds.change(6);
            rounds.backUp(archive, Level.FULL, Content.METADATA, () -> {});
            rounds.change(7);
            rounds.backUp(archive, Level.INCREMENTAL, Content.FULL, () -> {});
            long before = size(archive);
            List<Prune.Verdict> plan = prune(archive, () -> {}).plan();
            assertThat(SmallRounds.rounds(archive)).containsExactly(1, 2, 3, 4, 5, 6, 7);
            assertThat(plan.stream().map(Prune.Verdict::why))
                    .containsExactly(
                            List.of(),
                            List.of(),
                            List.of(),
                            List.of("newest full with content full", "base of 5"),
                            List.of("base of 7"),
                            List.of(
                                    "last",
                                    "newest with content metadata",
                                    "newest full with content metadata"),
                            List.of("last", "newest with content full"));

            assertThat(prune(archive, rounds::keepCopy).run()).isEqualTo(plan);

            SmallRounds.assertClean(archive);
            long freed =
                    plan.stream()
                            .filter(verdict -> !verdict.kept())
                            .mapToLong(Prune.Verdict::bytes)
                            .sum();
            // The entries of the chain file have gone too.
            assertThat(before - size(archive)).isBetween(freed, freed + 10_000);
            rounds.change(8);
            List<Path> crashed = rounds.crashed();
            assertThat(crashed).hasSize(6);
            for (int step = 0; step < crashed.size(); step++) {
                Path copy = crashed.get(step);
                List<Integer> left = List.of(1, 2, 3).subList(0, Math.max(0, 2 - step));
                assertThat(SmallRounds.rounds(copy))
                        .isEqualTo(Stream.concat(left.stream(), Stream.of(4, 5, 6, 7)).toList());
                rounds.assertEveryRoundComesBack(copy);
                if (step % 2 == 0) {
                    assertThat(rounds.backUp(copy, Level.INCREMENTAL, Content.FULL, () -> {}))
                            .isEqualTo(8);
                    rounds.assertEveryRoundComesBack(copy);
                } else {
                    prune(copy, () -> {}).run();
                    assertThat(SmallRounds.rounds(copy)).containsExactly(4, 5, 6, 7);
                }
                SmallRounds.assertClean(copy);
            }
            anArchiveInOtherHandsIsLeftAlone(archive);
        }
    }

    private static void anArchiveInOtherHandsIsLeftAlone(Path archive) {
        try (Archive reader = Archive.openForReading(bytes(archive.toString()))) {
            assertThat(reader.roundNumbers()).hasSize(4);
            assertThatThrownBy(() -> prune(archive, () -> {}).run())
                    .isInstanceOf(ArchiveLockedException.class);
            assertThat(prune(archive, () -> {}).plan()).hasSize(4);
        }
    }
}
