package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.testing.TestTree;
import io.sluice.common.testing.TreeComparison;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RestoreITCase {
    private static final long THEN_S = 1_700_000_000;

    @RegisterExtension final Workspace workspace = new Workspace();

    @Test
    void wholeRoundComesBackAsItWas() throws IOException {
        TestTree source = workspace.smallSource();
        source.link("hard", "a.txt")
                .sparse(Sluice.bytes("sparse"), 50L << 20, 20L << 20, Sluice.bytes("middle"))
                .special(Sluice.bytes("fifo"), io.sluice.common.posix.FileType.FIFO, 0, 0)
                .mode("a.txt", 0640)
                .mode("sub/none", 0500)
                .times("sub", THEN_S, THEN_S, 123_456_789)
                .times("a.txt", THEN_S, -1, 1)
                .times("", THEN_S, THEN_S, 5);
        workspace.backup().succeeds();
        workspace.restore().succeeds();
        try (TestTree target = TestTree.in(workspace.target())) {
            assertThat(TreeComparison.compare(source, target)).isEmpty();
            workspace.verify("--against", workspace.target()).succeeds();
        }
    }

    @Test
    void earlierRoundComesBackByItsNumber() throws IOException {
        TestTree source = workspace.smallSource();
        workspace.backup().succeeds();
        source.file("a.txt", "second").remove(Sluice.bytes("sub"));
        workspace.backup().succeeds();
        workspace.restore("--round", "1").succeeds();
        assertThat(workspace.target().resolve("a.txt")).hasContent("alpha\n");
        assertThat(workspace.target().resolve("sub/b.txt")).hasContent("beta\n");
        Path latest = workspace.base().resolve("latest");
        Sluice.run("restore", workspace.archive(), "--target", latest).succeeds();
        assertThat(latest.resolve("a.txt")).hasContent("second");
        assertThat(latest.resolve("sub")).doesNotExist();
    }

    @Test
    void selectedPathsComeBackAlone() throws IOException {
        workspace
                .smallSource()
                .file("sub/deep/er/c.txt", "gamma\n")
                .file("subway", "no")
                .mode("sub", 0751)
                .times("sub", THEN_S, THEN_S, 7);
        workspace.backup().succeeds();
        workspace.restore("sub/deep/", "empty").succeeds();
        Path target = workspace.target();
        try (var names = Files.list(target)) {
            assertThat(names)
                    .containsExactlyInAnyOrder(target.resolve("sub"), target.resolve("empty"));
        }
        try (var names = Files.list(target.resolve("sub"))) {
            assertThat(names).containsExactly(target.resolve("sub/deep"));
        }
        assertThat(target.resolve("sub/deep/er/c.txt")).hasContent("gamma\n");
        // A directory made on the way has its attributes too.
        try (TestTree restored = TestTree.in(target)) {
            assertThat(restored.stat("sub").mode() & 07777).isEqualTo(0751);
            assertThat(restored.stat("sub").modificationSeconds()).isEqualTo(THEN_S);
        }
    }

    @Test
    void dotSelectsEverything() throws IOException {
        workspace.smallSource();
        workspace.backup().succeeds();
        workspace.restore(".").succeeds();
        workspace.verify("--against", workspace.target()).succeeds();
    }

    @Test
    void pathThatTheRoundDoesNotHaveIsNamedOnce() throws IOException {
        workspace.smallSource();
        workspace.backup().succeeds();
        Result result = workspace.restore("nosuch", "a.txt").exits(3);
        assertThat(result.errorLines()).as("%s", result).hasSize(1);
        assertThat(result.errorLines().get(0)).contains("'nosuch'", "not in this round");
        assertThat(workspace.target().resolve("a.txt")).hasContent("alpha\n");
    }

    @ParameterizedTest
    @CsvSource({"../x", "/etc", "sub/../a.txt", "sub//b.txt", "./a.txt"})
    void pathThatLeadsElsewhereIsRefused(String path) throws IOException {
        workspace.smallSource();
        workspace.backup().succeeds();
        Result result = workspace.restore(path);
        assertThat(result.exit()).as("%s", result).isIn(1, 2);
        assertThat(result.errorLines().get(0)).contains("'" + path + "'");
        assertThat(workspace.target()).doesNotExist();
    }

    /** The stream has the data under one of the names; either may be asked for alone. */
    @ParameterizedTest
    @CsvSource({"one", "d/two", "d/three"})
    void hardLinkIsRestoredWhicheverNameHadTheData(String name) throws IOException {
        workspace.source().file("one", "shared").link("d/two", "one").link("d/three", "one");
        workspace.backup().succeeds();
        workspace.restore(name).succeeds();
        assertThat(workspace.target().resolve(name)).hasContent("shared");
        try (var files = Files.walk(workspace.target())) {
            assertThat(files.filter(Files::isRegularFile)).hasSize(1);
        }
    }

    @ParameterizedTest
    @CsvSource({"one", "d/two"})
    void hardLinkIsNotMadeToAForeignFileOfTheOtherName(String name) throws IOException {
        workspace.source().file("one", "shared").link("d/two", "one");
        workspace.backup().succeeds();
        String other = name.equals("one") ? "d/two" : "one";
        try (TestTree target = TestTree.in(workspace.target())) {
            target.file(other, "foreign");
            workspace.restore(name).succeeds();
            assertThat(target.text(name)).isEqualTo("shared");
            assertThat(target.text(other)).isEqualTo("foreign");
            // All of it, with the one name kept.
            target.remove(Sluice.bytes(name));
            workspace.restore().succeeds();
            assertThat(target.text(name)).isEqualTo("shared");
            assertThat(target.text(other)).isEqualTo("foreign");
            workspace.restore("--replace", "always").succeeds();
            assertThat(target.text(other)).isEqualTo("shared");
            assertThat(target.stat(other).inode()).isEqualTo(target.stat(name).inode());
        }
    }

    /** The backup's file is of {@code THEN_S}. */
    @ParameterizedTest
    @CsvSource({
        "'', -10, mine",
        "'', 10, mine",
        "never, -10, mine",
        "always, -10, backup",
        "always, 0, backup",
        "always, 10, backup",
        "ifnewer, -10, backup",
        "ifnewer, 0, mine",
        "ifnewer, 10, mine",
        "ifolder, -10, mine",
        "ifolder, 0, mine",
        "ifolder, 10, backup"
    })
    void replaceDecidesOnWhatIsThere(String replace, long laterS, String kept) throws IOException {
        workspace.source().file("f", "backup").file("g", "new").times("f", 0, THEN_S, 0);
        workspace.backup().succeeds();
        Files.createDirectory(workspace.target());
        Path file = Files.writeString(workspace.target().resolve("f"), "mine");
        Files.setLastModifiedTime(file, FileTime.from(Instant.ofEpochSecond(THEN_S + laterS)));
        Result result =
                replace.isEmpty() ? workspace.restore() : workspace.restore("--replace", replace);
        result.succeeds();
        assertThat(file).hasContent(kept);
        assertThat(workspace.target().resolve("g")).hasContent("new");
        if (kept.equals("mine")) {
            assertThat(result.out()).contains("exists (see --replace)");
        }
    }

    @Test
    void targetIsNotFollowedThroughALinkInIt() throws IOException {
        workspace.smallSource();
        workspace.backup().succeeds();
        Path outside = Files.createDirectory(workspace.base().resolve("outside"));
        Files.createDirectory(workspace.target());
        Files.createSymbolicLink(workspace.target().resolve("sub"), outside);
        for (String replace : new String[] {"never", "always"}) {
            Result result = workspace.restore("--replace", replace);
            assertThat(outside).as("%s", result).isEmptyDirectory();
        }
    }

    @Test
    void metadataRoundNeedsToBeAskedFor() throws IOException {
        workspace.smallSource();
        workspace.backup("--content", "metadata").succeeds();
        workspace.verify().succeeds();
        assertThat(workspace.restore().refuses(1))
                .contains("round 1", "holds no data", "say --metadata");
        assertThat(workspace.target()).doesNotExist();
        Result result = workspace.restore("--metadata").exits(3);
        assertThat(workspace.target().resolve("sub/none")).isEmptyDirectory();
        assertThat(workspace.target().resolve("empty")).isEmptyFile();
        assertThat(workspace.target().resolve("a.txt")).as("%s", result).doesNotExist();
    }

    @Test
    void unusableTargetIsNamed() throws IOException {
        workspace.smallSource();
        workspace.backup().succeeds();
        Path file = Files.writeString(workspace.base().resolve("file"), "mine");
        assertThat(Sluice.run("restore", workspace.archive(), "--target", file).refuses(1))
                .contains("'" + file + "'");
        Path below = file.resolve("target");
        assertThat(Sluice.run("restore", workspace.archive(), "--target", below).refuses(1))
                .contains("'" + below + "'");
        assertThat(file).hasContent("mine");
    }

    @Test
    void verifyTellsWhatDiffersFromTheLiveTree() throws IOException {
        TestTree source = workspace.smallSource().times("a.txt", THEN_S, THEN_S, 0);
        workspace.backup().succeeds();
        source.file("a.txt", "ALPHA\n").times("a.txt", THEN_S, THEN_S, 0);
        source.file("new", "x").remove(Sluice.bytes("empty"));
        Result result = workspace.verify("--against", workspace.sourcePath()).exits(3);
        assertThat(result.error()).contains("'a.txt'", "'new'", "'empty'").doesNotContain("b.txt");
        workspace.verify().succeeds();
    }
}
