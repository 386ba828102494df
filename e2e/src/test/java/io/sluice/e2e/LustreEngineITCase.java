package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.cli.engine.Engine;
import io.sluice.cli.engine.EngineCounts;
import io.sluice.common.filesystem.HsmOptions;
import io.sluice.common.testing.TreeComparison;
import io.sluice.common.testing.TreeComparison.Aspect;
import io.sluice.pipeline.launch.BackupRequest;
import io.sluice.pipeline.launch.Mode;
import io.sluice.pipeline.report.RoundReport;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Rounds from the changelogs of two MDTs, of a tree that changes by chance between them; each is
 * restored, and compared with the model of the tree as it was and with the live tree. {@code
 * -Dsluice.seed=N} repeats a failure, {@code -Dsluice.seeds} and {@code -Dsluice.engine.rounds} (of
 * each seed) make it longer or shorter.
 */
class LustreEngineITCase {
    private static final int SEEDS = Integer.getInteger("sluice.seeds", 3);
    private static final int ROUNDS = Integer.getInteger("sluice.engine.rounds", 4);

    /** So that a mass deletion is withheld, and the rest of a tree is still quickly restored. */
    private static final int LEAST_ENTRIES = 500;

    private static final int MASS_ENTRIES = 1_200;
    private static final int MAX_ACTIONS = 60;

    /** One seed in so many changes what is left out, of which each change is a reason to scan. */
    private static final int EXCLUDES_ONE_IN = 4;

    private static final int MDTS = 2;
    private static final EngineCounts COUNTS = new EngineCounts();

    private static int fromLogs;
    private static int scans;
    private static long records;

    @RegisterExtension final Workspace workspace = new Workspace();

    @BeforeAll
    static void findLibrary() throws Exception {
        FakeLustre.assumePossible();
        // The rounds run in this process.
        System.setProperty("jna.library.path", FakeLustre.libraries().toString());
    }

    @AfterAll
    static void print() {
        COUNTS.print();
        System.out.printf("%d rounds from logs, %d scans, %d records%n", fromLogs, scans, records);
    }

    static LongStream seeds() {
        long first = Long.getLong("sluice.seed", System.nanoTime());
        return LongStream.range(first, first + SEEDS);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void everyRoundIsRestoredAsTheTreeWas(long seed) throws Exception {
        System.out.println("LustreEngineITCase, seed " + seed);
        boolean excludes = seed % EXCLUDES_ONE_IN == 0;
        // The model does not know of what servers add to what is made.
        try (FakeLustre lustre = FakeLustre.in(workspace.base(), "job_xattr=0")) {
            Map<String, String> users = new LinkedHashMap<>();
            for (int mdt = 0; mdt < MDTS; mdt++) {
                users.put(FakeLustre.device(mdt), lustre.register(mdt));
            }
            Path archives = Files.createDirectory(workspace.base().resolve("archives"));
            Engine engine =
                    new Engine(seed, lustre.path(), archives, settings(excludes, users), COUNTS);
            for (int round = 1; round <= ROUNDS; round++) {
                engine.change(round);
                RoundReport report = engine.backup(round);
                check(report);
                engine.restore(round);
                if (!excludes && !engine.isWithheld(round)) {
                    compareWithTheLiveTree(engine);
                }
                engine.removeRestored();
            }
            engine.restore(1 + engine.chance(ROUNDS));
            engine.removeRestored();
            engine.remove();
        }
    }

    private static Engine.Settings settings(boolean excludes, Map<String, String> users) {
        return new Engine.Settings(
                LEAST_ENTRIES + MASS_ENTRIES,
                LEAST_ENTRIES,
                MASS_ENTRIES,
                MAX_ACTIONS,
                true,
                false,
                excludes,
                false,
                false,
                request ->
                        request.withSource(new BackupRequest.Source(Mode.LUSTRE_CHANGELOG, users))
                                .withFilesystem(
                                        BackupRequest.Filesystem.lustre(HsmOptions.DEFAULT)));
    }

    private static void check(RoundReport report) {
        assertThat(report.mode()).isEqualTo(Mode.LUSTRE_CHANGELOG.text());
        if (report.records() > 0) {
            assertThat(report.doubt()).isEmpty();
            assertThat(report.cursors()).hasSize(MDTS);
            fromLogs++;
            records += report.records();
        } else {
            assertThat(report.base() == null || !report.doubt().isEmpty())
                    .as("%s", report)
                    .isTrue();
            scans++;
        }
    }

    private static void compareWithTheLiveTree(Engine engine) throws Exception {
        assertThat(
                        TreeComparison.compare(
                                bytes(engine.source()),
                                bytes(engine.target()),
                                TreeComparison.usualWithout(Aspect.XATTR)))
                .isEmpty();
    }

    private static byte[] bytes(Path path) {
        return path.toString().getBytes(StandardCharsets.UTF_8);
    }
}
