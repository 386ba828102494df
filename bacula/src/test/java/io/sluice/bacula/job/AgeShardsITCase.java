package io.sluice.bacula.job;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.ptcomm.codec.EntryDecoder;
import io.sluice.ptcomm.codec.FrameReader;
import io.sluice.ptcomm.codec.RecordingHandler;
import io.sluice.ptcomm.codec.SampleEntry;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A set of two jobs, the first for what is younger than 30 days. */
@Timeout(300)
class AgeShardsITCase {
    @TempDir Path temporary;

    @Test
    void youngEntriesAndOldOnesHaveAJobEachAndNoNameHasTwo() throws Exception {
        Path tree = Files.createDirectory(temporary.toRealPath().resolve("tree"));
        for (int i = 0; i < 20; i++) {
            file(tree.resolve("young" + i), 2);
            file(tree.resolve("old" + i), 200);
        }
        Map<String, String> environment =
                Map.of(
                        "SLUICE_STATE_DIR",
                        temporary.resolve("state").toString(),
                        "SLUICE_ACCEPT_TIMEOUT_SECS",
                        "60");

        List<List<SampleEntry>> full = round(environment, tree, 1);
        assertThat(names(full.get(0))).hasSize(21).contains("").allMatch(AgeShardsITCase::isYoung);
        assertThat(names(full.get(1))).hasSize(20).noneMatch(AgeShardsITCase::isYoung);

        Files.writeString(tree.resolve("old3"), "changed just now");
        Files.delete(tree.resolve("old4"));
        List<List<SampleEntry>> next = round(environment, tree, 2);
        assertThat(names(next.get(0))).contains("old3");
        assertThat(names(next.get(1))).doesNotContain("old3");
        List<SampleEntry> all = new ArrayList<>();
        next.forEach(all::addAll);
        assertThat(names(all)).doesNotHaveDuplicates();
        assertThat(all.stream().filter(SampleEntry::deleted).map(SampleEntry::path))
                .containsExactly("old4");
    }

    private static boolean isYoung(String path) {
        return path.isEmpty() || path.startsWith("young");
    }

    private static void file(Path path, int days) throws IOException {
        Files.writeString(path, path.getFileName().toString());
        Instant then = Instant.now().minus(Duration.ofDays(days));
        Files.setLastModifiedTime(path, FileTime.from(then));
    }

    private static List<String> names(List<SampleEntry> entries) {
        return entries.stream().map(SampleEntry::path).toList();
    }

    /** Full, and after that Incremental; what each job took. */
    private static List<List<SampleEntry>> round(
            Map<String, String> environment, Path tree, int run) throws Exception {
        List<PlayedFd> jobs = new ArrayList<>();
        List<CompletableFuture<Boolean>> taken = new ArrayList<>();
        for (int shard = 0; shard < 2; shard++) {
            PlayedFd fd = new PlayedFd(environment);
            jobs.add(fd);
            fd.openOurs(
                            PlayedFd.job(
                                    "j" + shard + "." + run,
                                    run == 1 ? 'F' : 'I',
                                    run == 1 ? "" : "j" + shard + "." + (run - 1)),
                            "path=" + tree + ";set=age;shard=mtime-bucket:" + shard + "/2")
                    .start("BackupStart");
            taken.add(fd.takeAllLater());
        }
        List<List<SampleEntry>> entries = new ArrayList<>();
        for (int shard = 0; shard < 2; shard++) {
            PlayedFd job = jobs.get(shard);
            assertThat(taken.get(shard).get(120, TimeUnit.SECONDS)).as("%s", job.log()).isTrue();
            job.served().get(30, TimeUnit.SECONDS);
            RecordingHandler handler = new RecordingHandler();
            FrameReader frames =
                    new FrameReader(Channels.newChannel(new ByteArrayInputStream(job.stream())));
            new EntryDecoder(frames, ("/@hpc" + tree).getBytes(UTF_8), handler).readStream();
            entries.add(handler.entries());
        }
        return entries;
    }
}
