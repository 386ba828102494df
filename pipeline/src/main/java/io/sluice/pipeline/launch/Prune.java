package io.sluice.pipeline.launch;

import io.sluice.common.SluiceException;
import io.sluice.ptcomm.archive.Archive;
import java.io.IOException;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * Removes the rounds of an archive that a {@link Retention} does not keep.
 *
 * <ol>
 *   <li>Their manifests go, the youngest round's first: from then on a round does not exist. So at
 *       every moment all that a round builds on is there.
 *   <li>Their files and savepoints go, as what dead runs left does. Nothing is written before, so
 *       that a full archive can be pruned.
 *   <li>Their entries in the chain file go, and savepoints that no round can go on from.
 * </ol>
 *
 * After a crash the next backup or prune does the rest. One thread.
 */
public final class Prune {
    private final byte[] archive;
    private final Retention retention;
    private final ZoneId zone;
    private final Runnable stepDone;

    /**
     * What becomes of a round.
     *
     * @param why it is kept; empty for one that goes
     * @param bytes that its files and its savepoint have
     */
    public record Verdict(int round, List<String> why, long bytes) {
        public Verdict {
            why = List.copyOf(why);
        }

        public boolean kept() {
            return !why.isEmpty();
        }
    }

    /**
     * @param archive path of the archive, as given
     * @param zone whose days count
     */
    public Prune(byte[] archive, Retention retention, ZoneId zone) {
        this(archive, retention, zone, () -> {});
    }

    /**
     * @param stepDone called after each step that changes the archive
     */
    Prune(byte[] archive, Retention retention, ZoneId zone, Runnable stepDone) {
        this.archive = archive.clone();
        this.retention = retention;
        this.zone = zone;
        this.stepDone = stepDone;
    }

    /**
     * Only looks; readers may have the archive meanwhile.
     *
     * @return of each round, ascending, what {@link #run} would do
     * @throws io.sluice.ptcomm.archive.ArchiveLockedException if a backup or a prune is at work
     */
    public List<Verdict> plan() {
        try (Archive opened = Archive.openForReading(archive)) {
            return verdicts(opened);
        }
    }

    /**
     * Removes.
     *
     * @return of each round, ascending, what became of it
     * @throws io.sluice.ptcomm.archive.ArchiveLockedException if another process has the archive
     * @throws SluiceException if a manifest cannot be read or a round lacks its base, and nothing
     *     was removed; or when something cannot be deleted
     */
    public List<Verdict> run() throws IOException {
        try (Archive opened = Archive.openForRemoval(archive)) {
            List<Verdict> verdicts = verdicts(opened);
            Chain chain = Chain.read(opened);
            for (int i = verdicts.size() - 1; i >= 0; i--) {
                if (!verdicts.get(i).kept()) {
                    opened.removeManifest(verdicts.get(i).round());
                    stepDone.run();
                }
            }
            opened.removeLeftovers();
            stepDone.run();
            chain.repair();
            stepDone.run();
            opened.removeSavepoints(BaseChoice.savepointsNeeded(chain, null));
            stepDone.run();
            return verdicts;
        }
    }

    private List<Verdict> verdicts(Archive opened) {
        SortedMap<Integer, List<String>> choice =
                retention.choose(opened.rounds().stream().map(Retention.Round::of).toList(), zone);
        List<Verdict> verdicts = new ArrayList<>();
        for (Map.Entry<Integer, List<String>> each : choice.entrySet()) {
            int round = each.getKey();
            verdicts.add(new Verdict(round, each.getValue(), opened.storedBytes(round)));
        }
        return verdicts;
    }
}
