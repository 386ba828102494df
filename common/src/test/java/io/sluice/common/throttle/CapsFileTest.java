package io.sluice.common.throttle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CapsFileTest {
    private static final Caps PEAK = new Caps(1, 16 * 1024, 200, "4 high-priority jobs");
    private static final String PEAK_TEXT =
            """
            threads = 1
            read_buffer_kib = 16
            pause_ms = 200
            reason = "4 high-priority jobs"
            """;

    @TempDir private Path directory;

    /** Far beyond all changes: what the file's times tell may be relied on. */
    private long nowMs = System.currentTimeMillis() + 3_600_000;

    private final List<String> warnings = new ArrayList<>();

    private Path path() {
        return directory.resolve("throttle.toml");
    }

    private CapsFile file() {
        return new CapsFile(
                path().toString().getBytes(StandardCharsets.UTF_8), () -> nowMs, warnings::add);
    }

    private void write(String text) throws IOException {
        Files.writeString(path(), text);
    }

    /** As the daemon does it. */
    private void replace(String text) throws IOException {
        Path next = directory.resolve("throttle.toml.new");
        Files.writeString(next, text);
        Files.move(next, path(), StandardCopyOption.ATOMIC_MOVE);
    }

    @Test
    void appearsChangesAndVanishes() throws IOException {
        CapsFile file = file();
        assertThat(file.look()).isEqualTo(Caps.NONE);
        replace(PEAK_TEXT);
        assertThat(file.look()).isEqualTo(PEAK);
        replace("threads = 8\nread_buffer_kib = 64\npause_ms = 0\nreason = \"idle\"\n");
        assertThat(file.look()).isEqualTo(new Caps(8, 64 * 1024, 0, "idle"));
        Files.delete(path());
        assertThat(file.look()).isEqualTo(Caps.NONE);
        replace(PEAK_TEXT);
        assertThat(file.look()).isEqualTo(PEAK);
        assertThat(warnings).isEmpty();
    }

    @Test
    void missingDirectoryIsNoThrottle() {
        CapsFile file =
                new CapsFile(
                        "/nonexistent/throttle.toml".getBytes(StandardCharsets.UTF_8),
                        () -> nowMs,
                        warnings::add);
        assertThat(file.look()).isEqualTo(Caps.NONE);
        assertThat(warnings).isEmpty();
    }

    @Test
    void eachKeyMayBeLeftOut() throws IOException {
        CapsFile file = file();
        replace("pause_ms = 0 # nothing to be slow for\n");
        assertThat(file.look()).isEqualTo(Caps.NONE);
        replace("read_buffer_kib = 4\n");
        assertThat(file.look()).isEqualTo(new Caps(Caps.NO_CAP, 4096, 0, ""));
        replace("pause_ms = 7\n");
        assertThat(file.look()).isEqualTo(new Caps(Caps.NO_CAP, Caps.NO_CAP, 7, ""));
        assertThat(warnings).isEmpty();
    }

    @Test
    void oldNameOfThreadsCountsUnlessTheNewOneIsThere() throws IOException {
        CapsFile file = file();
        replace("rayon_threads = 3\n");
        assertThat(file.look().threads()).isEqualTo(3);
        replace("rayon_threads = 3\nthreads = 5\n");
        assertThat(file.look().threads()).isEqualTo(5);
        assertThat(warnings).isEmpty();
    }

    @Test
    void halfWrittenFileChangesNothingAndIsToldOnce() throws IOException {
        CapsFile file = file();
        write(PEAK_TEXT);
        assertThat(file.look()).isEqualTo(PEAK);
        // A writer that truncates first, then writes on.
        write("");
        assertThat(file.look()).isEqualTo(PEAK);
        write("threads = ");
        assertThat(file.look()).isEqualTo(PEAK);
        assertThat(file.look()).isEqualTo(PEAK);
        assertThat(warnings).hasSize(2);
        assertThat(warnings.get(1))
                .contains("'" + path() + "'", "line 1", "threads = 1,", "mended or removed")
                .doesNotContain("\n");
        write("threads = 4\n");
        assertThat(file.look()).isEqualTo(new Caps(4, Caps.NO_CAP, 0, ""));
        assertThat(warnings).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "threads = 0",
                "threads = -1",
                "threads = 1.5",
                "threads = \"4\"",
                "threads = true",
                "threads = [1]",
                "threads = 99999999999999999999",
                "threads = 100000",
                "rayon_threads = 0\nthreads = 1",
                "threads = 1\nthreads = 2",
                "threads = 1\nread_buffer_kib = 0",
                "read_buffer_kib = 1048577",
                "pause_ms = -1",
                "pause_ms = 3600000",
                "threads = 1\nreason = 5",
                "reason = \"no cap at all\"",
                "[throttle]\nthreads = 1",
                "threads: 1",
                "{\"threads\": 1}",
                "\u0000\u0001\u0002",
            })
    void nonsenseChangesNothingAndIsToldOnce(String text) throws IOException {
        CapsFile file = file();
        replace(PEAK_TEXT);
        file.look();
        replace(text);
        assertThat(file.look()).isEqualTo(PEAK);
        assertThat(file.look()).isEqualTo(PEAK);
        replace(text);
        assertThat(file.look()).isEqualTo(PEAK);
        assertThat(warnings).hasSize(1);
        assertThat(warnings.get(0)).contains(path().toString()).doesNotContain("\n");
        replace("threads = 9");
        assertThat(file.look().threads()).isEqualTo(9);
    }

    @Test
    void bytesThatAreNoTextAndAHugeFileAreNonsense() throws IOException {
        CapsFile file = file();
        Files.write(path(), new byte[] {(byte) 0xff, (byte) 0xfe, '\n'});
        assertThat(file.look()).isEqualTo(Caps.NONE);
        write("threads = 1\n" + "#".repeat(CapsFile.MAX_BYTES));
        assertThat(file.look()).isEqualTo(Caps.NONE);
        Files.delete(path());
        Files.createDirectory(path());
        assertThat(file.look()).isEqualTo(Caps.NONE);
        assertThat(file.look()).isEqualTo(Caps.NONE);
        assertThat(warnings).hasSize(3);
        assertThat(warnings.get(1)).contains("64 KiB");
        assertThat(warnings.get(2)).contains("no regular file");
    }

    @Test
    void unknownKeyIsToldAndTheOthersHold() throws IOException {
        CapsFile file = file();
        replace("thread = 1\npause_ms = 5\n");
        assertThat(file.look().pauseMs()).isEqualTo(5);
        file.look();
        assertThat(warnings).hasSize(1);
        assertThat(warnings.get(0)).contains("'thread'");
    }

    /** Where the times do not tell, the file is read until they may be relied on. */
    @Test
    void changeWithinOneTickOfTheClockIsSeen() throws IOException {
        FileTime time = FileTime.fromMillis(System.currentTimeMillis());
        nowMs = time.toMillis();
        CapsFile file = file();
        write("threads = 1\n");
        Files.setLastModifiedTime(path(), time);
        assertThat(file.look().threads()).isEqualTo(1);
        write("threads = 2\n");
        Files.setLastModifiedTime(path(), time);
        assertThat(file.look().threads()).isEqualTo(2);
    }

    @Test
    void linkIsFollowed() throws IOException {
        CapsFile file = file();
        Path real = directory.resolve("real");
        Files.writeString(real, "threads = 3\n");
        Files.createSymbolicLink(path(), real);
        assertThat(file.look().threads()).isEqualTo(3);
        Files.delete(real);
        assertThat(file.look()).isEqualTo(Caps.NONE);
    }
}
