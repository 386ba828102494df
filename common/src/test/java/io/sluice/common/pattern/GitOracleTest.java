package io.sluice.common.pattern;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.PosixException;
import io.sluice.common.posix.RawTree;
import io.sluice.common.text.Text;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The same questions to git itself, {@code git check-ignore}: its answers must be ours. */
class GitOracleTest {
    private static final int RANDOM_SETS = 400;

    /** What git lets pass for a pattern without effect is refused here; each is asked of git. */
    private static final int MAX_LINES = 4;

    /**
     * Git compares the literal beginning of a pattern by itself, and then takes asterisks that
     * follow it for the beginning: {@code a**}{@code /b} matches {@code ax/y/b}, against
     * gitignore(5) ("other consecutive asterisks are considered regular asterisks").
     */
    private static final Pattern UNLIKE_THE_MANUAL = Pattern.compile("[^/]\\*\\*+/");

    private static Path repository;

    @BeforeAll
    static void makeRepository() throws Exception {
        try {
            repository = Files.createTempDirectory("sluice-git-");
            run(repository, new byte[0], "git", "init", "-q");
        } catch (IOException e) {
            Assumptions.abort("git is not installed: " + e.getMessage());
        }
    }

    @AfterAll
    static void removeRepository() throws Exception {
        run(Path.of("/"), new byte[0], "rm", "-rf", repository.toString());
    }

    @Test
    void gitAgreesWithTheTable() throws Exception {
        for (PatternRow row : PatternRow.all()) {
            if (row.isUnlikeGit() || row.lines().stream().anyMatch(GitOracleTest::hasNul)) {
                continue;
            }
            try (RawTree tree = new RawTree()) {
                make(tree, row.path(), row.directory());
                boolean out = excludedByGit(tree, row.lines(), List.of(row.path())).contains(0);
                assertThat(out).as(row.toString()).isEqualTo(row.isOut());
            }
        }
    }

    private static boolean hasNul(byte[] line) {
        return new String(line, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf(0) >= 0;
    }

    @Test
    void gitAgreesOnRandomPatterns() throws Exception {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        System.out.println("GitOracleTest: -Dsluice.seed=" + seed);
        Random random = new Random(seed);
        try (RawTree tree = new RawTree()) {
            List<byte[]> paths = new ArrayList<>();
            List<Boolean> directories = new ArrayList<>();
            grow(tree, random, DirectoryPath.ROOT, 0, paths, directories);
            for (int i = 0; i < RANDOM_SETS; i++) {
                List<byte[]> lines = new ArrayList<>();
                for (int n = 1 + random.nextInt(MAX_LINES); n > 0; n--) {
                    byte[] line = randomLine(random);
                    if (UNLIKE_THE_MANUAL.matcher(Text.escape(line)).find()) {
                        continue;
                    }
                    if (isGood(line)) {
                        lines.add(line);
                    } else {
                        assertThat(excludedByGit(tree, List.of(line), paths))
                                .as("seed %d: refused pattern %s", seed, Text.quote(line))
                                .isEmpty();
                    }
                }
                IgnorePatterns patterns = IgnorePatterns.of(lines);
                Set<Integer> git = excludedByGit(tree, lines, paths);
                for (int p = 0; p < paths.size(); p++) {
                    boolean ours = patterns.excludes(paths.get(p), directories.get(p));
                    if (ours != git.contains(p)) {
                        fail(
                                "seed %d: patterns %s, path %s%s: git leaves it %s",
                                seed,
                                lines.stream().map(Text::quote).toList(),
                                Text.quote(paths.get(p)),
                                directories.get(p) ? ", a directory" : "",
                                ours ? "in" : "out");
                    }
                }
            }
        }
    }

    private static boolean isGood(byte[] line) {
        try {
            IgnorePatterns.of(List.of(line));
            return true;
        } catch (BadPatternException e) {
            return false;
        }
    }

    private static final String[] NAMES = {
        "a", "b", "ab", "ba", "aab", "a b", ".a", "a-b", "[a]", "*", "\\a", "#a", "!a", "a ", "]",
        "b\\"
    };

    private static void grow(
            RawTree tree,
            Random random,
            byte[] directory,
            int depth,
            List<byte[]> paths,
            List<Boolean> directories)
            throws IOException {
        for (String name : NAMES) {
            boolean makeIt = depth == 0 || random.nextInt(5) == 0 || name.equals("a");
            if (makeIt) {
                byte[] path = DirectoryPath.child(directory, bytes(name));
                boolean isDirectory = depth < 4 && random.nextInt(5) < 3;
                paths.add(path);
                directories.add(isDirectory);
                if (isDirectory) {
                    tree.directory(path);
                    grow(tree, random, path, depth + 1, paths, directories);
                } else {
                    tree.file(path);
                }
            }
        }
    }

    private static final String[] PIECES = {
        "a",
        "b",
        "a",
        "b",
        "ab",
        "*",
        "*",
        "?",
        "/",
        "/",
        "**/",
        "/**",
        "/**/",
        "**",
        "***",
        "/****/",
        "[ab]",
        "[!a]",
        "[^b]",
        "[a-b]",
        "[",
        "]",
        "-",
        "\\",
        "\\*",
        "\\[",
        " ",
        "\\ ",
        "!",
        "#",
        ".",
        "[]-a]",
        "[[:alpha:]]",
        "[![:punct:]]",
        "[b/a]",
        "b-a]"
    };

    private static byte[] randomLine(Random random) {
        StringBuilder line = new StringBuilder(random.nextInt(4) == 0 ? "!" : "");
        for (int n = 1 + random.nextInt(6); n > 0; n--) {
            line.append(PIECES[random.nextInt(PIECES.length)]);
        }
        if (random.nextInt(4) == 0) {
            line.append('/');
        }
        return bytes(line.toString());
    }

    private static void make(RawTree tree, byte[] path, boolean directory) throws IOException {
        for (int i = 0; i < path.length; i++) {
            if (path[i] == '/') {
                try {
                    tree.directory(java.util.Arrays.copyOf(path, i));
                } catch (PosixException e) {
                    assertThat(e.errno()).isEqualTo(Errno.EEXIST);
                }
            }
        }
        if (directory) {
            tree.directory(path);
        } else {
            tree.file(path);
        }
    }

    /** The numbers of the paths that git leaves out. */
    private static Set<Integer> excludedByGit(RawTree tree, List<byte[]> lines, List<byte[]> paths)
            throws Exception {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        for (byte[] line : lines) {
            file.writeBytes(line);
            file.write('\n');
        }
        Files.write(repository.resolve(".git/info/exclude"), file.toByteArray());
        ByteArrayOutputStream asked = new ByteArrayOutputStream();
        for (byte[] path : paths) {
            asked.writeBytes(path);
            asked.write(0);
        }
        byte[] answer =
                run(
                        Path.of(new String(tree.root(), java.nio.charset.StandardCharsets.UTF_8)),
                        asked.toByteArray(),
                        "git",
                        "--git-dir=" + repository.resolve(".git"),
                        "--work-tree=.",
                        "check-ignore",
                        "--no-index",
                        "--verbose",
                        "--non-matching",
                        "--stdin",
                        "-z");
        List<byte[]> fields = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < answer.length; i++) {
            if (answer[i] == 0) {
                fields.add(java.util.Arrays.copyOfRange(answer, from, i));
                from = i + 1;
            }
        }
        assertThat(fields).as("four fields a path").hasSize(4 * paths.size());
        Set<Integer> out = new HashSet<>();
        for (int p = 0; p < paths.size(); p++) {
            byte[] pattern = fields.get(4 * p + 2);
            if (fields.get(4 * p).length > 0 && pattern[0] != '!') {
                out.add(p);
            }
        }
        return out;
    }

    private static byte[] run(Path directory, byte[] input, String... command) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("GIT_"));
        builder.environment().put("GIT_CONFIG_GLOBAL", "/dev/null");
        builder.environment().put("GIT_CONFIG_NOSYSTEM", "1");
        Path stdin = Files.createTempFile("sluice-git-", ".in");
        try {
            Files.write(stdin, input);
            Process process =
                    builder.redirectInput(stdin.toFile())
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start();
            byte[] output;
            try (InputStream out = process.getInputStream()) {
                output = out.readAllBytes();
            }
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            // 1: no path is ignored.
            assertThat(process.exitValue()).as(String.join(" ", command)).isIn(0, 1);
            return output;
        } finally {
            Files.delete(stdin);
        }
    }
}
