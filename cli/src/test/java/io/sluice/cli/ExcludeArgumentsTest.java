package io.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.common.SluiceException;
import io.sluice.common.pattern.Excludes;
import io.sluice.pipeline.options.ExcludeArguments;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

class ExcludeArgumentsTest {
    @TempDir Path directory;

    private final CommandSpec spec =
            SluiceCommand.commandLine().getSubcommands().get("backup").getCommandSpec();

    private Excludes read(List<String> patterns, List<String> files, List<String> markers) {
        return new ExcludeArguments(spec).read(patterns, files, markers);
    }

    @Test
    void commandLineHasTheLastWord() throws Exception {
        Path first = Files.writeString(directory.resolve("first"), "# comment\n*.o\n\n*.tmp\n");
        Path second = Files.writeString(directory.resolve("second"), "!a.tmp");

        Excludes excludes =
                read(
                        List.of("!keep.o"),
                        List.of(first.toString(), second.toString()),
                        List.of("M"));

        assertThat(excludes.patterns().lines())
                .extracting(line -> new String(line, StandardCharsets.UTF_8))
                .containsExactly("*.o", "*.tmp", "!a.tmp", "!keep.o");
        assertThat(excludes.markers()).containsExactly(new byte[] {'M'});
    }

    @Test
    void patternsAndNamesOfFilesAreBytes() throws Exception {
        // As RawArguments has it: a character for each byte.
        String name = new String("ä".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        Path file = directory.resolve("raw");
        Files.write(file, new byte[] {(byte) 0xff, '\n'});
        Path link = directory.resolve("l");
        Files.createSymbolicLink(link, file);

        Excludes excludes = read(List.of(name, "\u00fe"), List.of(link.toString()), List.of());

        assertThat(excludes.patterns().lines())
                .containsExactly(
                        new byte[] {(byte) 0xff},
                        "ä".getBytes(StandardCharsets.UTF_8),
                        new byte[] {(byte) 0xfe});
    }

    @Test
    void badPatternIsBadUsage() throws Exception {
        Path file = Files.writeString(directory.resolve("f"), "ok\n[x\n");

        assertThatThrownBy(() -> read(List.of("[x"), List.of(), List.of()))
                .isInstanceOf(ParameterException.class)
                .hasMessageStartingWith("--exclude '[x' has no ']'");
        assertThatThrownBy(() -> read(List.of("# a"), List.of(), List.of()))
                .isInstanceOf(ParameterException.class)
                .hasMessageContaining("is blank or a comment");
        assertThatThrownBy(() -> read(List.of(), List.of(file.toString()), List.of()))
                .isInstanceOf(ParameterException.class)
                .hasMessageStartingWith("--exclude-file '" + file + "', line 2: '[x' has no ']'");
        assertThatThrownBy(() -> read(List.of(), List.of(), List.of("a/b")))
                .isInstanceOf(ParameterException.class)
                .hasMessageStartingWith("--exclude-if-present 'a/b' is no file's name");
    }

    @Test
    void unreadableFileIsAFailure() throws Exception {
        assertThatThrownBy(() -> read(List.of(), List.of(directory + "/none"), List.of()))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("no such file or directory (ENOENT)");
        assertThatThrownBy(() -> read(List.of(), List.of(directory.toString()), List.of()))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("directory");
        Path large = directory.resolve("large");
        Files.write(large, new byte[(16 << 20) + 1]);
        assertThatThrownBy(() -> read(List.of(), List.of(large.toString()), List.of()))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("longer than 16 MiB");
    }

    @Test
    void exitCodesTellBadUsageFromAFailure() {
        String to = directory.resolve("archive").toString();
        String path = directory.toString();

        assertThat(run("backup", path, "--to", to, "--exclude", "[")).isEqualTo(ExitCode.USAGE);
        assertThat(run("backup", path, "--to", to, "--exclude-if-present", "a/b"))
                .isEqualTo(ExitCode.USAGE);
        assertThat(run("backup", path, "--to", to, "--cross-mounts", "--one-file-system"))
                .isEqualTo(ExitCode.USAGE);
        assertThat(run("backup", path, "--to", to, "--exclude-file", path + "/none"))
                .isEqualTo(ExitCode.FAILED);
        assertThat(directory.resolve("archive")).doesNotExist();
    }

    private static int run(String... arguments) {
        return SluiceCommand.commandLine().execute(arguments);
    }
}
