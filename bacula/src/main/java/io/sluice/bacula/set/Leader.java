package io.sluice.bacula.set;

import io.sluice.bacula.config.Keys;
import io.sluice.bacula.config.OnMissingBase;
import io.sluice.bacula.config.Settings;
import io.sluice.bacula.job.JobLevel;
import io.sluice.common.SluiceException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** What the job of shard 0 does for all: it waits for them, decides, and starts the round. */
public final class Leader {
    private static final long POLL_MS = 100;

    private final Rendezvous rendezvous;
    private final SetDirectory set;
    private final Settings settings;
    private final List<String> command;
    private final Consumer<String> log;

    /** The marks that the round obeys, and when they were set. */
    private Map<Mark, String> obeyed = Map.of();

    /**
     * @param command that runs {@link RoundMain}
     * @param log of this job
     */
    public Leader(
            Rendezvous rendezvous, Settings settings, List<String> command, Consumer<String> log) {
        this.rendezvous = rendezvous;
        this.set = rendezvous.set();
        this.settings = settings;
        this.command = List.copyOf(command);
        this.log = log;
    }

    /**
     * Waits for all jobs of the set, decides what the round is, and starts it. Its process starts
     * while they come.
     *
     * @throws SluiceException if a job does not come, or leaves again, or does not belong to the
     *     others; or if there is no base, and none is to be done without
     */
    public RoundProcess lead() throws InterruptedException {
        RoundProcess process = RoundProcess.start(command, set, rendezvous.own().level());
        boolean begun = false;
        try {
            begin(gather(process), process);
            begun = true;
            return process;
        } finally {
            if (!begun) {
                process.dismiss();
            }
        }
    }

    private List<Arrival> gather(RoundProcess process) throws InterruptedException {
        int shards = rendezvous.own().shards();
        long seconds = settings.get(Keys.ACCEPT_TIMEOUT_SECS);
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        SortedMap<Integer, Arrival> before = rendezvous.present();
        Rendezvous.tellWaiting(shards, before, log, set.name());
        while (true) {
            SortedMap<Integer, Arrival> present = rendezvous.present();
            for (Map.Entry<Integer, Arrival> former : before.entrySet()) {
                if (!present.containsKey(former.getKey())) {
                    throw new SluiceException(
                            "set "
                                    + set.name()
                                    + ": "
                                    + former.getValue().who()
                                    + " ended before the round began");
                }
            }
            present.values().forEach(this::requireSame);
            process.requireAlive();
            // Seen twice: what a dead job left is gone by then.
            if (present.size() == shards && present.equals(before)) {
                return List.copyOf(present.values());
            }
            if (System.nanoTime() - until > 0) {
                throw new SluiceException(Rendezvous.missing(set, shards, present, seconds));
            }
            before = present;
            TimeUnit.MILLISECONDS.sleep(POLL_MS);
        }
    }

    private void requireSame(Arrival other) {
        Arrival own = rendezvous.own();
        if (other.shards() != own.shards()) {
            throw different(other, "shard", other.shards() + " shards", own.shards() + " shards");
        }
        for (Map.Entry<String, String> value : own.line().entrySet()) {
            String others = other.line().getOrDefault(value.getKey(), "");
            if (!others.equals(value.getValue())) {
                throw different(other, value.getKey(), others, value.getValue());
            }
        }
    }

    private SluiceException different(Arrival other, String key, String theirs, String ours) {
        return new SluiceException(
                "set "
                        + set.name()
                        + ": the jobs' Plugin lines differ in "
                        + key
                        + ": job "
                        + other.job()
                        + " has '"
                        + theirs
                        + "', job "
                        + rendezvous.own().job()
                        + " has '"
                        + ours
                        + "'; make them the same, or give the jobs sets of their own by set=");
    }

    private void begin(List<Arrival> arrivals, RoundProcess process) throws InterruptedException {
        SetRounds rounds = new SetRounds(set);
        History before = rounds.read();
        History history = before.heard(arrivals);
        rounds.writeChanged(before, history);
        clearFormer();
        obeyed = Marks.ofNextRound(set, history);

        List<String> lines = new ArrayList<>();
        JobLevel level = strongest(arrivals, lines);
        Base base = Base.choose(level, arrivals, history);
        if (obeyed.containsKey(Mark.REBASELINE) && level != JobLevel.FULL) {
            lines.add(
                    RoundMain.everything(
                            "'sluice set rebaseline' of "
                                    + obeyed.get(Mark.REBASELINE)
                                    + " asks for it"));
            level = JobLevel.FULL;
            base = Base.choose(level, arrivals, history);
        }
        if (base.missing() != null) {
            if (settings.get(Keys.ON_MISSING_BASE) != OnMissingBase.FULL) {
                throw new SluiceException(
                        "set "
                                + set.name()
                                + " has no base: "
                                + RoundMain.missing(base.missing(), set.name()));
            }
            lines.add(RoundMain.fullInstead(base.missing()));
            level = JobLevel.FULL;
        }
        lines.addAll(base.lines());
        Meeting meeting =
                new Meeting(
                        UUID.randomUUID().toString(),
                        arrivals.stream().map(Arrival::token).toList(),
                        null,
                        level,
                        lines);
        process.order(
                RoundOrder.of(
                        set,
                        meeting.id(),
                        level,
                        base.round(),
                        history.kept(settings.get(Keys.KEEP)),
                        arrivals,
                        obeyed,
                        settings));
        try {
            rendezvous.decide(meeting);
        } catch (RuntimeException e) {
            // Nobody else knows of it.
            process.abort(e.getMessage());
            throw e;
        }
    }

    /** Names who asks for more than others. */
    private static JobLevel strongest(List<Arrival> arrivals, List<String> lines) {
        JobLevel strongest = JobLevel.INCREMENTAL;
        for (Arrival arrival : arrivals) {
            strongest = strongest.stronger(arrival.level());
        }
        List<String> strong = new ArrayList<>();
        List<String> weak = new ArrayList<>();
        for (Arrival arrival : arrivals) {
            (arrival.level() == strongest ? strong : weak).add(arrival.job());
        }
        if (!weak.isEmpty()) {
            lines.add(
                    "the round is "
                            + strongest.text()
                            + " for all jobs, since the Director asks for it in "
                            + String.join(", ", strong)
                            + " and for less in "
                            + String.join(", ", weak));
        }
        if (!weak.isEmpty() && strongest == JobLevel.FULL) {
            lines.add(
                    "restores of the set begin with this round ('sluice restore-plan'): with older jobs of "
                            + String.join(", ", weak)
                            + "'s shards, names that were deleted since may reappear");
        }
        return strongest;
    }

    /** The round stands. What the operator has asked for while it ran is for the next one. */
    public void stands() {
        try {
            obeyed.forEach((mark, at) -> mark.clear(set, at));
        } catch (SluiceException e) {
            // The round is no worse for it, and the next one finds that it has obeyed them.
            log.accept(e.getMessage());
        }
    }

    private void clearFormer() {
        for (Path file : SetDirectory.list(set.rendezvous())) {
            String name = file.getFileName().toString();
            if (name.startsWith("summary-")
                    || name.startsWith(Rendezvous.FAILURE)
                    || name.equals("progress.json")
                    || name.endsWith(".tmp")) {
                set.remove(file);
            }
        }
    }
}
