package io.sluice.pipeline.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.common.SluiceException;
import io.sluice.common.pattern.Excludes;
import io.sluice.common.pattern.IgnorePatterns;
import io.sluice.common.round.Content;
import io.sluice.pipeline.report.RoundReport;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.ptcomm.archive.Compression;
import io.sluice.ptcomm.codec.HeadHandler;
import io.sluice.ptcomm.codec.StreamEntry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rounds that go on from others. */
class IncrementalITCase {
    @TempDir Path temporary;
    private Path source;
    private Path archive;

    @BeforeEach
    void makeSource() throws IOException {
        source = Files.createDirectory(temporary.toRealPath().resolve("source"));
        archive = temporary.toRealPath().resolve("archive");
    }

    private BackupRequest.Builder request(Level level) {
        return BackupRequest.of(bytes(source), bytes(archive))
                .withLevel(level)
                .withShards(2)
                .withContent(Content.FULL, Compression.NONE);
    }

    private RoundReport backup(Level level) throws Exception {
        return new Launcher(request(level).build()).run();
    }

    private static byte[] bytes(Path path) {
        return path.toString().getBytes(StandardCharsets.UTF_8);
    }

    private void write(String path, String content) throws IOException {
        Path file = source.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    private void remove(String path) throws IOException {
        try (Stream<Path> all = Files.walk(source.resolve(path))) {
            for (Path file : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** Entries and tombstones of one round's streams, sorted. */
    private List<String> recorded(int round) throws IOException {
        List<String> lines = new ArrayList<>();
        try (Archive opened = Archive.openForReading(bytes(archive))) {
            opened.round(round)
                    .read(
                            new HeadHandler() {
                                @Override
                                public void head(StreamEntry entry) {
                                    lines.add(new String(entry.path(), StandardCharsets.UTF_8));
                                }

                                @Override
                                public void deleted(byte[] path, boolean directory) {
                                    lines.add(
                                            "deleted "
                                                    + new String(path, StandardCharsets.UTF_8)
                                                    + (directory ? "/" : ""));
                                }
                            },
                            damage -> {
                                throw new IOException(damage.detail());
                            });
        }
        lines.sort(null);
        return lines;
    }

    /** What is younger than three seconds is owed and goes out again. */
    private static void letItAge() throws InterruptedException {
        Thread.sleep(4200);
    }

    @Test
    void aSecondRoundHoldsWhatChanged() throws Exception {
        write("keep/a", "a");
        write("keep/b", "b");
        write("keep/c", "c");
        write("gone/deep/x", "x");
        write("gone/deep/y", "y");
        write("was-directory/z", "z");
        for (int i = 0; i < 20; i++) {
            write("many/" + i, "many");
        }
        letItAge();
        assertThat(backup(Level.AUTO).level()).isEqualTo("full");

        write("keep/b", "B");
        write("keep/new", "new");
        remove("keep/c");
        remove("gone");
        remove("was-directory");
        write("was-directory", "a file now");
        RoundReport report = backup(Level.AUTO);

        assertThat(report.level()).isEqualTo("incremental");
        assertThat(report.base()).isEqualTo(1);
        assertThat(report.deleted()).isEqualTo(6);
        assertThat(report.known()).isEqualTo(27);
        assertThat(recorded(2))
                .containsExactly(
                        "",
                        "deleted gone/",
                        "deleted gone/deep/",
                        "deleted gone/deep/x",
                        "deleted gone/deep/y",
                        "deleted keep/c",
                        "deleted was-directory/z",
                        "keep",
                        "keep/b",
                        "keep/new",
                        "was-directory");
        assertThat(Files.readString(archive.resolve("state/chain.json"))).contains("\"base\" : 1");
    }

    @Test
    void whatIsOwedGoesOutAgainAlthoughItHasNotChanged() throws Exception {
        write("old", "old");
        letItAge();
        write("young", "young");
        assertThat(backup(Level.FULL).owed()).containsKey("racy");
        letItAge();
        RoundReport second = backup(Level.INCREMENTAL);
        assertThat(recorded(2)).contains("young").doesNotContain("old");
        assertThat(second.retried()).isEqualTo(2);
        RoundReport third = backup(Level.INCREMENTAL);
        assertThat(recorded(3)).isEmpty();
        assertThat(third.unchanged()).isEqualTo(3);
    }

    @Test
    void aDifferentialGoesBackToTheFull() throws Exception {
        write("a", "a");
        letItAge();
        backup(Level.FULL);
        write("b", "b");
        letItAge();
        backup(Level.INCREMENTAL);
        write("c", "c");
        RoundReport report = backup(Level.DIFFERENTIAL);
        assertThat(report.base()).isEqualTo(1);
        assertThat(recorded(3)).containsExactly("", "b", "c");
        assertThat(backup(Level.INCREMENTAL).base()).isEqualTo(3);
        assertThat(archive.resolve("state/savepoints").toFile().list())
                .containsExactlyInAnyOrder("1", "4");
    }

    @Test
    void manyDeletionsAreWithheldUntilTheyAreAccepted() throws Exception {
        for (int i = 0; i < 10; i++) {
            write("d/" + i, "x");
        }
        write("turned/inner", "x");
        letItAge();
        backup(Level.FULL);
        remove("d");
        remove("turned");
        write("turned", "a file");
        Launcher launcher = new Launcher(request(Level.AUTO).build());
        RoundReport report = launcher.run();
        assertThat(report.withheld()).isEqualTo(11);
        assertThat(launcher.warnings())
                .singleElement()
                .asString()
                .contains("11 of 13 names are gone")
                .contains("--accept-deletes");
        // What is below a file can only be gone.
        assertThat(recorded(2)).containsExactly("", "deleted turned/inner", "turned");
        letItAge();
        RoundReport accepted =
                new Launcher(request(Level.AUTO).withAcceptDeletes(true).build()).run();
        assertThat(accepted.deleted()).isEqualTo(11);
        assertThat(accepted.known()).isEqualTo(2);
        assertThat(recorded(3)).contains("deleted d/", "deleted d/3");
    }

    @Test
    void whatIsExcludedLaterIsKeptAndALiftedExcludeUncovers() throws Exception {
        write("in/a", "a");
        write("out/b", "b");
        letItAge();
        Excludes out =
                new Excludes(
                        IgnorePatterns.of(List.of("/out".getBytes(StandardCharsets.UTF_8))),
                        List.of());
        new Launcher(request(Level.AUTO).withCoverage(out, false, false).build()).run();
        assertThat(recorded(1)).containsExactly("", "in", "in/a");
        backup(Level.AUTO);
        assertThat(recorded(2)).containsExactly("out", "out/b");
        RoundReport again =
                new Launcher(request(Level.AUTO).withCoverage(out, false, false).build()).run();
        assertThat(again.deleted()).isZero();
        assertThat(again.withheld()).isZero();
        assertThat(recorded(3)).isEmpty();
    }

    /** What was stored a moment ago is owed, so the next round asks for it by name. */
    @Test
    void whatIsOwedBelowWhatIsLeftOutStaysAsItWas() throws Exception {
        write("out/b", "b");
        write("marked/below/c", "c");
        write("marked/d", "d");
        write("in/e", "e");
        backup(Level.FULL);
        Files.delete(source.resolve("out/b"));
        Files.delete(source.resolve("marked/below/c"));
        Files.delete(source.resolve("in/e"));
        write("marked/.skip", "");
        Excludes left =
                new Excludes(
                        IgnorePatterns.of(List.of("/out".getBytes(StandardCharsets.UTF_8))),
                        List.of(".skip".getBytes(StandardCharsets.UTF_8)));
        RoundReport second =
                new Launcher(request(Level.AUTO).withCoverage(left, false, false).build()).run();
        assertThat(second.deleted()).isEqualTo(1);
        assertThat(recorded(2)).contains("deleted in/e").doesNotContain("marked/d");
        Files.delete(source.resolve("marked/.skip"));
        RoundReport third = backup(Level.AUTO);
        assertThat(third.deleted()).isEqualTo(3);
        assertThat(recorded(3))
                .contains(
                        "deleted out/b",
                        "deleted marked/below/c",
                        "deleted marked/.skip",
                        "marked/d");
    }

    @Test
    void whatDoesNotFitIsRefusedInOneLine() throws Exception {
        write("a", "a");
        assertThatThrownBy(() -> backup(Level.INCREMENTAL))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("has no round with --content full to go on from")
                .hasMessageContaining("--level full");
        backup(Level.FULL);
        assertThatThrownBy(
                        () ->
                                new Launcher(
                                                request(Level.INCREMENTAL)
                                                        .withContent(
                                                                Content.METADATA, Compression.NONE)
                                                        .build())
                                        .run())
                .hasMessageContaining("--content metadata");

        assertThatThrownBy(
                        () ->
                                new Launcher(
                                                request(Level.INCREMENTAL)
                                                        .withPrefix(
                                                                "/@hpc"
                                                                        .getBytes(
                                                                                StandardCharsets
                                                                                        .UTF_8))
                                                        .build())
                                        .run())
                .isInstanceOf(MissingBaseException.class)
                .hasMessageContaining("round 1 stored its names below ''")
                .hasMessageContaining("this one would below '/@hpc'");

        Path chain = archive.resolve("state/chain.json");
        String text = Files.readString(chain);
        Files.writeString(
                chain, text.replaceFirst("\"root_inode\" : \"\\d+\"", "\"root_inode\" : \"7\""));
        assertThatThrownBy(() -> backup(Level.AUTO))
                .hasMessageContaining("another filesystem in round 1")
                .hasMessageContaining("--level full");
        Files.writeString(chain, text);

        Path savepoints = archive.resolve("state/savepoints");
        Files.move(savepoints.resolve("1"), savepoints.resolve("away"));
        assertThatThrownBy(() -> backup(Level.AUTO))
                .hasMessageContaining("the savepoint of round 1 is missing");
        Files.move(savepoints.resolve("away"), savepoints.resolve("1"));

        Path owed = archive.resolve("rounds/1/owed.jsonl");
        String debts = Files.readString(owed);
        Files.writeString(owed, debts + "{}\n");
        assertThatThrownBy(() -> backup(Level.AUTO))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("the list of what round 1 owes is damaged")
                .hasMessageContaining("--level full");
        Files.delete(owed);
        assertThatThrownBy(() -> backup(Level.AUTO))
                .hasMessageContaining("the list of what round 1 owes is missing");
        Files.writeString(owed, debts);
        assertThat(backup(Level.AUTO).base()).isEqualTo(1);
    }

    /** Submitted with somebody else's savepoint. */
    private record From(String given) implements JobCluster.Factory {
        @Override
        public int scanParallelism() {
            return 1;
        }

        @Override
        public int parallelism() {
            return 2;
        }

        @Override
        public Optional<String> savepoint() {
            return Optional.of(given);
        }

        @Override
        public JobCluster make(Configuration settings, Path work, int slots) {
            return new EmbeddedCluster(settings, work, slots);
        }
    }

    @Test
    void aSavepointFromOutsideMustBeTheBases() throws Exception {
        write("a", "a");
        backup(Level.FULL);
        Path savepoints = archive.resolve("state/savepoints/1");
        Path own = savepoints.resolve(savepoints.toFile().list()[0]);
        assertThat(new Launcher(request(Level.AUTO).build(), new From(own.toString())).run().base())
                .isEqualTo(1);
        assertThatThrownBy(
                        () ->
                                new Launcher(request(Level.AUTO).build(), new From(own.toString()))
                                        .run())
                .hasMessageContaining("the chain goes on from round 2");
        assertThatThrownBy(
                        () ->
                                new Launcher(request(Level.FULL).build(), new From(own.toString()))
                                        .run())
                .hasMessageContaining("a full round begins anew");
    }
}
