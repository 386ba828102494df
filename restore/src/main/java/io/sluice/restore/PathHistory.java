package io.sluice.restore;

import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.posix.FileType;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.ptcomm.archive.ArchiveRound;
import io.sluice.ptcomm.archive.Damage;
import io.sluice.ptcomm.archive.DamageListener;
import io.sluice.ptcomm.archive.Manifest;
import io.sluice.ptcomm.codec.HeadHandler;
import io.sluice.ptcomm.codec.StreamEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What an archive holds of one path at each of its rounds. Every round's streams are read once,
 * without data. Memory: what the rounds say of the path and of the directories above it.
 */
public final class PathHistory {
    /** How a path stands to a round. The names stand in output, in lower case. */
    public enum Kind {
        /** The round itself has the entry. */
        STORED,
        /** The round itself says that it is gone. */
        DELETED,
        /** An earlier round of its chain has the entry. */
        UNCHANGED,
        /** No round of its chain has the entry, or a later one of them says that it is gone. */
        ABSENT,
        /** A round of its chain is missing. */
        UNKNOWN
    }

    /**
     * One round's say.
     *
     * @param entry what a restore of the round gives, or null
     * @param storedIn the number of the round that has it, or 0
     */
    public record Step(Manifest round, Kind kind, StreamEntry entry, int storedIn) {}

    /** A record of the path, or of a directory above. */
    private record Found(byte[] key, StreamEntry entry, boolean directory) {}

    private final byte[] path;
    private final Consumer<Damage> damages;
    private final Set<ByteBuffer> wanted = new HashSet<>();
    private final Map<Integer, Manifest> manifests = new HashMap<>();
    private final Map<Integer, List<Found>> found = new HashMap<>();

    /**
     * @param path relative to the root; empty for the root
     * @param damages hears of each damaged segment: what it says of the path is not known
     */
    public PathHistory(byte[] path, Consumer<Damage> damages) {
        this.path = path.clone();
        this.damages = damages;
        byte[] above = this.path;
        wanted.add(ByteBuffer.wrap(above));
        while (above.length > 0) {
            above = DirectoryPath.parent(above);
            wanted.add(ByteBuffer.wrap(above));
        }
    }

    /**
     * Reads all rounds; once.
     *
     * @return a step for each round, the oldest first
     * @throws InterruptedException when the calling thread is interrupted
     */
    public List<Step> read(Archive archive) throws IOException, InterruptedException {
        List<Step> steps = new ArrayList<>();
        for (int number : archive.roundNumbers()) {
            ArchiveRound round = archive.round(number);
            manifests.put(number, round.manifest());
            List<Found> records = new ArrayList<>();
            found.put(number, records);
            RestoreEnd end = new RestoreEnd(null);
            ShardThreads.run(
                    round.manifest().shards(),
                    shard -> {
                        Reading reading = new Reading(records, end);
                        round.read(shard, reading, reading);
                    },
                    end::stop);
            steps.add(step(round.manifest()));
        }
        return steps;
    }

    private Step step(Manifest round) {
        List<Version> versions = new ArrayList<>();
        List<Found> records = new ArrayList<>();
        List<Integer> rounds = new ArrayList<>();
        Manifest at = round;
        for (int age = 0; at != null; age++) {
            for (Found each : found.get(at.round())) {
                boolean deleted = each.entry == null;
                versions.add(
                        new Version(
                                each.key,
                                age,
                                deleted,
                                each.directory,
                                false,
                                records.size(),
                                0,
                                0));
                records.add(each);
                rounds.add(at.round());
            }
            if (at.base() != null && !manifests.containsKey(at.base())) {
                return new Step(round, Kind.UNKNOWN, null, 0);
            }
            at = at.base() == null ? null : manifests.get(at.base());
        }
        versions.sort((a, b) -> Arrays.compareUnsigned(a.toBytes(), b.toBytes()));
        Version chosen = chosen(versions);
        if (chosen != null) {
            Kind kind = chosen.age() == 0 ? Kind.STORED : Kind.UNCHANGED;
            StreamEntry entry = records.get(chosen.shard()).entry;
            return new Step(round, kind, entry, rounds.get(chosen.shard()));
        }
        byte[] key = Version.key(path);
        boolean deleted =
                versions.stream().anyMatch(v -> v.age() == 0 && v.deleted() && v.isOf(key));
        return new Step(round, deleted ? Kind.DELETED : Kind.ABSENT, null, 0);
    }

    /** The version of the path that counts, or null. */
    private Version chosen(List<Version> versions) {
        byte[] key = Version.key(path);
        List<Version> chosen = new ArrayList<>();
        VersionChooser chooser =
                new VersionChooser(
                        new VersionChooser.Choice() {
                            @Override
                            public void chosen(Version entry) {
                                if (entry.isOf(key)) {
                                    chosen.add(entry);
                                }
                            }

                            @Override
                            public void leftOutInDoubt(Version version) {
                                // The damage is told for itself.
                            }
                        });
        versions.forEach(chooser::next);
        chooser.end();
        return chosen.isEmpty() ? null : chosen.get(0);
    }

    private final class Reading implements HeadHandler, DamageListener {
        private final List<Found> records;
        private final RestoreEnd end;

        Reading(List<Found> records, RestoreEnd end) {
            this.records = records;
            this.end = end;
        }

        @Override
        public void head(StreamEntry entry) throws IOException {
            end.checkStopped();
            add(entry.path(), entry, entry.stat().type() == FileType.DIRECTORY);
        }

        @Override
        public void deleted(byte[] gone, boolean directory) throws IOException {
            end.checkStopped();
            add(gone, null, directory);
        }

        private void add(byte[] name, StreamEntry entry, boolean directory) {
            if (wanted.contains(ByteBuffer.wrap(name))) {
                synchronized (records) {
                    records.add(new Found(Version.key(name), entry, directory));
                }
            }
        }

        @Override
        public void damaged(Damage damage) {
            synchronized (records) {
                damages.accept(damage);
            }
        }
    }
}
