package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.common.testing.Privileges;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Nights on which a daemon, a job or a disk fails, and the nights after. */
class BaculaTroubleITCase {
    private static final int ACCEPT_S = 60;
    private static final int MEGABYTE = 1 << 20;

    @TempDir static Path directory;
    private static BaculaSite site;
    private static BaculaRig rig;

    @RegisterExtension final Workspace workspace = new Workspace();

    private Path tree;
    private Path pace;
    private int night;

    @BeforeAll
    static void startBacula() throws IOException {
        BaculaRig.assumePossible();
        assumeTrue(Privileges.isRoot(), "a restore of owners needs root");
        site = new BaculaSite(directory, ACCEPT_S).up();
        rig = site.rig();
    }

    @AfterAll
    static void stopBacula() throws IOException {
        if (site != null) {
            site.close();
        }
    }

    @BeforeEach
    void fill() throws IOException {
        tree = workspace.sourcePath();
        pace = workspace.base().resolve("pace");
        BaculaSite.fill(tree);
    }

    @AfterEach
    void noProcessIsLeft() throws Exception {
        site.isIdle();
    }

    /** A set whose first round is done. */
    private BaculaSet set(String name) throws IOException {
        BaculaSet set = new BaculaSet(rig, name, BaculaSite.SHARDS, tree + ";throttle=" + pace);
        set.round("Full");
        return set;
    }

    private void change() throws IOException {
        BaculaSite.change(tree, ++night);
    }

    /** What any trouble must leave: the next night is right. */
    private String nextNightIsRight(BaculaSet set) throws IOException {
        Files.deleteIfExists(pace);
        Files.deleteIfExists(tree.resolve("large"));
        change();
        String log = set.round("Incremental").get(0).log();
        set.restores(site.state(), tree, workspace.target());
        return log;
    }

    /** Begins a round that has to do for a minute. */
    private List<Integer> beginSlowly(BaculaSet set) throws IOException {
        change();
        BaculaSite.slow(tree, pace);
        return set.begin("Incremental");
    }

    /** Begins one, and waits until it is in the midst of its streams. */
    private List<Integer> beginStreams(BaculaSet set) throws Exception {
        long before = stored();
        List<Integer> jobs = beginSlowly(set);
        BaculaSite.eventually("a stream", () -> stored() > before + MEGABYTE);
        return jobs;
    }

    /** Bytes on all volumes. */
    private static long stored() throws IOException {
        long bytes = 0;
        try (Stream<Path> volumes = Files.list(rig.home().resolve("volumes"))) {
            for (Path volume : volumes.toList()) {
                bytes += Files.size(volume);
            }
        }
        return bytes;
    }

    /** Failed, canceled, or incomplete: what came before the File Daemon was lost is kept. */
    private static void areFailed(List<BaculaRig.Ended> jobs) {
        assertThat(jobs)
                .allSatisfy(job -> assertThat(job.status()).as(job.log()).isIn('f', 'E', 'A', 'I'));
    }

    /**
     * The streams are in the sockets, the FD's jobs have released them, and nothing of it ever
     * reaches a volume: T for the plugin, E for the Director.
     */
    @Test
    void aRoundWhoseStorageDaemonDiesBehindItsStreamsIsNoBase() throws Exception {
        BaculaSet set = set("lost");
        change();
        List<Integer> jobs = set.begin("Incremental");
        BaculaSite.eventually("the jobs", () -> set.gathered(site.state()));
        Shell.run("kill -STOP " + rig.daemon("sd").pid());
        try {
            BaculaSite.eventually("a round that stands", () -> set.stands(site.state(), 2));
            site.isIdle();
        } finally {
            rig.call("kill", "sd");
            rig.call("start", "sd");
        }
        areFailed(set.await(jobs));

        assertThat(nextNightIsRight(set))
                .contains("round 2 did not end well in lost-0")
                .contains("goes on from round 1")
                .contains(
                        "names that were created after that round and deleted since may reappear");
    }

    @Test
    void aStorageDaemonThatDiesInMidStreamFailsAll() throws Exception {
        BaculaSet set = set("early");
        List<Integer> jobs = beginStreams(set);
        rig.call("kill", "sd");
        rig.call("start", "sd");
        List<BaculaRig.Ended> ended = set.await(jobs);
        areFailed(ended);
        assertThat(ended).anyMatch(job -> job.log().contains("Network send error to SD"));
        assertThat(set.standing(site.state())).containsExactly(1);
        nextNightIsRight(set);
    }

    /** One of the others, when the round has just begun; the one that leads, in mid-stream. */
    @Test
    void aCancelledJobEndsTheRoundForAll() throws Exception {
        BaculaSet set = set("cancelled");
        ProcessHandle fd = rig.fd();
        List<Integer> jobs = beginSlowly(set);
        BaculaSite.eventually("a round", () -> set.begun(site.state(), 2));
        cancel(set, jobs, 2);
        cancel(set, beginStreams(set), 0);
        assertThat(set.standing(site.state())).containsExactly(1);
        assertThat(rig.fd()).isEqualTo(fd);
        nextNightIsRight(set);
    }

    private void cancel(BaculaSet set, List<Integer> jobs, int shard) throws Exception {
        rig.call("cancel", jobs.get(shard));
        List<BaculaRig.Ended> ended = set.await(jobs);
        assertThat(ended.get(shard).status()).as(ended.get(shard).log()).isEqualTo('A');
        String reason = "job " + ended.get(shard).name() + " was cancelled";
        for (BaculaRig.Ended other : ended) {
            if (other.id() != jobs.get(shard)) {
                assertThat(other.status()).as(other.log()).isEqualTo('f');
                assertThat(other.log()).contains(reason);
            }
        }
        site.isIdle();
    }

    @Test
    void aJobWhoseTimeIsUpEndsTheRoundForAll() throws Exception {
        BaculaSet set = set("timed");
        String line = "sluice:path=" + tree + ";throttle=" + pace + ";shard=1/4;set=timed";
        // Bacula's parser takes what follows a time without a semicolon for its unit.
        rig.job(set.job(1), line, "--job", "Max Run Time = 15;");
        List<BaculaRig.Ended> ended = set.await(beginSlowly(set));
        assertThat(ended.get(1).log()).contains("Max run time exceeded");
        assertThat(ended.get(1).status()).isEqualTo('A');
        assertThat(ended.get(0).status()).isEqualTo('f');
        // Its time may be up before the round begins, on a machine that is busy.
        assertThat(ended.get(3).log()).contains("job " + ended.get(1).name());
        rig.job(set.job(1), line);
        nextNightIsRight(set);
    }

    @Test
    void aFileDaemonThatIsStartedAnewLeavesNoProcess() throws Exception {
        BaculaSet set = set("anew");
        for (String how : List.of("kill", "stop")) {
            List<Integer> jobs = beginStreams(set);
            List<ProcessHandle> before = site.processes();
            // Four backends, and the round's process.
            assertThat(before).hasSizeGreaterThan(BaculaSite.SHARDS);
            rig.call(how, "fd");
            BaculaSite.eventually(
                    "the end of " + before,
                    () -> before.stream().noneMatch(ProcessHandle::isAlive));
            rig.call("start", "fd");
            List<BaculaRig.Ended> ended = set.await(jobs);
            areFailed(ended);
            assertThat(ended)
                    .allSatisfy(job -> assertThat(job.log()).contains("Network error with FD"));
        }
        assertThat(set.standing(site.state())).containsExactly(1);
        nextNightIsRight(set);
    }

    /** The volumes' filesystem is full: the SD waits for an operator, who cancels. */
    @Test
    void aFullStorageDiskHoldsTheRoundUntilSomebodyEndsIt() throws Exception {
        Path volumes = rig.home().resolve("volumes");
        try (SmallDisk disk = SmallDisk.mountedAt(volumes, 8 << 10)) {
            rig.with("RIG_SD_BY", disk.words()).restart("sd");
            BaculaSet set = set("full");
            change();
            Shell.run("head -c 20M /dev/urandom > " + Shell.quote(tree.resolve("large")));
            List<Integer> jobs = set.begin("Incremental");
            AtomicReference<Integer> waiting = new AtomicReference<>();
            BaculaSite.eventually(
                    "a job that waits for a volume",
                    () -> {
                        jobs.stream()
                                .filter(job -> log(job).contains("Please mount append Volume"))
                                .findFirst()
                                .ifPresent(waiting::set);
                        return waiting.get() != null;
                    });
            assertThat(log(waiting.get())).contains("device is full");
            BaculaSite.eventually(
                    "a word of it",
                    () ->
                            set.status(site.state())
                                    .contains("its Storage Daemon waits, for a volume perhaps"));
            rig.call("cancel", waiting.get());
            areFailed(set.await(jobs));
            assertThat(set.standing(site.state())).containsExactly(1);
            disk.shell("mount -o remount,size=64m " + Shell.quote(volumes));
            nextNightIsRight(set);
        } finally {
            rig.with("RIG_SD_BY", "").restart("sd");
        }
    }

    /** The Director has no Full of one shard any more: it makes that job one, and no other. */
    @Test
    void aJobThatTheDirectorUpgradesMakesTheRoundFull() throws Exception {
        BaculaSet set = set("upgraded");
        change();
        set.round("Incremental");
        for (String job : rig.sql("SELECT JobId FROM Job WHERE Name='" + set.job(2) + "'")) {
            rig.call("console", "delete jobid=" + job + " yes");
        }
        change();
        List<BaculaRig.Ended> ended = set.round("Incremental");
        assertThat(ended.stream().map(BaculaRig.Ended::level)).containsExactly('I', 'I', 'F', 'I');
        for (BaculaRig.Ended job : ended) {
            assertThat(job.log())
                    .contains("the round is Full for all jobs, since the Director asks for it in ")
                    .contains(ended.get(2).name() + " and for less in " + ended.get(0).name())
                    .contains("restores of the set begin with this round");
        }
        set.restores(site.state(), tree, workspace.base().resolve("upgraded"));
        assertThat(nextNightIsRight(set)).contains("(incremental since round 3)");
    }

    private static String log(int job) {
        try {
            return rig.call("joblog", job);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
