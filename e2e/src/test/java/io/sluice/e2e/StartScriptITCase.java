package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which flags the start script gives to the JVM. */
class StartScriptITCase {
    private static final String C1_ALONE = "-XX:TieredStopAtLevel=1";

    @TempDir private Path directory;
    private Path archive;

    /** In place of Java comes what prints its arguments. */
    @BeforeEach
    void makeJava() throws IOException {
        archive = directory.resolve("an archive");
        Path java = Files.createDirectory(directory.resolve("bin")).resolve("java");
        Files.writeString(
                java,
                "#!/bin/sh\n"
                        + "[ \"$1\" != -version ] || { echo 'openjdk version \"17.0.1\"' >&2; exit; }\n"
                        + "printf '%s\\n' \"$@\"\n");
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private List<String> flags(Sluice command) throws IOException {
        return printed(command.asShipped());
    }

    private List<String> printed(Sluice command) throws IOException {
        return command.with("JAVA_HOME", directory.toString())
                .run()
                .succeeds()
                .out()
                .lines()
                .toList();
    }

    private List<String> flags(Object... words) throws IOException {
        return flags(Sluice.command(words));
    }

    private void endRound() throws IOException {
        Files.createDirectories(archive.resolve("state"));
        Files.createFile(archive.resolve("state/chain.json"));
    }

    @Test
    void firstRoundOfAnArchiveIsCompiledByOneCompiler() throws IOException {
        assertThat(flags("backup", "/srv", "--to", archive)).contains(C1_ALONE);
        assertThat(flags("backup", "--to=" + archive, "/srv")).contains(C1_ALONE);
        endRound();
        assertThat(flags("backup", "/srv", "--to", archive)).doesNotContain(C1_ALONE);
        assertThat(flags("backup", "--to=" + archive, "/srv")).doesNotContain(C1_ALONE);
    }

    @Test
    void soIsAFullRound() throws IOException {
        endRound();
        assertThat(flags("backup", "/srv", "--to", archive, "--level", "full")).contains(C1_ALONE);
        assertThat(flags("backup", "/srv", "--to", archive, "--level=full")).contains(C1_ALONE);
        assertThat(flags("backup", "/srv", "--to", archive, "--level", "incremental"))
                .doesNotContain(C1_ALONE);
    }

    @Test
    void soIsARoundOfBaculaThatIsLikelyToBeFull() throws IOException {
        assertThat(flags(Sluice.command("fd-round").with("SLUICE_ROUND", "full")))
                .contains(C1_ALONE);
        assertThat(flags(Sluice.command("fd-round").with("SLUICE_ROUND", "incremental")))
                .doesNotContain(C1_ALONE);
    }

    @Test
    void streamsToBridgesAndOtherCommandsAreNot() throws IOException {
        assertThat(flags("backup", "/srv", "--fd", "host:1", "--to", archive))
                .doesNotContain(C1_ALONE);
        assertThat(flags("backup", "--fd=host:1", "/srv", "--to", archive, "--level=full"))
                .doesNotContain(C1_ALONE);
        assertThat(flags("list", archive)).doesNotContain(C1_ALONE);
    }

    @Test
    void flagsOfTheUserComeLast() throws IOException {
        List<String> flags =
                printed(
                        Sluice.command("backup", "/srv", "--to", archive)
                                .with("SLUICE_JAVA_OPTS", "-Xmx1g -XX:TieredStopAtLevel=4"));
        assertThat(flags)
                .containsSubsequence("-Xmx384m", C1_ALONE, "-Xmx1g", "-XX:TieredStopAtLevel=4");
    }
}
