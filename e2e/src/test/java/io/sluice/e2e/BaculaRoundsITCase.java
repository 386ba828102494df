package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.common.testing.Privileges;
import io.sluice.common.testing.TestTree;
import io.sluice.common.testing.TreeComparison;
import io.sluice.common.testing.TreeComparison.Aspect;
import io.sluice.common.testing.TreeGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rounds of a set of Bacula jobs, and their restores through Bacula. */
class BaculaRoundsITCase {
    private static final int RANDOM_ENTRIES = 300;

    /** A job that is killed before any other has seen it is one that never came. */
    private static final int ACCEPT_S = 40;

    @RegisterExtension final Workspace workspace = new Workspace();

    private BaculaRig rig;
    private Path state;

    @BeforeEach
    void startBacula() throws IOException {
        BaculaRig.assumePossible();
        assumeTrue(Privileges.isRoot(), "owners, devices and trusted.* need root");
        state = workspace.base().resolve("state");
        rig =
                new BaculaRig(workspace.base().resolve("rig"))
                        .with("SLUICE_BACKEND", Sluice.executable())
                        .with("SLUICE_STATE_DIR", state)
                        .with("SLUICE_ACCEPT_TIMEOUT_SECS", ACCEPT_S);
        rig.plugins(BaculaRig.plugin()).up();
    }

    /** Whatever the backends did, the daemon has no child and can be stopped. */
    @AfterEach
    void stopBacula() throws IOException {
        if (rig != null) {
            try {
                assertThat(rig.fd().children()).isEmpty();
            } finally {
                rig.close();
            }
        }
    }

    private static List<String> differences(Path left, Path right, Set<Aspect> aspects)
            throws IOException {
        return TreeComparison.compare(
                Sluice.bytes(left.toString()), Sluice.bytes(right.toString()), aspects);
    }

    private Path restored() {
        return Path.of(workspace.target() + workspace.sourcePath().toString());
    }

    @Test
    void everyKindComesBackFromFourJobs() throws IOException {
        TestTree source = workspace.source();
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        System.out.println("BaculaRoundsITCase, -Dsluice.seed=" + seed);
        new TreeGenerator(source, seed).random(RANDOM_ENTRIES).extremes().finish();
        BaculaSet set = new BaculaSet(rig, "kinds", 4, workspace.sourcePath().toString());
        List<BaculaRig.Ended> jobs = set.round("Full");
        assertThat(
                        rig.sql(
                                "select count(*) from (select 1 from File group by PathId, Filename having count(*) > 1)"))
                .containsExactly("0");

        rig.restore(set.plan(state), workspace.target()).succeeds();
        Set<Aspect> all = EnumSet.allOf(Aspect.class);
        // readlink(2) changes a link's access time.
        all.remove(Aspect.ATIME);
        assertThat(differences(workspace.sourcePath(), restored(), all)).isEmpty();

        Shell.run("find " + Shell.quote(workspace.sourcePath()) + " -mindepth 1 -delete");
        rig.restore(set.plan(state), "/").succeeds();
        assertThat(differences(restored(), workspace.sourcePath(), all)).isEmpty();
        assertThat(jobs).allSatisfy(job -> assertThat(job.files()).isPositive());
    }

    /** Without Accurate, and with it: then the Director asks for each name that was not sent. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aRestoreIsTheTreeOfTheLastRound(boolean accurate) throws IOException {
        TestTree source = workspace.source();
        for (String directory :
                List.of("keep", "keep/sub", "moved", "moved/sub", "gone", "again")) {
            source.directory(directory);
        }
        // More than all that will be gone: else that is withheld.
        for (int i = 0; i < 200; i++) {
            source.file("keep/sub/" + i, "first " + i);
        }
        for (int i = 0; i < 40; i++) {
            source.file("moved/sub/" + i, "moved " + i);
            source.file("gone/" + i, "gone " + i);
            source.file("again/" + i, "before " + i);
        }
        Object[] more = accurate ? new Object[] {"--job", "Accurate = yes"} : new Object[0];
        BaculaSet set = new BaculaSet(rig, "rounds", 2, workspace.sourcePath().toString(), more);
        set.round("Full");

        // Deletions, a directory moved, save by rename, a directory made anew, kinds that change.
        Path tree = workspace.sourcePath();
        Shell.run(
                "cd "
                        + Shell.quote(tree)
                        + " && rm -r gone && mv moved there && rm -r again && mkdir again"
                        + " && echo after > again/new && for i in $(seq 0 2 198); do"
                        + " echo saved $i > keep/sub/.tmp && mv keep/sub/.tmp keep/sub/$i; done"
                        + " && rm keep/sub/1 && mkdir keep/sub/1 && echo in > keep/sub/1/file"
                        + " && rm keep/sub/3 && ln -s 5 keep/sub/3");
        set.round("Incremental");
        assertSame(set, "first");

        Shell.run(
                "cd "
                        + Shell.quote(tree)
                        + " && rm -r keep/sub/1 && echo file > keep/sub/1 && rm there/sub/7"
                        + " && mv there moved && mkdir gone && echo back > gone/1");
        set.round("Differential");
        assertSame(set, "second");

        Shell.run("cd " + Shell.quote(tree) + " && rm gone/1 keep/sub/5 && touch last");
        set.round("Incremental");
        assertSame(set, "third");
    }

    private void assertSame(BaculaSet set, String name) throws IOException {
        Path target = workspace.base().resolve("restored-" + name);
        rig.restore(set.plan(state), target).succeeds();
        Path restored = Path.of(target + workspace.sourcePath().toString());
        assertThat(differences(workspace.sourcePath(), restored, TreeComparison.usual())).isEmpty();
    }

    @Test
    void aFailedJobIsNoBase() throws IOException {
        TestTree source = workspace.source();
        for (int i = 0; i < 40; i++) {
            source.file("file" + i, "first " + i);
        }
        BaculaSet set = new BaculaSet(rig, "failing", 2, workspace.sourcePath().toString());
        set.round("Full");

        // The Director counts this one as failed although its stream was accepted.
        rig.job(
                set.job(1),
                "sluice:path=" + workspace.sourcePath() + ";shard=1/2;set=failing",
                "--job",
                "RunScript { RunsWhen = After; RunsOnClient = yes; Fail Job On Error = yes; Command = /bin/false }");
        for (int i = 0; i < 40; i += 2) {
            source.file("new" + i, "second " + i);
        }
        List<BaculaRig.Ended> failed = set.await(set.begin("Incremental"));
        assertThat(failed.get(0).status()).isEqualTo('T');
        assertThat(failed.get(1).status()).isNotEqualTo('T');

        rig.job(set.job(1), "sluice:path=" + workspace.sourcePath() + ";shard=1/2;set=failing");
        List<BaculaRig.Ended> next = set.round("Incremental");
        assertThat(next.get(0).log() + next.get(1).log()).contains("did not end well in");
        assertSame(set, "after");
    }

    @Test
    void aKilledBackendFailsAllAndTheNextRoundGoesOn() throws Exception {
        TestTree source = workspace.source();
        for (int i = 0; i < 40; i++) {
            source.file("file" + i, "first " + i);
        }
        BaculaSet set = new BaculaSet(rig, "killed", 2, workspace.sourcePath().toString());
        set.round("Full");
        for (int victim = 0; victim < 2; victim++) {
            source.file("new" + victim, "second");
            int killed = rig.begin(set.job(victim), "Incremental");
            ProcessHandle first = backend(List.of());
            int other = rig.begin(set.job(1 - victim), "Incremental");
            ProcessHandle second = backend(List.of(first.pid()));
            arrives("killed", victim, first);
            arrives("killed", 1 - victim, second);
            first.destroyForcibly();
            List<BaculaRig.Ended> ended = set.await(List.of(killed, other));
            assertThat(ended.get(0).status()).as(ended.get(0).log()).isEqualTo('f');
            assertThat(ended.get(1).status()).as(ended.get(1).log()).isEqualTo('f');
            assertThat(ended.get(1).log()).contains("shard " + victim);
            assertThat(rig.fd().children()).isEmpty();
        }
        set.round("Incremental");
        assertSame(set, "after");
    }

    /** Waits until the backend is where the jobs of its set meet. */
    private void arrives(String set, int shard, ProcessHandle backend) throws Exception {
        Path arrival = state.resolve("sets/" + set + "/rendezvous/shard-" + shard + ".json");
        eventually(
                () ->
                        Files.exists(arrival)
                                && Files.readString(arrival)
                                        .matches("(?s).*\"pid\" ?: ?" + backend.pid() + "\\b.*"));
    }

    private static void eventually(Callable<Boolean> there) throws Exception {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!there.call()) {
            assertThat(System.nanoTime()).isLessThan(until);
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    /** A backend of the FD's, but these; waits for it. */
    private ProcessHandle backend(List<Long> others) throws Exception {
        ProcessHandle fd = rig.fd();
        AtomicReference<ProcessHandle> found = new AtomicReference<>();
        eventually(
                () -> {
                    fd.children()
                            .filter(child -> !others.contains(child.pid()))
                            .findFirst()
                            .ifPresent(found::set);
                    return found.get() != null;
                });
        return found.get();
    }

    @Test
    void aJobThatNeverComesIsNamed() throws IOException {
        workspace.source().file("file", "content");
        rig.with("SLUICE_ACCEPT_TIMEOUT_SECS", "3").call("stop", "fd");
        rig.call("start", "fd");
        BaculaSet set = new BaculaSet(rig, "alone", 3, workspace.sourcePath().toString());
        BaculaRig.Ended ended = rig.run(set.job(0), "Full");
        assertThat(ended.status()).isEqualTo('f');
        assertThat(ended.log())
                .contains("shards 1, 2 of 3 have not come within 3 s")
                .contains("Maximum Concurrent Jobs");
    }
}
