package io.sluice.pipeline.launch;

import static io.sluice.common.testing.TestTree.bytes;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.posix.PosixException;
import io.sluice.common.round.Content;
import io.sluice.common.testing.TestTree;
import io.sluice.common.testing.TreeComparison;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.ptcomm.archive.Compression;
import io.sluice.restore.ArchiveStreams;
import io.sluice.restore.Replace;
import io.sluice.restore.Restore;
import io.sluice.restore.RestoreOptions;
import io.sluice.restore.Selection;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Rounds of a small tree, which changes before each of them, and copies of the archive from between
 * the steps of what works on it.
 */
final class SmallRounds implements Closeable {
    private final Path workspace;
    private final TestTree tree;
    private final List<Path> archives = new ArrayList<>();
    private int restores;

    SmallRounds(Path workspace) throws IOException {
        this.workspace = workspace.toRealPath();
        this.tree = TestTree.in(this.workspace.resolve("source"));
    }

    Path archive() {
        return workspace.resolve("archive");
    }

    /** The archive as it was after each step, in order: as a crash there would leave it. */
    List<Path> crashed() {
        return List.copyOf(archives);
    }

    /** To be called after a step. */
    void keepCopy() {
        Path copy = workspace.resolve("crashed-" + archives.size());
        copy(archive(), copy);
        archives.add(copy);
    }

    private static void copy(Path from, Path to) {
        try {
            Process cp = new ProcessBuilder("cp", "-a", from.toString(), to.toString()).start();
            assertThat(cp.waitFor()).isZero();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /**
     * Changes the tree for a round: a new directory, a changed file, one that goes, one that has
     * another name more, and one that stays as it was since the first round.
     */
    void change(int round) throws PosixException {
        if (round == 1) {
            tree.file("same", "the same").file("changed", "first").file("gone-1", "1");
        }
        tree.write(bytes("changed"), 0, bytes("round " + round));
        tree.file("d" + round + "/file", "new in " + round);
        tree.file("gone-" + (round + 1), "soon gone");
        tree.remove(bytes("gone-" + round)).link("name-" + round, "changed");
        copy(Path.of(new String(tree.path(), UTF_8)), wanted(round));
    }

    private Path wanted(int round) {
        return workspace.resolve("wanted-" + round);
    }

    int backUp(Path archive, Level level, Content content, Runnable stepDone) throws Exception {
        BackupRequest request =
                BackupRequest.of(tree.path(), bytes(archive.toString()))
                        .withLevel(level)
                        .withShards(2)
                        .withWorkers(2)
                        .withContent(content, Compression.NONE)
                        .build();
        return (int) new Launcher(request, new EmbeddedCluster.Factory(), stepDone).run().round();
    }

    static List<Integer> rounds(Path archive) {
        try (Archive opened = Archive.openForReading(bytes(archive.toString()))) {
            return opened.roundNumbers();
        }
    }

    /** Restores every round that is listed, and compares it with the tree of then. */
    void assertEveryRoundComesBack(Path archive) throws Exception {
        try (Archive opened = Archive.openForReading(bytes(archive.toString()))) {
            for (int round : opened.roundNumbers()) {
                ArchiveStreams streams = new ArchiveStreams(opened.chain(round));
                Path target = workspace.resolve("restored-" + ++restores);
                List<String> lines = new ArrayList<>();
                RestoreOptions options =
                        new RestoreOptions(Replace.NEVER, Selection.everything(), true, workspace);
                new Restore(bytes(target.toString()), options, line -> lines.add(line.text()))
                        .run(streams);
                if (!streams.metadataOnly()) {
                    assertThat(lines).isEmpty();
                    assertThat(
                                    TreeComparison.compare(
                                            bytes(wanted(round).toString()),
                                            bytes(target.toString()),
                                            TreeComparison.usual()))
                            .as("round " + round + " of " + archive.getFileName())
                            .isEmpty();
                }
            }
        }
    }

    /** That nothing is left of rounds that are not listed, nor of the backup that made it. */
    static void assertClean(Path archive) throws IOException {
        List<String> rounds = rounds(archive).stream().map(String::valueOf).toList();
        assertThat(names(archive.resolve("rounds"))).containsExactlyInAnyOrderElementsOf(rounds);
        assertThat(names(archive.resolve("state"))).doesNotContain("work");
        try (Archive opened = Archive.openForReading(bytes(archive.toString()))) {
            Chain chain = Chain.read(opened);
            assertThat(chain.rounds().stream().map(entry -> (int) entry.round()))
                    .containsExactlyInAnyOrderElementsOf(opened.roundNumbers());
            assertThat(chain.rounds())
                    .extracting(Chain.Round::state)
                    .containsOnly(Chain.State.COMMITTED);
            assertThat(names(archive.resolve("state/savepoints")))
                    .containsExactlyInAnyOrderElementsOf(
                            BaseChoice.savepointsNeeded(chain, null).stream()
                                    .map(String::valueOf)
                                    .toList());
        }
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> names = Files.list(directory)) {
            return names.map(name -> name.getFileName().toString()).toList();
        }
    }

    @Override
    public void close() throws IOException {
        tree.close();
    }
}
