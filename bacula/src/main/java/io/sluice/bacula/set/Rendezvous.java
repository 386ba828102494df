package io.sluice.bacula.set;

import io.sluice.common.SluiceException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * One job's stay where the jobs of its set meet. It has its shard's claim, and its arrival stands
 * there for the others to see, until it leaves. Used by one thread, but for {@link #close}.
 */
public final class Rendezvous implements Closeable {
    private static final long FORMER_JOB_MS = 30_000;

    /** Head of the name of a file that says why a round was given up. */
    static final String FAILURE = "failure-";

    private static final Pattern ARRIVAL = Pattern.compile("shard-([0-9]{1,4})\\.json");

    private final SetDirectory set;
    private final ShardClaim claim;
    private Arrival own;

    private Rendezvous(SetDirectory set, ShardClaim claim) {
        this.set = set;
        this.claim = claim;
    }

    /**
     * Claims the shard.
     *
     * @throws SluiceException if another job of the shard is at work
     */
    public static Rendezvous enter(SetDirectory set, int shard) throws InterruptedException {
        ShardClaim claim = ShardClaim.take(set, shard, FORMER_JOB_MS);
        if (claim == null) {
            Arrival other = set.read(file(set, shard), Arrival.class);
            throw new SluiceException(
                    "set "
                            + set.name()
                            + ": shard "
                            + shard
                            + " is served already by "
                            + (other == null
                                    ? "another job"
                                    : "job "
                                            + other.job()
                                            + " (process "
                                            + other.pid()
                                            + " on "
                                            + other.host()
                                            + ")")
                            + "; rounds of a set do not overlap: run this job when that one has ended");
        }
        // What a dead job left must not stand beside this one's claim.
        set.remove(file(set, shard));
        return new Rendezvous(set, claim);
    }

    private static Path file(SetDirectory set, int shard) {
        return set.rendezvous().resolve("shard-" + shard + ".json");
    }

    private static Path meetingFile(SetDirectory set) {
        return set.rendezvous().resolve("meeting.json");
    }

    /** Shows the others that this job is there. */
    public void arrive(Arrival arrival) {
        own = arrival;
        set.write(file(set, arrival.shard()), arrival);
    }

    /**
     * Who is there, by shard. What dead jobs left does not count, nor do jobs of the round before
     * that have not ended yet.
     */
    SortedMap<Integer, Arrival> present() {
        List<String> former = former();
        SortedMap<Integer, Arrival> present = new TreeMap<>();
        for (int shard = 0; shard < own.shards(); shard++) {
            Arrival arrival = shard == own.shard() ? own : alive(set, shard);
            if (arrival != null && !former.contains(arrival.token())) {
                present.put(shard, arrival);
            }
        }
        return present;
    }

    /** Tokens of a meeting that this job has no part in. */
    private List<String> former() {
        Meeting meeting = set.read(meetingFile(set), Meeting.class);
        return meeting == null || meeting.tokens().contains(own.token())
                ? List.of()
                : meeting.tokens();
    }

    /** Whether a job of shard 0 is there that has not decided yet. */
    boolean isLeaderWaiting() {
        return present().containsKey(0);
    }

    /** The job that serves the shard now; null for none. */
    static Arrival alive(SetDirectory set, int shard) {
        Arrival arrival = set.read(file(set, shard), Arrival.class);
        return arrival != null && ShardClaim.isTaken(set, shard) && arrival.mayLive()
                ? arrival
                : null;
    }

    /** Who is there, for whoever only looks. */
    public static List<Arrival> presentIn(SetDirectory set) {
        List<Arrival> present = new ArrayList<>();
        for (Path file : SetDirectory.list(set.rendezvous())) {
            Matcher matcher = ARRIVAL.matcher(file.getFileName().toString());
            if (matcher.matches()) {
                Arrival arrival = alive(set, Integer.parseInt(matcher.group(1)));
                if (arrival != null) {
                    present.add(arrival);
                }
            }
        }
        present.sort(Comparator.comparingInt(Arrival::shard));
        return present;
    }

    /** Whether the job that leads that meeting is still there; a later round's is another one. */
    public boolean isThere(Meeting round) {
        if (own.shard() == 0) {
            return true;
        }
        Arrival leader = lastLeader();
        return ShardClaim.isTaken(set, 0)
                && (leader == null || leader.token().equals(round.leader()));
    }

    /** The job of shard 0 that came last, also where it was killed since; null for none. */
    Arrival lastLeader() {
        return set.read(file(set, 0), Arrival.class);
    }

    /** What was decided for this job; null for nothing yet. */
    public Meeting meeting() {
        Meeting meeting = set.read(meetingFile(set), Meeting.class);
        return meeting != null && meeting.tokens().contains(own.token()) ? meeting : null;
    }

    void decide(Meeting meeting) {
        set.write(meetingFile(set), meeting);
    }

    /**
     * Why the first of a round's jobs gave up, which is what all of them say: what the others see
     * of it is a connection that ended.
     *
     * @param own why this one does
     */
    public String firstReason(Meeting round, String own) {
        Path file = set.rendezvous().resolve(FAILURE + round.id() + ".json");
        String first = set.read(file, String.class);
        if (first == null) {
            set.write(file, own);
        }
        return first == null ? own : first;
    }

    /** Ends the waiting of those who are there. */
    public void callOff(String reason) {
        decide(Meeting.failed(present().values().stream().map(Arrival::token).toList(), reason));
    }

    Arrival own() {
        return own;
    }

    public SetDirectory set() {
        return set;
    }

    /** Names the shards that are not there, and what usually holds them. */
    static String missing(
            SetDirectory set, int shards, SortedMap<Integer, Arrival> present, long seconds) {
        List<String> missing = new ArrayList<>();
        for (int shard = 0; shard < shards; shard++) {
            if (!present.containsKey(shard)) {
                missing.add(Integer.toString(shard));
            }
        }
        return "set "
                + set.name()
                + ": "
                + (missing.size() == 1 ? "shard " : "shards ")
                + missing.stream().collect(Collectors.joining(", "))
                + " of "
                + shards
                + (missing.size() == 1 ? " has" : " have")
                + " not come within "
                + seconds
                + " s; usually Maximum Concurrent Jobs is below "
                + shards
                + " (in the Director's Director, Client and Storage resources, or in bacula-fd.conf),"
                + " or there are fewer devices than shards: run all jobs of the set at once,"
                + " and 'sluice doctor bacula' tells what holds them";
    }

    /** Lets others see who is missing. */
    static void tellWaiting(
            int shards, SortedMap<Integer, Arrival> present, Consumer<String> log, String name) {
        List<String> missing = new ArrayList<>();
        for (int shard = 0; shard < shards; shard++) {
            if (!present.containsKey(shard)) {
                missing.add(Integer.toString(shard));
            }
        }
        if (!missing.isEmpty()) {
            log.accept(
                    "set "
                            + name
                            + ": "
                            + present.size()
                            + " of "
                            + shards
                            + " jobs are there, waiting for shard "
                            + String.join(", ", missing));
        }
    }

    @Override
    public void close() throws IOException {
        try {
            if (own != null) {
                set.remove(file(set, own.shard()));
            }
        } finally {
            claim.close();
        }
    }
}
