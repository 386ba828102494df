package io.sluice.bacula.set;

import io.sluice.bacula.set.RoundRecord.Job;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The files in which a set's rounds are kept: one for each round, and one for each job's end. */
public final class SetRounds {
    private static final Pattern ROUND = Pattern.compile("([0-9]{1,9})\\.json");

    private final SetDirectory set;

    public SetRounds(SetDirectory set) {
        this.set = set;
    }

    /** As it is now. A round stands when the chain has its manifest. */
    public History read() {
        List<RoundRecord> rounds = new ArrayList<>();
        Set<Integer> standing = new HashSet<>();
        for (Path file : SetDirectory.list(set.rounds())) {
            Matcher matcher = ROUND.matcher(file.getFileName().toString());
            if (!matcher.matches()) {
                continue;
            }
            RoundRecord round = set.read(file, RoundRecord.class);
            if (round != null) {
                rounds.add(round);
                Path manifest =
                        set.chain()
                                .resolve("rounds")
                                .resolve(matcher.group(1))
                                .resolve("manifest.json");
                if (Files.exists(manifest, LinkOption.NOFOLLOW_LINKS)) {
                    standing.add(round.round());
                }
            }
        }
        rounds.sort(Comparator.comparingInt(RoundRecord::round));
        return new History(rounds, standing);
    }

    /** Writes what has changed since {@code before}. */
    void writeChanged(History before, History now) {
        for (RoundRecord round : now.rounds()) {
            if (!round.equals(before.round(round.round()))) {
                write(round);
            }
        }
    }

    /** Files a round. */
    void write(RoundRecord round) {
        set.write(set.rounds().resolve(round.round() + ".json"), round);
    }

    private Path endFile(int round, int shard) {
        return set.rounds().resolve(round + "." + shard + ".end");
    }

    /** The job has taken all of its stream, and says so to the FD. */
    public void writeEnd(int round, int shard) {
        set.write(endFile(round, shard), Instant.now().toString());
    }

    /** When {@link #writeEnd} was; when the round began where nobody knows. */
    public Instant end(RoundRecord round, Job job) {
        String end = set.read(endFile(round.round(), job.shard()), String.class);
        return Instant.parse(end == null ? round.started() : end);
    }
}
