package io.sluice.bacula.director;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.bacula.config.Keys;
import io.sluice.bacula.config.ShardForm.Strategy;
import io.sluice.common.SluiceException;
import io.sluice.common.testing.Seeds;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobSetTest {
    @TempDir private Path directory;

    private static JobSet set(Strategy strategy, int shards, String path, boolean poolPerShard) {
        return new JobSet(
                strategy,
                shards,
                path,
                "hpc-fd",
                List.of("S1", "S2"),
                "P",
                poolPerShard,
                "Nightly",
                null,
                "data",
                false,
                "Standard");
    }

    private Configuration written(JobSet set) throws IOException {
        for (Map.Entry<String, byte[]> file : set.files(directory.toString()).entrySet()) {
            Files.write(directory.resolve(file.getKey()), file.getValue());
        }
        return ConfReader.read(List.of(directory.resolve(set.includeFile())));
    }

    @Test
    void eachShardHasItsJob() throws IOException {
        Configuration read = written(set(Strategy.INODE_HASH, 12, "/srv", true));
        List<Finding> findings = new ArrayList<>();
        List<SluiceJob> jobs = SluiceJob.of(read, findings);
        assertThat(findings).isEmpty();
        assertThat(jobs.stream().map(SluiceJob::name))
                .hasSize(12)
                .startsWith("data-00", "data-01")
                .endsWith("data-11");
        for (int shard = 0; shard < 12; shard++) {
            SluiceJob job = jobs.get(shard);
            assertThat(job.shard().shard()).isEqualTo(shard);
            assertThat(job.shard().shards()).isEqualTo(12);
            assertThat(job.set()).isEqualTo("data");
            assertThat(job.storages(read)).containsExactly(shard % 2 == 0 ? "S1" : "S2");
            assertThat(job.value("Schedule")).isEqualTo("Nightly");
            assertThat(job.isYes("Accurate")).isFalse();
            assertThat(read.named("Pool", job.value("Pool")).orElseThrow().value("Label Format"))
                    .isEqualTo("P-" + job.name() + "-");
            assertThat(job.fileSet().directive("IgnoreFileSetChanges").orElseThrow().isYes())
                    .isTrue();
        }
    }

    /** What a path may be: a job backs up that one, or the file is not written. */
    @Test
    void pathIsCarriedByteByByteOrRefused() throws IOException {
        long seed = System.nanoTime();
        Random random = Seeds.random(seed);
        String characters = "ab \\\"';{}#@=,$%\n\u00ff/.";
        int carried = 0;
        for (int i = 0; i < 2000; i++) {
            StringBuilder path = new StringBuilder("/");
            for (int j = random.nextInt(8); j > 0; j--) {
                path.append(characters.charAt(random.nextInt(characters.length())));
            }
            String clean;
            Configuration read;
            try {
                clean = JobSet.cleanPath(path.toString());
                read = written(set(Strategy.INODE_HASH, 1, clean, false));
            } catch (SluiceException e) {
                assertThat(e.getMessage()).as("seed %d", seed).doesNotContain("\n");
                continue;
            }
            carried++;
            List<Finding> findings = new ArrayList<>();
            List<SluiceJob> jobs = SluiceJob.of(read, findings);
            assertThat(findings).as("seed %d: %s", seed, path).isEmpty();
            assertThat(jobs.get(0).settings().get(Keys.PATH))
                    .as("seed %d: %s", seed, path)
                    .isEqualTo(clean.getBytes(StandardCharsets.ISO_8859_1));
        }
        assertThat(carried).isGreaterThan(500);
    }

    @Test
    void strategiesAreWrittenAsJobsKnowThem() {
        assertThat(set(Strategy.NONE, 1, "/a", false).line(0))
                .isEqualTo("path=/a;shard=none;set=data");
        assertThat(set(Strategy.SUBTREE, 2, "/a", false).line(1))
                .isEqualTo("path=/a;shard=1/2;set=data");
        assertThat(set(Strategy.MTIME_BUCKET, 2, "/a", false).line(1))
                .isEqualTo("path=/a;shard=mtime-bucket:1/2;set=data");
        assertThatThrownBy(() -> set(Strategy.NONE, 2, "/a", false))
                .hasMessageContaining("--strategy none is one job");
        assertThatThrownBy(() -> set(Strategy.INODE_HASH, 257, "/a", false))
                .hasMessageContaining("1 to 256");
    }

    @Test
    void whatTheLexerCannotCarryIsRefused() {
        for (String path :
                List.of("/a\nb", "/a\u0001", "/a\\", "/a ", "/a\\;b", "/" + "x".repeat(4000))) {
            assertThatThrownBy(
                            () ->
                                    set(Strategy.INODE_HASH, 1, JobSet.cleanPath(path), false)
                                            .files("/etc"))
                    .as(path)
                    .isInstanceOf(SluiceException.class);
        }
        JobSet badName =
                new JobSet(
                        Strategy.NONE,
                        1,
                        "/a",
                        "fd\"; }",
                        List.of("S"),
                        "P",
                        false,
                        null,
                        null,
                        null,
                        false,
                        "M");
        assertThatThrownBy(() -> badName.files("/etc"))
                .hasMessageContaining("--client 'fd\"; }' is no name of a Bacula resource");
    }

    @Test
    void modesThatNoJobWouldTakeAreRefused() {
        for (String mode : List.of("lustre-changelog", "posixx")) {
            JobSet set =
                    new JobSet(
                            Strategy.NONE,
                            1,
                            "/a",
                            "fd",
                            List.of("S"),
                            "P",
                            false,
                            null,
                            mode,
                            null,
                            false,
                            "M");
            assertThatThrownBy(() -> set.files("/etc"))
                    .isInstanceOf(SluiceException.class)
                    .hasMessageContaining(mode);
        }
    }

    @Test
    void unchangedFileIsNotWritten() throws IOException {
        Path file = directory.resolve("a.conf");
        byte[] text = {'a'};
        assertThat(WrittenFile.of(file, text).changed()).isTrue();
        assertThat(WrittenFile.of(file, text).changed()).isFalse();
        assertThat(WrittenFile.of(file, new byte[] {'b'}).changed()).isTrue();
        assertThat(Files.readString(file)).isEqualTo("b");
        try (var all = Files.list(directory)) {
            assertThat(all).containsExactly(file);
        }
    }
}
