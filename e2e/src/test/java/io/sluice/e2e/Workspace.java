package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.common.testing.TestTree;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A directory for each test with room for a source, an archive and what is restored, removed
 * afterwards whatever names came to lie in it. Its path is as the kernel resolves it, and free of
 * anything that messages would escape.
 */
final class Workspace implements BeforeEachCallback, AfterEachCallback {
    private Path base;
    private TestTree tree;

    @Override
    public void beforeEach(ExtensionContext context) throws IOException {
        base = Files.createTempDirectory("sluice-e2e-").toRealPath();
        // Ordinary users are to get to the source below.
        Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("rwxr-xr-x"));
        tree = TestTree.in(base);
    }

    @Override
    public void afterEach(ExtensionContext context) throws IOException {
        tree.close();
    }

    /** Lets ordinary users write here, to make an archive. */
    void openToAll() throws IOException {
        Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("rwxrwxrwx"));
    }

    Path base() {
        return base;
    }

    /** The directory that is backed up; made by the first call. */
    TestTree source() throws IOException {
        return TestTree.in(sourcePath());
    }

    Path sourcePath() {
        return base.resolve("source");
    }

    Path archive() {
        return base.resolve("archive");
    }

    Path target() {
        return base.resolve("target");
    }

    /** A path below the workspace whose last component is any bytes. */
    byte[] raw(byte[] name) {
        byte[] head = (base + "/").getBytes(StandardCharsets.UTF_8);
        byte[] path = java.util.Arrays.copyOf(head, head.length + name.length);
        System.arraycopy(name, 0, path, head.length, name.length);
        return path;
    }

    /** A small source with a file of each usual kind. */
    TestTree smallSource() throws IOException {
        return source().file("a.txt", "alpha\n")
                .file("empty", "")
                .file("sub/b.txt", "beta\n")
                .directory("sub/none")
                .symlink("link", "sub/b.txt");
    }

    Result backup(Object... options) throws IOException {
        return backupCommand(options).run();
    }

    Sluice backupCommand(Object... options) {
        return Sluice.command(words("backup", sourcePath(), "--to", archive(), options));
    }

    Result verify(Object... options) throws IOException {
        return Sluice.run(words("verify", archive(), options));
    }

    /** Restores into {@link #target}. */
    Result restore(Object... options) throws IOException {
        return Sluice.run(words("restore", archive(), "--target", target(), options));
    }

    Result list(Object... options) throws IOException {
        return Sluice.run(words("list", archive(), options));
    }

    /** The paths of a round's entries, as {@code list --json} tells them. */
    List<String> listedPaths() throws IOException {
        List<String> paths = new ArrayList<>();
        ObjectMapper mapper = new ObjectMapper();
        for (String line : list("--files", "--json").succeeds().lines()) {
            paths.add(mapper.readTree(line).get("path").textValue());
        }
        return paths;
    }

    private static Object[] words(Object... wordsAndOptions) {
        List<Object> words = new ArrayList<>();
        for (Object word : wordsAndOptions) {
            words.addAll(word instanceof Object[] several ? List.of(several) : List.of(word));
        }
        return words.toArray();
    }

    /** Segments of a round, in the order of their names. */
    List<Path> segments(int round) throws IOException {
        Path directory = archive().resolve("rounds").resolve(Integer.toString(round));
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().contains(".ptcomm"))
                    .sorted()
                    .toList();
        }
    }

    /** Whether a round has its directory. */
    boolean begun(int round) {
        return Files.isDirectory(archive().resolve("rounds/" + round));
    }

    /** Whether a running backup has begun to write data. */
    boolean writes(int round) throws IOException {
        if (!Files.isDirectory(archive().resolve("rounds/" + round))) {
            return false;
        }
        for (Path segment : segments(round)) {
            if (Files.size(segment) > 0) {
                return true;
            }
        }
        return false;
    }

    /** Checks that whatever happened did no lasting harm: a chain can be begun. */
    void archiveStaysUsable() throws IOException {
        backup("--allow-empty", "--level", "full", "--accept-deletes").succeeds();
        verify("--against", sourcePath()).succeeds();
    }

    /** Checks that nothing of a round that was not committed is left. */
    void nothingIsLeft() throws IOException {
        try (Stream<Path> rounds = Files.list(archive().resolve("rounds"))) {
            assertThat(rounds).isEmpty();
        }
        assertThat(archive().resolve("state/work")).doesNotExist();
    }

    /** Checks that the archive is its owner's alone. */
    void archiveIsPrivate() throws IOException {
        List<String> others = new ArrayList<>();
        try (Stream<Path> files = Files.walk(archive())) {
            for (Path file : files.toList()) {
                String mode;
                try {
                    mode =
                            PosixFilePermissions.toString(
                                    Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS));
                } catch (java.nio.file.NoSuchFileException e) {
                    continue;
                }
                String wanted =
                        Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)
                                ? "rwx------"
                                : "rw-------";
                if (!mode.equals(wanted)) {
                    others.add(mode + " " + base.relativize(file));
                }
            }
        }
        assertThat(others).isEmpty();
    }
}
