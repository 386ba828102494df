package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rounds by {@code flink run} that go on from each other. */
class FlinkRoundsITCase {
    private static final int DIRECTORIES = 40;
    private static final int FILES = 25;

    @RegisterExtension final Workspace workspace = new Workspace();

    private static FlinkCluster cluster;

    @BeforeAll
    static void start() throws Exception {
        cluster = FlinkCluster.start("FlinkRoundsITCase");
    }

    @AfterAll
    static void stop() throws IOException {
        cluster.close();
    }

    /**
     * @param options of {@code flink run}
     */
    private Result run(List<String> options, Object... more) throws Exception {
        cluster.awaitTaskManagers(2);
        List<Object> words =
                new ArrayList<>(
                        List.of("--path", workspace.sourcePath(), "--to", workspace.archive()));
        words.addAll(List.of(more));
        try (RunningSluice run = cluster.run(options, words.toArray())) {
            return run.result();
        }
    }

    /** A round that ends well, and its last line. */
    private String round(List<String> options, Object... more) throws Exception {
        // What is younger than three seconds is owed, and stored once more by the next round.
        Thread.sleep(4500);
        List<String> lines = run(options, more).succeeds().lines();
        String last = lines.get(lines.size() - 1);
        System.out.println(options + ": " + last);
        return last;
    }

    private static String refusal(Result result) {
        result.exits(1);
        assertThat(result.errorLines()).as("%s", result).hasSize(1);
        System.out.println(result.error());
        return result.errorLines().get(0);
    }

    private Path savepoint(int round) throws IOException {
        try (Stream<Path> all =
                Files.list(workspace.archive().resolve("state/savepoints/" + round))) {
            List<Path> savepoints = all.toList();
            assertThat(savepoints).hasSize(1);
            return savepoints.get(0);
        }
    }

    private Path directory(int number) {
        return workspace.sourcePath().resolve("d" + number % 7 + "/" + number);
    }

    private void fill(Random random) throws IOException {
        for (int d = 0; d < DIRECTORIES; d++) {
            Files.createDirectories(directory(d));
            for (int f = 0; f < FILES; f++) {
                SlowSource.file(directory(d).resolve("f" + f), random);
            }
        }
    }

    /** A file changed, one new, one removed and one renamed in different directories. */
    private void change(int round, Random random) throws IOException {
        SlowSource.file(directory(round).resolve("f1"), random);
        SlowSource.file(directory(round + 10).resolve("new" + round), random);
        Files.delete(directory(round + 20).resolve("f2"));
        Files.move(directory(round + 30).resolve("f3"), directory(round).resolve("moved"));
    }

    private void isWhole() throws IOException {
        workspace.verify("--against", workspace.sourcePath()).succeeds();
    }

    /** With {@code -p} as the operator likes it that day. */
    @Test
    void roundsGoOnFromEachOtherWhateverTheParallelism() throws Exception {
        Random random = SlowSource.random("FlinkRoundsITCase");
        fill(random);
        round(List.of("-p", "4"), "--shards", "6");
        isWhole();

        change(2, random);
        assertThat(round(List.of("-p", "2"))).contains("files=3 ", " deleted=2 ", " errors=0 ");
        isWhole();

        change(3, random);
        String third = round(List.of("-p", "3", "-s", savepoint(2).toString()));
        assertThat(third).contains("files=3 ", " deleted=2 ", " errors=0 ");
        isWhole();

        JsonNode rounds = workspace.list("--json").succeeds().json();
        assertThat(rounds.findValuesAsText("level"))
                .containsExactly("full", "incremental", "incremental");
        assertThat(rounds.findValuesAsText("base")).containsExactly("null", "1", "2");
        workspace.restore().succeeds();
        assertThat(Shell.run("diff -r --no-dereference " + sourceAndTarget())).isEmpty();
    }

    private String sourceAndTarget() {
        return Shell.quote(workspace.sourcePath()) + " " + Shell.quote(workspace.target());
    }

    @Test
    void onlyTheSavepointOfTheChainIsGoneOnWith() throws Exception {
        workspace.smallSource();
        round(List.of("-p", "2"));
        workspace.source().file("b", "second\n");
        round(List.of("-p", "2", "-s", savepoint(1).toUri().toString()));
        String first = savepoint(1).toString();
        String second = savepoint(2).toString();
        assertThat(refusal(run(List.of("-s", first))))
                .isEqualTo(
                        "sluice: the chain goes on from round 2, whose savepoint is '"
                                + second
                                + "', not '"
                                + first
                                + "'; give that one, or none");
        assertThat(refusal(run(List.of("-s", second), "--level", "full")))
                .isEqualTo(
                        "sluice: a full round begins anew, not from the savepoint '"
                                + second
                                + "'; run again without it");
        // The full round's, for what changed since then.
        workspace.source().file("c", "third\n");
        round(List.of("-s", first), "--level", "differential");
        isWhole();
        assertThat(workspace.list("--json").json().findValuesAsText("base"))
                .containsExactly("null", "1", "1");
    }
}
