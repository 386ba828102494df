package io.sluice.pipeline.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.pipeline.index.RoundProgress;
import io.sluice.pipeline.index.SavepointIndex;
import io.sluice.pipeline.report.RoundReport;
import io.sluice.pipeline.savepoint.ListStates;
import io.sluice.pipeline.savepoint.Savepoint;
import io.sluice.pipeline.savepoint.SavepointStates;
import io.sluice.ptcomm.archive.Archive;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Savepoints of every release stay readable, and rounds go on from them. */
class SavepointCompatibilityITCase {
    @TempDir Path temporary;
    private Path source;
    private Path archive;

    @BeforeEach
    void makeTree() throws IOException {
        source = Files.createDirectory(temporary.toRealPath().resolve("source"));
        archive = Files.createDirectory(temporary.toRealPath().resolve("archive"));
        SavepointFixture.makeTree(source);
    }

    private static byte[] bytes(Path path) {
        return path.toString().getBytes(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(strings = "savepoint-0.1.zip")
    void itIsRead(String fixture) throws Exception {
        SavepointFixture.unpack(fixture, archive, source);
        try (SavepointPlace place = SavepointPlace.ofRound(bytes(archive), opened -> 1)) {
            Savepoint savepoint = Savepoint.open(place.directory(), place.quoted());
            assertThat(savepoint.operators())
                    .extracting(Savepoint.Operator::uid)
                    .contains("directory-index", "shard-writer", "collector");
            Path work = Files.createDirectory(temporary.resolve("work"));
            SavepointIndex index = new SavepointIndex(new SavepointStates(savepoint, work));

            RoundProgress progress = RoundProgress.of(new ListStates(savepoint));
            assertThat(progress.round()).isEqualTo(1);
            assertThat(progress.run()).isEqualTo(place.entry().run());
            assertThat(progress.ended()).isTrue();

            SavepointIndex.Figures figures = index.figures();
            assertThat(figures.entries())
                    .isEqualTo(SavepointFixture.KNOWN)
                    .isEqualTo(place.entry().known());
            assertThat(figures.directories()).isEqualTo(5);
            assertThat(figures.parted()).isEqualTo(1);
            assertThat(figures.flags()).containsEntry("directory", 5L).containsEntry("stub", 0L);
            assertThat(figures.leftovers()).isEmpty();

            List<String> names = new ArrayList<>();
            boolean known =
                    index.children(
                            "keep".getBytes(StandardCharsets.US_ASCII),
                            (name, inode, signature, flags) ->
                                    names.add(new String(name, StandardCharsets.ISO_8859_1)));
            assertThat(known).isTrue();
            assertThat(names).containsExactlyInAnyOrder("a", "\u00ff\n");
        }
    }

    /** Its inodes and change times are others, so everything that is still there has changed. */
    @ParameterizedTest
    @ValueSource(strings = "savepoint-0.1.zip")
    void aRoundGoesOnFromIt(String fixture) throws Exception {
        try (Stream<Path> gone = Files.walk(source.resolve("gone"))) {
            for (Path file : gone.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
        Files.delete(source.resolve("many/7"));
        SavepointFixture.unpack(fixture, archive, source);
        RoundReport report =
                new Launcher(
                                BackupRequest.of(bytes(source), bytes(archive))
                                        .withLevel(Level.INCREMENTAL)
                                        .build())
                        .run();
        int gone = SavepointFixture.GONE.size() + 1;
        assertThat(report.base()).isEqualTo(1);
        assertThat(report.deleted()).isEqualTo(gone);
        assertThat(report.withheld()).isZero();
        assertThat(report.known()).isEqualTo(SavepointFixture.KNOWN - gone);
        assertThat(report.stored()).isEqualTo(SavepointFixture.KNOWN - gone);
        assertThat(report.unchanged()).isZero();
        try (Archive opened = Archive.openForReading(bytes(archive))) {
            assertThat(opened.manifest(2).base()).isEqualTo(1);
        }
    }
}
