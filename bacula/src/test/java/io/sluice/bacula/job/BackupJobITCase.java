package io.sluice.bacula.job;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.bacula.set.Mark;
import io.sluice.bacula.set.SetDirectory;
import io.sluice.common.FileTree;
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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Rounds whose N jobs are played by this test, and whose processes are real. */
@Timeout(300)
class BackupJobITCase {
    private static final int SHARDS = 2;

    @TempDir Path temporary;

    private Path tree;
    private Map<String, String> environment;

    @BeforeEach
    void fill() throws IOException {
        Path real = temporary.toRealPath();
        tree = Files.createDirectories(real.resolve("tree"));
        for (int d = 0; d < 5; d++) {
            Path directory = Files.createDirectories(tree.resolve("d" + d));
            for (int f = 0; f < 20; f++) {
                Files.writeString(directory.resolve("f" + f), "content " + d + " " + f);
            }
        }
        environment = new HashMap<>();
        environment.put("SLUICE_STATE_DIR", real.resolve("state").toString());
        environment.put("SLUICE_ACCEPT_TIMEOUT_SECS", "20");
    }

    private String line(int shard) {
        return "path=" + tree + "; shard=" + shard + "/" + SHARDS + "; set=s";
    }

    /** A job of each shard; its previous ones are those of that run. */
    private List<PlayedFd> round(int run, char level, int previous) throws Exception {
        List<PlayedFd> jobs = new ArrayList<>();
        List<CompletableFuture<Boolean>> taken = new ArrayList<>();
        for (int shard = 0; shard < SHARDS; shard++) {
            PlayedFd fd = new PlayedFd(environment);
            jobs.add(fd);
            fd.openOurs(
                            PlayedFd.job(
                                    "j" + shard + "." + run,
                                    level,
                                    previous == 0 ? "" : "j" + shard + "." + previous),
                            line(shard))
                    .start("BackupStart");
            taken.add(fd.takeAllLater());
        }
        for (int shard = 0; shard < SHARDS; shard++) {
            assertThat(taken.get(shard).get(120, TimeUnit.SECONDS))
                    .as("%s", jobs.get(shard).log())
                    .isTrue();
            jobs.get(shard).served().get(30, TimeUnit.SECONDS);
        }
        return jobs;
    }

    private RecordingHandler decode(PlayedFd job) throws IOException {
        RecordingHandler handler = new RecordingHandler();
        FrameReader frames =
                new FrameReader(Channels.newChannel(new ByteArrayInputStream(job.stream())));
        new EntryDecoder(frames, ("/@hpc" + tree).getBytes(UTF_8), handler).readStream();
        return handler;
    }

    private List<String> paths(List<PlayedFd> jobs) throws IOException {
        List<String> paths = new ArrayList<>();
        for (PlayedFd job : jobs) {
            decode(job).entries().stream().map(SampleEntry::path).forEach(paths::add);
        }
        return paths;
    }

    /** What is read within three seconds of its change is stored again by the next round. */
    private void awaitAge() throws Exception {
        FileTime last = (FileTime) Files.getAttribute(tree.resolve("d4/f19"), "unix:ctime");
        long aged = last.toMillis() + 4_000;
        TimeUnit.MILLISECONDS.sleep(Math.max(0, aged - System.currentTimeMillis()));
    }

    @Test
    void twoJobsStoreATreeEachEntryOnceThenWhatChanges() throws Exception {
        TreeSet<String> expected = new TreeSet<>();
        expected.add("");
        for (int d = 0; d < 5; d++) {
            expected.add("d" + d);
            for (int f = 0; f < 20; f++) {
                expected.add("d" + d + "/f" + f);
            }
        }
        awaitAge();
        List<PlayedFd> full = round(1, 'F', 0);
        assertThat(paths(full)).containsExactlyInAnyOrderElementsOf(expected);
        for (PlayedFd job : full) {
            assertThat(job.log()).anyMatch(line -> line.contains("round 1 (full): files=100"));
        }

        Files.writeString(tree.resolve("d1/new"), "new");
        Files.delete(tree.resolve("d2/f3"));
        List<PlayedFd> incremental = round(2, 'I', 1);
        List<String> log = incremental.get(0).log();
        assertThat(log).anyMatch(line -> line.contains("round 2 (incremental since round 1)"));
        assertThat(paths(incremental)).contains("d1/new").doesNotContain("d3/f1");
        List<String> deleted = new ArrayList<>();
        for (PlayedFd job : incremental) {
            decode(job).entries().stream()
                    .filter(SampleEntry::deleted)
                    .map(SampleEntry::path)
                    .forEach(deleted::add);
        }
        assertThat(deleted).containsExactly("d2/f3");
    }

    private PlayedFd begin(int shard, String job, char level, String more) throws IOException {
        return new PlayedFd(environment)
                .openOurs(PlayedFd.job(job, level, ""), line(shard) + more)
                .start("BackupStart");
    }

    @Test
    void aShardThatDoesNotComeIsNamed() throws Exception {
        environment.put("SLUICE_ACCEPT_TIMEOUT_SECS", "1");
        for (int shard = 0; shard < SHARDS; shard++) {
            PlayedFd alone = begin(shard, "alone", 'F', "");
            assertThat(alone.takeAll()).isFalse();
            assertThat(alone.log())
                    .anyMatch(
                            line ->
                                    line.startsWith("A ")
                                            && line.contains("set s: shard ")
                                            && line.contains(" of 2 has not come within 1 s")
                                            && line.contains("Maximum Concurrent Jobs"));
            alone.served().get(30, TimeUnit.SECONDS);
        }
    }

    @Test
    void jobsWhoseLinesDifferNameTheDifference() throws Exception {
        PlayedFd first = begin(0, "one", 'F', "; exclude=*.o");
        PlayedFd second = begin(1, "two", 'F', "; exclude=*.tmp");
        CompletableFuture<Boolean> taken = first.takeAllLater();
        assertThat(second.takeAll()).isFalse();
        assertThat(taken.get(60, TimeUnit.SECONDS)).isFalse();
        for (PlayedFd job : List.of(first, second)) {
            assertThat(job.log())
                    .anyMatch(
                            line ->
                                    line.startsWith("A ")
                                            && line.contains(
                                                    "differ in exclude: job two has '*.tmp', job one has '*.o'"));
        }
    }

    @Test
    void theStrongestLevelHoldsForAll() throws Exception {
        round(1, 'F', 0);
        PlayedFd weak = new PlayedFd(environment);
        weak.openOurs(PlayedFd.job("j0.2", 'I', "j0.1"), line(0)).start("BackupStart");
        PlayedFd strong = begin(1, "j1.2", 'F', "");
        CompletableFuture<Boolean> taken = weak.takeAllLater();
        assertThat(strong.takeAll()).isTrue();
        assertThat(taken.get(60, TimeUnit.SECONDS)).isTrue();
        assertThat(paths(List.of(weak, strong))).hasSize(106);
        for (PlayedFd job : List.of(weak, strong)) {
            assertThat(job.log())
                    .anyMatch(
                            line ->
                                    line.startsWith("I the round is Full for all jobs")
                                            && line.contains("j1.2")
                                            && line.contains("j0.2"));
        }
    }

    @Test
    void aJobThatDiesInMidStreamEndsTheRoundForAllAndTheNextOneSucceeds() throws Exception {
        Files.write(tree.resolve("large"), new byte[8 << 20]);
        PlayedFd leading = begin(0, "one", 'F', "");
        PlayedFd dying = begin(1, "two", 'F', "");
        CompletableFuture<Boolean> taken = leading.takeAllLater();
        dying.expect('C');
        dying.close();
        assertThat(taken.get(90, TimeUnit.SECONDS)).isFalse();
        assertThat(leading.log())
                .anyMatch(line -> line.startsWith("A ") && line.contains("job two was cancelled"));
        leading.served().get(30, TimeUnit.SECONDS);
        dying.served().get(30, TimeUnit.SECONDS);
        List<PlayedFd> jobs = round(3, 'F', 0);
        assertThat(paths(jobs)).hasSize(107);
    }

    @Test
    void aLeaderThatIsCancelledEndsTheRoundForAll() throws Exception {
        Files.write(tree.resolve("large"), new byte[8 << 20]);
        PlayedFd leading = begin(0, "one", 'F', "");
        PlayedFd other = begin(1, "two", 'F', "");
        CompletableFuture<Boolean> taken = other.takeAllLater();
        leading.expect('C');
        leading.backend().cancel("signal USR1");
        assertThat(taken.get(90, TimeUnit.SECONDS)).isFalse();
        assertThat(other.log())
                .anyMatch(line -> line.startsWith("A ") && line.contains("job one was cancelled"));
        leading.served().get(30, TimeUnit.SECONDS);
    }

    @Test
    void aBaseThatIsMissingIsSaidWithTheMendAndMayBeDoneWithout() throws Exception {
        PlayedFd first = begin(0, "one", 'I', "");
        PlayedFd second = begin(1, "two", 'I', "");
        CompletableFuture<Boolean> taken = first.takeAllLater();
        assertThat(second.takeAll()).isFalse();
        assertThat(taken.get(60, TimeUnit.SECONDS)).isFalse();
        assertThat(second.log())
                .anyMatch(
                        line -> line.startsWith("A ") && line.contains("sluice set rebaseline s"));

        first = begin(0, "three", 'I', "; on_missing_base=full");
        second = begin(1, "four", 'I', "; on_missing_base=full");
        taken = first.takeAllLater();
        assertThat(second.takeAll()).isTrue();
        assertThat(taken.get(60, TimeUnit.SECONDS)).isTrue();
        assertThat(second.log()).anyMatch(line -> line.contains("this round stores everything"));
    }

    @Test
    void aSavepointThatIsLostIsSaidAndTheOperatorMayBeginAnew() throws Exception {
        round(1, 'F', 0);
        SetDirectory set = SetDirectory.existing(temporary.resolve("state/sets"), "s");
        FileTree.delete(set.chain().resolve("state/savepoints/1"));

        PlayedFd first = new PlayedFd(environment);
        first.openOurs(PlayedFd.job("j0.2", 'I', "j0.1"), line(0)).start("BackupStart");
        PlayedFd second = new PlayedFd(environment);
        second.openOurs(PlayedFd.job("j1.2", 'I', "j1.1"), line(1)).start("BackupStart");
        CompletableFuture<Boolean> taken = first.takeAllLater();
        assertThat(second.takeAll()).isFalse();
        assertThat(taken.get(60, TimeUnit.SECONDS)).isFalse();
        for (PlayedFd job : List.of(first, second)) {
            assertThat(job.log())
                    .anyMatch(
                            line ->
                                    line.startsWith("A the savepoint of round 1 is missing")
                                            && line.contains("sluice set rebaseline s"));
        }

        Mark.REBASELINE.set(set);
        List<PlayedFd> anew = round(3, 'I', 1);
        assertThat(paths(anew)).hasSize(106);
        assertThat(anew.get(1).log())
                .anyMatch(line -> line.contains("since 'sluice set rebaseline' of "));
        assertThat(Mark.REBASELINE.isSet(set)).isFalse();
    }

    @Test
    void anEstimateOfOneJobAnswersAlone() throws Exception {
        List<String> paths = new ArrayList<>();
        for (int shard = 0; shard < SHARDS; shard++) {
            PlayedFd fd = new PlayedFd(environment);
            Map<String, String> job = PlayedFd.job("e", 'F', "");
            job.put("Type", "E");
            fd.openOurs(job, line(shard)).start("EstimateStart");
            for (PlayedFd.Received head = fd.next(); head.letter() == 'C'; head = fd.next()) {
                assertThat(head.text()).startsWith("FNAME:/@hpc" + tree + "/");
                paths.add(head.text());
                while (fd.next().letter() == 'C') {
                    // The rest of the head.
                }
            }
            fd.command("END");
            fd.expect('F');
            fd.send('T', "");
            fd.served().get(30, TimeUnit.SECONDS);
        }
        assertThat(paths).hasSize(106).doesNotHaveDuplicates();
    }
}
