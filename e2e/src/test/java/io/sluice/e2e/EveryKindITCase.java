package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.common.testing.Privileges;
import io.sluice.common.testing.TestTree;
import io.sluice.common.testing.TreeComparison;
import io.sluice.common.testing.TreeComparison.Aspect;
import io.sluice.common.testing.TreeGenerator;
import io.sluice.common.text.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Backup and restore of everything that a Linux tree may hold, down to the last attribute. */
class EveryKindITCase {
    private static final int RANDOM_ENTRIES = 400;

    /** So few that each finding of a restore is shown. */
    private static final int ORDINARY_ENTRIES = 75;

    private static final int MANY_NAMES = 20_000;
    private static final Pattern FINDING =
            Pattern.compile(
                    "sluice: '(.*)': (?:(?:chown|setxattr|make special file)[^']*"
                            + "|link: no such file or directory \\(ENOENT\\): "
                            + "the file that it is a name of is not restored)");

    @RegisterExtension final Workspace workspace = new Workspace();

    @BeforeEach
    void needsRoot() {
        assumeTrue(Privileges.isRoot(), "owners, devices and trusted.* need root");
    }

    /** {@code -Dsluice.seed=N} repeats one, {@code -Dsluice.seeds=N} takes that many in a row. */
    static LongStream seeds() {
        Long given = Long.getLong("sluice.seed");
        int count = Integer.getInteger("sluice.seeds", 1);
        long first = given == null ? System.nanoTime() : given;
        LongStream random = LongStream.range(first, first + count);
        return given == null ? LongStream.concat(LongStream.of(1, 2), random) : random;
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void everyKindComesBackAsItWas(long seed) throws IOException {
        TestTree source = workspace.source();
        TreeGenerator generator =
                new TreeGenerator(source, seed).random(RANDOM_ENTRIES).extremes().finish();
        System.out.println("seed " + seed + ": " + generator.entries().size() + " entries");
        workspace.backupCommand().asShipped().run().succeeds();
        workspace.restore().succeeds();
        assertSame(source);
        workspace.verify("--against", workspace.sourcePath()).succeeds();
        workspace.verify("--against", workspace.target()).succeeds();
    }

    @Test
    void fileOfManyNamesComesBackAsOne() throws IOException {
        TestTree source = workspace.source();
        new TreeGenerator(source, 1).names(MANY_NAMES).finish();
        workspace.backup().succeeds();
        workspace.restore().succeeds();
        try (TestTree target = TestTree.in(workspace.target())) {
            assertThat(target.stat("file").links()).isEqualTo(MANY_NAMES);
        }
        workspace.verify("--against", workspace.sourcePath()).succeeds();
    }

    private void assertSame(TestTree source) throws IOException {
        List<String> differences =
                TreeComparison.compare(
                        source.path(),
                        Sluice.bytes(workspace.target().toString()),
                        EnumSet.allOf(Aspect.class));
        // readlink(2) changes a link's access time, and there is no way to have it not.
        differences.removeIf(line -> line.contains(": atime: ") && isLink(source, line));
        assertThat(differences).isEmpty();
    }

    private static boolean isLink(TestTree source, String difference) {
        String path = difference.substring(1, difference.lastIndexOf("': atime: "));
        try {
            return source.stat(Text.unescape(path)).type()
                    == io.sluice.common.posix.FileType.SYMLINK;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/etc", "/var/lib/dpkg", "/dev"})
    void systemsOwnTreesComeBack(String path) throws IOException {
        assumeTrue(Files.isDirectory(Path.of(path)), "there is no " + path);
        Sluice.run("backup", path, "--to", workspace.archive(), "--one-file-system").succeeds();
        workspace.restore().succeeds();
        // A terminal's times move with each key.
        Set<Aspect> aspects =
                path.equals("/dev")
                        ? TreeComparison.usualWithout(Aspect.MTIME)
                        : TreeComparison.usual();
        List<String> differences =
                TreeComparison.compare(
                        Sluice.bytes(path), Sluice.bytes(workspace.target().toString()), aspects);
        for (String mount : mountsBelow(path)) {
            differences.removeIf(
                    line ->
                            line.startsWith("'" + mount + "'")
                                    || line.startsWith("'" + mount + "/"));
        }
        assertThat(differences).isEmpty();
    }

    private static List<String> mountsBelow(String path) throws IOException {
        List<String> mounts = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
            String at = line.split(" ", -1)[4];
            if (at.startsWith(path + "/")) {
                mounts.add(at.substring(path.length() + 1));
            }
        }
        return mounts;
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void ordinaryUserIsToldWhatIsMissing(long seed) throws IOException {
        String reason = Sluice.noOrdinaryUser();
        assumeTrue(reason == null, reason);
        workspace.openToAll();
        TestTree source = workspace.source();
        TreeGenerator generator =
                new TreeGenerator(source, seed).random(ORDINARY_ENTRIES).furtherNames().finish();
        OrdinaryUser user = new OrdinaryUser(source, generator);
        System.out.println("seed " + seed + ": " + user.summary());

        Result backup = workspace.backupCommand().asOrdinaryUser().run();
        backup.exits(user.expectedOfBackup().isEmpty() ? 0 : 3);
        assertThat(user.reportedByBackup(workspace.archive().resolve("rounds/1/failed.jsonl")))
                .as("%s", backup)
                .isEqualTo(user.expectedOfBackup());

        Result restore =
                Sluice.command("restore", workspace.archive(), "--target", workspace.target())
                        .asOrdinaryUser()
                        .run()
                        .exits(3);
        Set<String> reported = new TreeSet<>();
        for (String line : restore.errorLines()) {
            Matcher matcher = FINDING.matcher(line);
            assertThat(matcher.matches()).as("%s in %s", line, restore).isTrue();
            reported.add(user.oneOf(matcher.group(1)));
        }
        assertThat(reported).as("%s", restore).isEqualTo(user.expectedOfRestore());

        Set<Aspect> aspects = TreeComparison.usual();
        aspects.add(Aspect.HOLES);
        List<String> differences =
                TreeComparison.compare(
                        source.path(), Sluice.bytes(workspace.target().toString()), aspects);
        assertThat(new TreeSet<>(differences)).isEqualTo(user.expectedDifferences());
    }
}
