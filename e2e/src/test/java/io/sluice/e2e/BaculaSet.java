package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.testing.TreeComparison;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The jobs of one set in a rig: one a shard, run together as a schedule would. */
final class BaculaSet {
    /** A job that does nothing. */
    private static final String NOTHING = "nothing";

    private final BaculaRig rig;
    private final String name;
    private final int shards;

    /**
     * Makes the jobs.
     *
     * @param line behind {@code path=}; {@code shard=} and {@code set=} are added
     * @param more as of {@link BaculaRig#job}
     */
    BaculaSet(BaculaRig rig, String name, int shards, String line, Object... more)
            throws IOException {
        this(rig, name, shards, "", line, more);
    }

    /**
     * As above.
     *
     * @param strategy stands before {@code K/N}: empty, or with a colon at its end
     */
    BaculaSet(BaculaRig rig, String name, int shards, String strategy, String line, Object[] more)
            throws IOException {
        this.rig = rig;
        this.name = name;
        this.shards = shards;
        rig.call("addjob", NOTHING, "--file", rig.home(), "--job", "Type = Admin");
        for (int shard = 0; shard < shards; shard++) {
            rig.job(
                    job(shard),
                    "sluice:path="
                            + line
                            + ";shard="
                            + strategy
                            + shard
                            + "/"
                            + shards
                            + ";set="
                            + name,
                    more);
        }
    }

    String job(int shard) {
        return name + "-" + shard;
    }

    /**
     * Starts the job of each shard. The Director lets the last one or two jobs that it was given
     * wait for some seconds unless others come, on a busy machine for longer: so two more come.
     */
    List<Integer> begin(String level) throws IOException {
        List<Integer> jobs = new ArrayList<>();
        for (int shard = 0; shard < shards; shard++) {
            jobs.add(rig.begin(job(shard), level));
        }
        rig.begin(NOTHING, level);
        rig.begin(NOTHING, level);
        return jobs;
    }

    List<BaculaRig.Ended> await(List<Integer> jobs) throws IOException {
        List<BaculaRig.Ended> ended = new ArrayList<>();
        for (int job : jobs) {
            ended.add(rig.await(job));
        }
        return ended;
    }

    /** One round; all jobs end well. */
    List<BaculaRig.Ended> round(String level) throws IOException {
        List<BaculaRig.Ended> ended = await(begin(level));
        ended.forEach(BaculaRig.Ended::succeeds);
        return ended;
    }

    /** Whether all jobs are there, and have their volumes: a round begins. */
    boolean gathered(Path state) {
        return IntStream.range(0, shards)
                .mapToObj(shard -> "rendezvous/shard-" + shard + ".json")
                .allMatch(name -> Files.exists(directory(state).resolve(name)));
    }

    /** Whether a round of the set has begun. */
    boolean begun(Path state, int round) {
        return Files.exists(directory(state).resolve("rounds/" + round + ".json"));
    }

    /** Whether a round of the set stands: its streams were accepted by all. */
    boolean stands(Path state, int round) {
        return Files.exists(directory(state).resolve("chain/rounds/" + round + "/manifest.json"));
    }

    /** The rounds of the set that stand. */
    List<Integer> standing(Path state) throws IOException {
        List<Integer> standing = new ArrayList<>();
        try (Stream<Path> rounds = Files.list(directory(state).resolve("chain/rounds"))) {
            for (Path round : rounds.toList()) {
                if (Files.exists(round.resolve("manifest.json"))) {
                    standing.add(Integer.valueOf(round.getFileName().toString()));
                }
            }
        }
        standing.sort(null);
        return standing;
    }

    private Path directory(Path state) {
        return state.resolve("sets").resolve(name);
    }

    /** What {@code sluice status} says now. */
    String status(Path state) throws IOException {
        return Sluice.command("status", name)
                .with("SLUICE_STATE_DIR", state.toString())
                .run()
                .exits(0)
                .out();
    }

    /** Checks that a restore of the newest state is the tree. */
    void restores(Path state, Path tree, Path target) throws IOException {
        rig.restore(plan(state), target).succeeds();
        assertThat(
                        TreeComparison.compare(
                                Sluice.bytes(tree.toString()),
                                Sluice.bytes(target + tree.toString()),
                                TreeComparison.usual()))
                .isEmpty();
    }

    /** The ids of the jobs that a restore of the newest state takes, as restore-plan tells. */
    String plan(Path state) throws IOException {
        Result plan =
                Sluice.command("restore-plan", name)
                        .with("SLUICE_STATE_DIR", state.toString())
                        .run();
        String line = plan.lines().get(0);
        return line.replaceAll("^restore jobid=([0-9,]+) .*$", "$1");
    }
}
