package io.sluice.bacula.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.posix.Posix;
import io.sluice.ptcomm.codec.Frame;
import io.sluice.ptcomm.codec.FrameReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Jobs of Bacula's own metaplugin, which knows stock PTCOMM only. */
@Timeout(300)
class StockDialogueITCase {
    private static final String HELLO = "Hello kubernetes 3";
    private static final int SPARSE_BYTES = 3 << 20;

    @TempDir Path temporary;

    private Map<String, String> environment() throws IOException {
        return Map.of("SLUICE_STATE_DIR", temporary.toRealPath().resolve("state").toString());
    }

    private static Map<String, String> job() {
        Map<String, String> job = PlayedFd.job("stock.1", 'F', "");
        job.remove("PrevJobName");
        job.remove("Accurate");
        return job;
    }

    /** The stream as text: commands as they are, data as its length. */
    private static List<String> transcript(PlayedFd fd) throws IOException {
        List<String> lines = new ArrayList<>();
        FrameReader frames =
                new FrameReader(Channels.newChannel(new ByteArrayInputStream(fd.stream())));
        while (frames.next()) {
            if (frames.letter() == Frame.COMMAND) {
                lines.add(StandardCharsets.ISO_8859_1.decode(frames.payload()).toString().strip());
            } else if (frames.letter() == Frame.DATA) {
                lines.add("D" + frames.payload().remaining());
            } else {
                lines.add("F");
            }
        }
        return lines;
    }

    @Test
    void theHandshakeJobSaysOneLineAndIsWell() throws Exception {
        PlayedFd fd = new PlayedFd(environment());
        fd.open(HELLO, job(), List.of("path=/nowhere", "mode=handshake")).start("BackupStart");
        assertThat(fd.takeAll()).isTrue();
        assertThat(fd.log()).hasSize(1);
        assertThat(fd.log().get(0)).startsWith("I handshake: ");
        fd.served().get(10, TimeUnit.SECONDS);
    }

    @Test
    void aKeyThatIsNoneFailsTheJobBeforeItBegins() throws Exception {
        PlayedFd fd = new PlayedFd(environment());
        fd.open(HELLO, job(), List.of("path=/tmp", "shards=0/1"));
        assertThat(fd.next()).isNull();
        assertThat(fd.log()).hasSize(1);
        assertThat(fd.log().get(0)).startsWith("A ").contains("shards", "shard");
    }

    @Test
    void whatIsNotInThisReleaseIsSaid() throws Exception {
        for (String key : List.of("mode=gpfs-policy", "scheduler=slurm")) {
            PlayedFd fd = new PlayedFd(environment());
            fd.open(HELLO, job(), List.of("path=/tmp", key));
            assertThat(fd.next()).isNull();
            assertThat(fd.log().get(0)).startsWith("A ").contains("is not in this release");
        }
    }

    @Test
    void aRoundGoesOutInStockCommandsAndNamesWhatTheseCannotCarry() throws Exception {
        Path tree = Files.createDirectories(temporary.toRealPath().resolve("tree"));
        Files.writeString(tree.resolve("a"), "hello");
        Files.createLink(tree.resolve("b"), tree.resolve("a"));
        Files.createSymbolicLink(tree.resolve("l"), Path.of("a"));
        Files.writeString(tree.resolve("blank "), "x");
        Files.createFile(tree.resolve("empty"));
        Posix.mknodOrErrno(
                Posix.AT_FDCWD,
                tree.resolve("fifo").toString().getBytes(StandardCharsets.UTF_8),
                0010600,
                0,
                0);
        try (RandomAccessFile sparse =
                new RandomAccessFile(tree.resolve("sparse").toFile(), "rw")) {
            sparse.setLength(SPARSE_BYTES);
            sparse.seek(1 << 20);
            sparse.write(new byte[] {1, 2, 3});
        }

        PlayedFd fd = new PlayedFd(environment());
        fd.open(HELLO, job(), List.of("path=" + tree, "Accurate=1")).start("BackupStart");
        assertThat(fd.takeAll()).as("%s", fd.log()).isTrue();

        List<String> lines = transcript(fd);
        assertThat(lines)
                .noneMatch(line -> line.matches("(XSTAT|LINK|SUM|CHUNKS|EXTENT|TORN|DELETED):.*"));
        String prefix = "FNAME:/@hpc" + tree + "/";
        assertThat(lines)
                .contains(prefix, prefix + "a", prefix + "b", prefix + "l", prefix + "empty");
        assertThat(lines).doesNotContain(prefix + "fifo", prefix + "blank");
        assertThat(lines).contains("LSTAT:a");
        String first = lines.indexOf(prefix + "a") < lines.indexOf(prefix + "b") ? "a" : "b";
        String later = first.equals("a") ? "b" : "a";
        long index =
                lines.subList(0, lines.indexOf(prefix + first) + 1).stream()
                        .filter(line -> line.startsWith("FNAME:"))
                        .count();
        assertThat(lines.get(lines.indexOf(prefix + later) + 1)).matches("STAT:L 5 .* " + index);
        int at = lines.indexOf(prefix + "sparse");
        int data = lines.subList(at, lines.size()).indexOf("DATA") + at;
        long bytes = 0;
        for (int i = data + 1; !lines.get(i).equals("F"); i++) {
            bytes += Long.parseLong(lines.get(i).substring(1));
        }
        assertThat(bytes).isEqualTo(SPARSE_BYTES);
        assertThat(fd.log())
                .anyMatch(line -> line.startsWith("N ") && line.contains("/fifo: a fifo"))
                .anyMatch(
                        line ->
                                line.startsWith("N ")
                                        && line.contains("/blank : ends with a blank"));
    }
}
