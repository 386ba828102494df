package io.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.pipeline.launch.BackupRequest;
import io.sluice.pipeline.launch.Launcher;
import io.sluice.ptcomm.archive.HandmadeRounds;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code sluice inspect}, as a process of its own, of archives that the launcher has made. */
class InspectITCase {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MANY = 5000;

    @TempDir Path temporary;
    private Path source;
    private Path archive;
    private Path scratch;

    private record Result(int code, List<String> out, String error) {}

    @BeforeEach
    void makeTree() throws IOException {
        Path root = temporary.toRealPath();
        source = Files.createDirectory(root.resolve("source"));
        archive = root.resolve("archive");
        scratch = Files.createDirectory(root.resolve("scratch"));
        Files.createDirectories(source.resolve("keep/deep"));
        Files.createDirectories(source.resolve("many"));
        Files.writeString(source.resolve("keep/b"), "b");
        Files.writeString(source.resolve("keep/a\nb"), "a");
        Files.writeString(source.resolve("keep/gone"), "gone");
        for (int i = 0; i < MANY; i++) {
            Files.createFile(source.resolve("many/" + i));
        }
    }

    private void backup() throws Exception {
        byte[] from = source.toString().getBytes(StandardCharsets.UTF_8);
        byte[] to = archive.toString().getBytes(StandardCharsets.UTF_8);
        new Launcher(BackupRequest.of(from, to).build()).run();
    }

    private Result inspect(String... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        command.addAll(
                List.of(
                        "--add-opens=java.base/java.util=ALL-UNNAMED",
                        "--add-opens=java.base/java.lang=ALL-UNNAMED"));
        command.add("-Djava.io.tmpdir=" + scratch);
        // As the launcher script starts it.
        command.add("-Djava.library.path=target/native");
        command.addAll(List.of("-cp", "target/sluice-cli.jar"));
        command.add(SluiceCommand.class.getName());
        command.add("inspect");
        command.addAll(List.of(arguments));
        Path out = temporary.resolve("out");
        Path error = temporary.resolve("error");
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .redirectOutput(out.toFile())
                        .redirectError(error.toFile());
        builder.environment().put("SLUICE_LOG", "off");
        int code = builder.start().waitFor();
        Result result =
                new Result(code, Files.readString(out).lines().toList(), Files.readString(error));
        try (Stream<Path> left = Files.list(scratch)) {
            assertThat(left.filter(path -> path.getFileName().toString().startsWith("sluice-")))
                    .isEmpty();
        }
        return result;
    }

    private JsonNode summary(String... arguments) throws Exception {
        Result result = inspect(arguments);
        assertThat(result.error).isEmpty();
        assertThat(result.code).isZero();
        return JSON.readTree(String.join("\n", result.out));
    }

    /** Names and inodes of a directory's children, as {@code ls -i} has them. */
    private static List<String> live(Path directory) throws IOException {
        List<String> lines = new ArrayList<>();
        try (Stream<Path> children = Files.list(directory)) {
            for (Path child : children.toList()) {
                lines.add(
                        child.getFileName().toString().replace("\n", "\\x0a")
                                + " "
                                + Files.getAttribute(child, "unix:ino"));
            }
        }
        lines.sort(null);
        return lines;
    }

    private static List<String> stored(Result result) throws IOException {
        List<String> lines = new ArrayList<>();
        for (String line : result.out) {
            JsonNode child = JSON.readTree(line);
            lines.add(child.path("name").textValue() + " " + child.path("inode").textValue());
        }
        return lines;
    }

    private Path onlySavepoint(int round) throws IOException {
        try (Stream<Path> all = Files.list(archive.resolve("state/savepoints/" + round))) {
            return all.findFirst().orElseThrow();
        }
    }

    @Test
    void countsAndChildrenAreThoseOfTheTree() throws Exception {
        backup();
        Files.delete(source.resolve("keep/gone"));
        Files.delete(source.resolve("many/17"));
        Files.writeString(source.resolve("keep/new"), "new");
        backup();
        long entries;
        long directories;
        try (Stream<Path> all = Files.walk(source)) {
            List<Path> paths = all.toList();
            entries = paths.size();
            directories = paths.stream().filter(Files::isDirectory).count();
        }

        JsonNode second = summary(archive.toString(), "--json");
        assertThat(second.path("round").intValue()).isEqualTo(2);
        assertThat(second.path("ended").booleanValue()).isTrue();
        assertThat(second.path("verdict").textValue()).isEqualTo("deleted");
        assertThat(second.path("gone").intValue()).isEqualTo(2);
        assertThat(second.path("base").intValue()).isEqualTo(1);
        assertThat(second.path("level").textValue()).isEqualTo("incremental");
        assertThat(second.path("entries").longValue()).isEqualTo(entries);
        assertThat(second.path("known").longValue()).isEqualTo(entries);
        assertThat(second.path("directories").longValue()).isEqualTo(directories);
        assertThat(second.path("flags").path("directory").longValue()).isEqualTo(directories);
        assertThat(second.path("parted_directories").intValue()).isEqualTo(1);
        assertThat(second.path("leftovers")).isEmpty();
        Set<String> uids = new HashSet<>();
        second.path("operators").forEach(operator -> uids.add(operator.path("uid").textValue()));
        assertThat(uids).contains("directory-index", "shard-writer", "collector");

        JsonNode first = summary(onlySavepoint(1).toString(), "--json");
        assertThat(first.path("round").intValue()).isEqualTo(1);
        assertThat(first.path("base").isNull()).isTrue();
        assertThat(first.path("entries").longValue()).isEqualTo(entries + 1);

        for (String directory : List.of("many", "keep")) {
            Result children =
                    inspect(archive.toString(), "--round", "2", "--path", directory, "--json");
            assertThat(children.code).isZero();
            assertThat(stored(children)).isEqualTo(live(source.resolve(directory)));
        }
        Result old = inspect(archive.toString(), "--round", "1", "--path", "keep");
        assertThat(old.out).hasSize(4);
        assertThat(old.out.get(0)).endsWith("  a\\x0ab");
        assertThat(old.out.get(2)).contains("directory").endsWith("  deep");
        Result unknown = inspect(archive.toString(), "--path", "keep/nope");
        assertThat(unknown.code).isEqualTo(3);
        assertThat(unknown.out).isEmpty();
        assertThat(unknown.error)
                .isEqualTo(
                        "sluice: the index knows no directory 'keep/nope'; paths are relative to"
                                + " the directory that was backed up\n");
        Result text = inspect(archive.toString());
        assertThat(text.out.get(0)).isEqualTo("savepoint of round 2 in '" + archive + "'");
        assertThat(text.out).anyMatch(line -> line.matches(" +leftovers +none"));
    }

    private void assertRefused(String message, String... arguments) throws Exception {
        Result result = inspect(arguments);
        assertThat(result.code).isEqualTo(1);
        assertThat(result.error.lines()).singleElement().asString().contains(message);
        assertThat(result.out).isEmpty();
    }

    @Test
    void whatIsNoSavepointIsRefusedInOneLine() throws Exception {
        backup();
        Path savepoint = onlySavepoint(1);
        assertRefused("is no savepoint: it has no file _metadata", source.toString());
        assertRefused("does not exist", source.resolve("nowhere").toString());
        assertRefused("it is not a directory", source.resolve("keep/b").toString());
        assertRefused("has no round 7", archive.toString(), "--round", "7");
        assertThat(inspect(savepoint.toString(), "--round", "1").code).isEqualTo(2);

        // Outside of an archive, at a path that no URI spells.
        Path copy = Files.createDirectory(temporary.resolve("a copy,\u00e9"));
        try (Stream<Path> files = Files.list(savepoint)) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(file.getFileName()));
            }
        }
        assertThat(summary(copy.toString(), "--json").path("entries").intValue())
                .isEqualTo(MANY + 7);
        Path largest;
        try (Stream<Path> files = Files.list(copy)) {
            largest = files.max((a, b) -> Long.compare(length(a), length(b))).orElseThrow();
        }
        Files.writeString(largest, "more", StandardOpenOption.APPEND);
        assertRefused("is not whole: its file '" + largest.getFileName(), copy.toString());
        Files.delete(largest);
        assertRefused(largest.getFileName() + "' is missing", copy.toString());
        Files.write(copy.resolve("_metadata"), new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
        assertRefused("cannot be read", copy.toString());

        Path handmade = temporary.resolve("handmade");
        new HandmadeRounds(handmade, 1).full(Instant.EPOCH);
        assertRefused("keeps no savepoint of round 1", handmade.toString());
    }

    private static long length(Path file) {
        return file.toFile().length();
    }
}
