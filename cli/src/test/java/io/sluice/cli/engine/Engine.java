package io.sluice.cli.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.posix.Posix;
import io.sluice.common.testing.Seeds;
import io.sluice.common.testing.TestTree;
import io.sluice.pipeline.launch.BackupRequest;
import io.sluice.pipeline.launch.Level;
import io.sluice.pipeline.report.RoundReport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * A tree that changes by chance, rounds of it, and a model of the tree as each round saw it. A
 * round is three calls: {@link #change}, {@link #backup}, {@link #restore}. Not thread-safe.
 */
public final class Engine {
    private static final int MASS_ONE_IN = 3;
    private static final int SHOWN = 20;

    /**
     * What the tree is like, and what happens to it.
     *
     * @param first entries to begin with
     * @param least entries between the rounds
     * @param mass entries that a mass deletion removes; far more than a directory that is moved has
     * @param actions of a round, at most
     * @param owners whether owners and trusted attributes may be changed, by this process and by
     *     the restore
     * @param heldByModes whether modes hold the backup back
     * @param excludes whether what is left out changes
     * @param largeDirectory whether one directory grows across 20,000 entries
     * @param exactCounts whether a round stores just what has changed; not where times are so
     *     coarse that it must store some of it twice
     * @param request what is asked for besides
     */
    public record Settings(
            int first,
            int least,
            int mass,
            int actions,
            boolean owners,
            boolean heldByModes,
            boolean excludes,
            boolean largeDirectory,
            boolean exactCounts,
            UnaryOperator<BackupRequest.Builder> request) {}

    private final long seed;
    private final Settings settings;
    private final EngineCounts counts;
    private final Path place;
    private final Path workspace;
    private final Tree tree;
    private final Actions changes;
    private final Chance chance;
    private final Rounds rounds;
    private final Expectation expectation;

    /**
     * @param place where {@code tree} and what leaves it are made
     * @param workspace for the archive and a restore at a time
     */
    public Engine(long seed, Path place, Path workspace, Settings settings, EngineCounts counts)
            throws Exception {
        this.seed = seed;
        this.settings = settings;
        this.counts = counts;
        this.place = Files.createDirectory(place.resolve("tree-of-" + seed));
        this.workspace = Files.createDirectory(workspace.resolve("archive-of-" + seed));
        int gid = (Integer) Files.getAttribute(this.workspace, "unix:gid");
        tree = new Tree(Rounds.bytes(source()), Posix.effectiveUser(), gid);
        chance = new Chance(Seeds.random(seed), tree.model);
        changes = new Actions(tree, chance, settings, counts);
        rounds = new Rounds(source(), this.workspace, settings.heldByModes(), settings.request());
        expectation = new Expectation(settings.heldByModes());
    }

    /** What is backed up. */
    public Path source() {
        return place.resolve("tree");
    }

    /** Where a restore is to be made, and removed. */
    public Path target() {
        return workspace.resolve("restored");
    }

    /** Removes all that it made. */
    public void remove() throws Exception {
        counts.inodesAgain(tree.inodesAgain());
        TestTree.in(Rounds.bytes(place)).close();
        TestTree.in(Rounds.bytes(workspace)).close();
    }

    /** From 0, below {@code n}. */
    public int chance(int n) {
        return chance.below(n);
    }

    /** Changes the tree before a round. */
    public void change(int round) throws Exception {
        counts.timed(
                "change",
                () -> {
                    tree.begin(round);
                    if (round == 1) {
                        changes.grow(settings.first());
                    }
                    for (int i = 1 + chance.below(settings.actions()); i > 0; i--) {
                        changes.any();
                    }
                    int more = tree.model.size() - settings.least();
                    if (more < settings.mass()) {
                        changes.grow(settings.mass() - more);
                    } else if (chance.oneIn(MASS_ONE_IN)) {
                        changes.massDeletion(settings.mass());
                    }
                });
    }

    /** Makes the round, of some level, and checks what it says. */
    public RoundReport backup(int round) throws Exception {
        Level level = level();
        boolean accept = chance.oneIn(2);
        Expectation.Round expected = expectation.next(round, level, tree.model, accept);
        if (!accept && expectation.isNearLimit(expected)) {
            accept = true;
            expected = expectation.next(round, level, tree.model, true);
        }
        RoundReport[] reports = new RoundReport[1];
        boolean accepted = accept;
        counts.timed(
                "backup", () -> reports[0] = rounds.backup(level, accepted, tree.model.excludes));
        try {
            check(round, expected, reports[0]);
        } catch (AssertionError e) {
            throw new AssertionError(
                    "seed "
                            + seed
                            + ", round "
                            + round
                            + ", "
                            + expected.level()
                            + " of "
                            + expected.base()
                            + ", replaced "
                            + expected.replaced()
                            + ", excludes "
                            + tree.model.excludes
                            + ", gone "
                            + some(expected.gone())
                            + ", deleted besides "
                            + some(deletedBesides(round, expected))
                            + ", gone but not deleted "
                            + some(notDeleted(round, expected)),
                    e);
        }
        expectation.made(round, expected);
        counts.level(level);
        if (expected.gone().size() > settings.mass() / 2) {
            counts.action("mass deletion " + (expected.withheld() ? "withheld" : "accepted"));
        }
        return reports[0];
    }

    /** Whether what is gone was kept by that round for its number. */
    public boolean isWithheld(int round) {
        return expectation.round(round).withheld();
    }

    private List<String> deletedBesides(int round, Expectation.Round expected) throws Exception {
        Set<String> deleted = rounds.deleted(round);
        expected.gone().forEach(deleted::remove);
        return List.copyOf(deleted);
    }

    private List<String> notDeleted(int round, Expectation.Round expected) throws Exception {
        Set<String> deleted = rounds.deleted(round);
        return expected.gone().stream()
                .filter(path -> !deleted.contains(path))
                .map(path -> path + " " + tree.trail(path))
                .toList();
    }

    private static List<String> some(List<String> paths) {
        return paths.stream()
                .filter(path -> !Model.isIn(path, LargeDirectory.PATH))
                .limit(SHOWN)
                .toList();
    }

    private Level level() {
        return switch (chance.below(10)) {
            case 0 -> Level.FULL;
            case 1, 2 -> expectation.isBegun() ? Level.DIFFERENTIAL : Level.AUTO;
            case 3, 4 -> Level.AUTO;
            default -> expectation.isBegun() ? Level.INCREMENTAL : Level.FULL;
        };
    }

    private void check(int round, Expectation.Round expected, RoundReport report) {
        assertThat(report.round()).as("number of the round").isEqualTo(round);
        assertThat(report.level()).isEqualTo(expected.level().text());
        assertThat(report.base() == null ? 0 : report.base()).isEqualTo(expected.base());
        if (settings.heldByModes()) {
            // What cannot be read is counted again and again, and known though not stored.
            return;
        }
        long gone = expected.gone().size();
        long withheld = expected.withheld() ? gone : 0;
        assertThat(report.withheld()).as("withheld").isEqualTo(withheld);
        assertThat(report.deleted()).as("deleted").isEqualTo(expected.replaced() + gone - withheld);
        long stored = report.fresh() + report.changed();
        if (settings.exactCounts()) {
            assertThat(stored).as("new or changed").isEqualTo(expected.stored(round));
        } else {
            assertThat(stored).as("new or changed").isGreaterThanOrEqualTo(expected.stored(round));
        }
        assertThat(report.known()).as("known").isEqualTo(expected.entries().size());
    }

    /** Restores a round to {@link #target}, and compares it with the model of then. */
    public void restore(int round) throws Exception {
        byte[] target = Rounds.bytes(target());
        List<String> told = new ArrayList<>();
        counts.timed("restore", () -> told.addAll(rounds.restore(round, target)));
        Comparison comparison = new Comparison(expectation.round(round).restored());
        List<Comparison.Difference> differences = new ArrayList<>();
        counts.timed("compare", () -> differences.addAll(comparison.run(target)));
        counts.apart(comparison.apart());
        if (!told.isEmpty() || !differences.isEmpty()) {
            throw new AssertionError(trail(round, told, differences));
        }
    }

    /** Removes what {@link #restore} has made. */
    public void removeRestored() throws Exception {
        counts.timed("remove", () -> TestTree.in(Rounds.bytes(target())).close());
    }

    private String trail(int round, List<String> told, List<Comparison.Difference> differences) {
        StringBuilder text = new StringBuilder("seed " + seed + ", round " + round + "\n");
        told.stream().limit(SHOWN).forEach(line -> text.append(line).append('\n'));
        for (Comparison.Difference difference :
                differences.subList(0, Math.min(SHOWN, differences.size()))) {
            Entry entry = expectation.round(round).entries().get(difference.path());
            text.append(
                    String.format(
                            "'%s': %s: model %s%s, restored %s; touched by %s%n",
                            difference.path(),
                            difference.aspect(),
                            difference.expected(),
                            entry == null ? "" : " (" + entry.history() + ")",
                            difference.found(),
                            tree.trail(difference.path())));
        }
        return text.toString();
    }
}
