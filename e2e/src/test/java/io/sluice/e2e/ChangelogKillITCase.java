package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.testing.Seeds;
import io.sluice.common.testing.TreeComparison;
import io.sluice.common.testing.TreeComparison.Aspect;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Rounds from changelogs whose process dies at any moment, so many as {@code -Dsluice.kills} says.
 * A round that comes through reads on without a doubt: nothing was acknowledged early; and what it
 * restores is the live tree: nothing was lost.
 */
class ChangelogKillITCase {
    private static final int KILLS = Integer.getInteger("sluice.kills", 6);
    private static final int MDTS = 2;
    private static final int ACTIONS = 200;
    private static final int CHANGES = 20;

    /** One round in so many is a full one, which notes where the logs stand. */
    private static final int FULL_ONE_IN = 3;

    @RegisterExtension final Workspace workspace = new Workspace();

    private final Random random = SlowSource.random("ChangelogKillITCase");
    private int restores;

    @BeforeEach
    void require() {
        FakeLustre.assumePossible();
    }

    @Test
    void nothingIsLostAndNothingAcknowledgedEarlyWhereverRoundsDie() throws Exception {
        try (FakeLustre lustre = FakeLustre.in(workspace.base())) {
            List<String> devices = new ArrayList<>();
            for (int mdt = 0; mdt < MDTS; mdt++) {
                devices.add(FakeLustre.device(mdt) + ":" + lustre.register(mdt));
            }
            RandomChanges changes =
                    new RandomChanges(lustre.path(), Seeds.random(random.nextLong()));
            changes.fill(ACTIONS);
            lustre.ctl("close-now");
            long wholeMs = wholeRound(lustre, devices);
            int died = 0;
            for (int kill = 1; kill <= KILLS; kill++) {
                change(lustre, changes);
                died += roundWithAKill(lustre, devices, kill, wholeMs) ? 1 : 0;
                // Now and then one dies behind another.
                if (random.nextInt(3) > 0 || kill == KILLS) {
                    change(lustre, changes);
                    wholeMs = wholeRound(lustre, devices);
                    expectTheLiveTree(lustre);
                }
            }
            System.out.println(died + " of " + KILLS + " rounds died before their end");
            assertThat(died).isGreaterThanOrEqualTo(KILLS / 3);
        }
    }

    private static void change(FakeLustre lustre, RandomChanges changes) throws IOException {
        for (int i = 0; i < CHANGES; i++) {
            changes.any();
        }
        lustre.ctl("close-now");
    }

    private Sluice command(FakeLustre lustre, List<String> devices, String level) {
        return lustre.in(
                Sluice.command(
                        "backup",
                        lustre.path(),
                        "--to",
                        workspace.archive(),
                        "--mode",
                        "lustre-changelog",
                        "--lustre-device",
                        String.join(",", devices),
                        "--level",
                        level,
                        "--accept-deletes"));
    }

    /** Gives how long it took. */
    private long wholeRound(FakeLustre lustre, List<String> devices) throws IOException {
        long begun = System.nanoTime();
        command(lustre, devices, "auto").run().exits(0);
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
    }

    private boolean roundWithAKill(FakeLustre lustre, List<String> devices, int kill, long wholeMs)
            throws Exception {
        String level = kill % FULL_ONE_IN == 0 ? "full" : "auto";
        int delay = random.nextInt(Math.toIntExact(wholeMs));
        // It is killed where it is closed.
        try (RunningSluice run = command(lustre, devices, level).start()) {
            Thread.sleep(delay);
            boolean alive = run.isAlive();
            System.out.printf(
                    "kill %d, level %s, after %d of about %d ms%s%n",
                    kill, level, delay, wholeMs, alive ? "" : ": it was through");
            return alive;
        }
    }

    private void expectTheLiveTree(FakeLustre lustre) throws IOException {
        Path target = workspace.base().resolve("target" + restores++);
        Sluice.run("restore", workspace.archive(), "--target", target).exits(0);
        assertThat(
                        TreeComparison.compare(
                                bytes(lustre.path()),
                                bytes(target),
                                TreeComparison.usualWithout(Aspect.XATTR)))
                .isEmpty();
    }

    private static byte[] bytes(Path path) {
        return path.toString().getBytes(StandardCharsets.UTF_8);
    }
}
