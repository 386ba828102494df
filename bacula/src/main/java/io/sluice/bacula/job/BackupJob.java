package io.sluice.bacula.job;

import io.sluice.bacula.config.Keys;
import io.sluice.bacula.config.Settings;
import io.sluice.bacula.config.ShardForm;
import io.sluice.bacula.set.Arrival;
import io.sluice.bacula.set.Leader;
import io.sluice.bacula.set.Meeting;
import io.sluice.bacula.set.Member;
import io.sluice.bacula.set.Rendezvous;
import io.sluice.bacula.set.RoundProcess;
import io.sluice.bacula.set.RoundSummary;
import io.sluice.bacula.set.SetDirectory;
import io.sluice.bacula.set.SetRounds;
import io.sluice.bacula.set.ShardProgress;
import io.sluice.common.SluiceException;
import io.sluice.ptcomm.codec.FrameReader;
import io.sluice.ptcomm.fd.Bridge;
import io.sluice.ptcomm.fd.BridgeAddress;
import io.sluice.ptcomm.fd.BridgeConsumer;
import io.sluice.ptcomm.fd.FdTimes;
import io.sluice.ptcomm.fd.TransportFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A backup job behind {@code BackupStart}: one shard's bridge, which hands the stream to the FD;
 * for shard 0 also the round's leader.
 *
 * <ol>
 *   <li>Claim the shard, listen, arrive in the set's directory.
 *   <li>Shard 0 waits for all, decides and starts the round's process; the others wait for that.
 *   <li>The stream passes from the round's shard writer to the FD, on the bridge's threads.
 *   <li>The round stands: last lines, the final F; END, T.
 * </ol>
 *
 * Whatever ends it before that ends the round for all. {@link #cancel} may come from any thread;
 * all else belongs to one.
 */
final class BackupJob {
    private static final long TELL_MS = 5000;
    private static final long WATCH_MS = 1000;
    private static final int LOOKS_A_NOTE = 5;
    private static final long LEADER_GRACE_MS = 15_000;
    private static final long LAST_MS = 60_000;

    /** For the manifest, and what a round leaves to be removed. */
    private static final long ROUND_END_MS = 600_000;

    private final Backend backend;
    private final JobInfo info;
    private final Settings settings;
    private final ShardForm form;
    private final FdInput in;
    private final FdOutput out;
    private final JobLog log;
    private final CompletableFuture<JobEnd> end = new CompletableFuture<>();

    private volatile Meeting meeting;

    /** Of the job that leads. */
    private volatile Leader leader;

    private RoundSummary summary;

    BackupJob(Backend backend, JobInfo info, Settings settings, FrameReader frames, FdOutput out) {
        this.backend = backend;
        this.info = info;
        this.settings = settings;
        this.form = settings.get(Keys.SHARD);
        this.out = out;
        log = new JobLog(out);
        in = FdInput.start(frames, this::fdIsGone);
    }

    /** The FD wants no more of it. */
    private void fdIsGone(String why) {
        end.complete(JobEnd.cancelled("job " + info.name() + " was cancelled: " + why));
    }

    /** Somebody else wants no more of it; the FD may listen. */
    void cancel(String why) {
        end.complete(JobEnd.failed("job " + info.name() + " was cancelled: " + why));
    }

    /**
     * Runs the job to its end, and tells the FD.
     *
     * @throws SluiceException if it fails before it has a stream, for the log
     */
    void run() throws IOException, InterruptedException {
        SetDirectory set = SetDirectory.open(SetDirectory.base(settings), settings.set());
        String note = ShardForm.noteOnTargets(form.strategy(), settings.get(Keys.PATH));
        if (note != null) {
            log.say(JobMessage.WARNING, note);
        }
        try (Rendezvous rendezvous = Rendezvous.enter(set, form.shard())) {
            Bridge bridge = bridge(set);
            RoundProcess round = null;
            JobEnd ended;
            try {
                arrive(rendezvous, bridge);
                watch(bridge);
                round = meet(rendezvous);
                ended = awaitEnd(rendezvous, bridge, round);
                if (ended.reason() == null && round != null) {
                    ended = afterRound(round);
                }
            } catch (SluiceException e) {
                ended = JobEnd.failed(e.getMessage());
            }
            if (ended.reason() == null) {
                close(bridge);
                finish(set);
                return;
            }
            giveUp(rendezvous, bridge, round, ended);
        }
    }

    private Bridge bridge(SetDirectory set) {
        BridgeConsumer consumer =
                info.dialect() == Dialect.SLUICE
                        ? new FdConsumer(out, () -> sayLast(set))
                        : new StockConsumer(out, in, log, () -> sayLast(set));
        return new Bridge(
                new InetSocketAddress(backend.address(settings), 0),
                TransportFactory.PLAIN,
                set.secret(),
                consumer,
                FdTimes.DEFAULT,
                set.rendezvous());
    }

    private void arrive(Rendezvous rendezvous, Bridge bridge) {
        InetSocketAddress local = bridge.address();
        rendezvous.arrive(
                Arrival.of(
                        UUID.randomUUID().toString(),
                        info,
                        settings,
                        new BridgeAddress(local.getAddress().getHostAddress(), local.getPort())
                                .toString()));
    }

    private void watch(Bridge bridge) {
        Thread thread =
                new Thread(
                        () -> {
                            try {
                                bridge.await();
                                end.complete(JobEnd.STANDS);
                            } catch (SluiceException e) {
                                end.complete(JobEnd.failed(e.getMessage()));
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        },
                        "sluice-bridge-end");
        thread.setDaemon(true);
        thread.start();
    }

    /** The round's process, for the job that leads; else null. */
    private RoundProcess meet(Rendezvous rendezvous) throws InterruptedException {
        CompletableFuture<RoundProcess> met = new CompletableFuture<>();
        Thread thread =
                new Thread(
                        () -> {
                            try {
                                met.complete(meetNow(rendezvous));
                            } catch (Throwable e) {
                                met.completeExceptionally(e);
                            }
                        },
                        "sluice-meeting");
        thread.setDaemon(true);
        thread.start();
        try {
            CompletableFuture.anyOf(met, end).get();
            if (!met.isDone()) {
                thread.interrupt();
                thread.join();
                // It may have come so far just now; then it is to be ended.
                return met.isCompletedExceptionally() ? null : met.get();
            }
            RoundProcess round = met.get();
            if (meeting != null) {
                meeting.lines().forEach(log::information);
            }
            return round;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof InterruptedException) {
                return null;
            }
            throw e.getCause() instanceof SluiceException known
                    ? known
                    : new SluiceException("the backend failed: " + e.getCause(), e.getCause());
        }
    }

    private RoundProcess meetNow(Rendezvous rendezvous) throws InterruptedException {
        if (form.shard() > 0) {
            meeting = new Member(rendezvous, settings, log::information).await();
            return null;
        }
        leader = new Leader(rendezvous, settings, backend.roundCommand(), log::information);
        RoundProcess process = leader.lead();
        meeting = rendezvous.meeting();
        return process;
    }

    private JobEnd awaitEnd(Rendezvous rendezvous, Bridge bridge, RoundProcess round)
            throws InterruptedException {
        ProgressLines.start(rendezvous.set(), log, backend.progressMs(), end);
        if (round != null) {
            round.whenFailed(reason -> end.complete(JobEnd.failed(reason)));
        }
        long leaderSeen = System.nanoTime();
        for (int look = 0; ; look++) {
            try {
                if (look % LOOKS_A_NOTE == 0) {
                    note(rendezvous.set(), bridge);
                }
                return end.get(WATCH_MS, TimeUnit.MILLISECONDS);
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            } catch (TimeoutException e) {
                String reason = look(rendezvous);
                long now = System.nanoTime();
                if (reason == null) {
                    leaderSeen = now;
                } else if (now - leaderSeen > TimeUnit.MILLISECONDS.toNanos(LEADER_GRACE_MS)) {
                    return JobEnd.failed(reason);
                }
            }
        }
    }

    /** Why the round cannot go on if that stays so; null if it can. */
    private String look(Rendezvous rendezvous) {
        try {
            Meeting decided = rendezvous.meeting();
            if (decided != null && decided.failure() != null) {
                end.complete(JobEnd.failed(decided.failure()));
            }
            Meeting joined = meeting;
            return joined == null || rendezvous.isThere(joined)
                    ? null
                    : "the job of shard 0, which leads the round, has died";
        } catch (SluiceException e) {
            // The directory may be away for a moment, when its server fails over.
            return e.getMessage();
        }
    }

    /** For {@code sluice status}, which may have to do without. */
    private void note(SetDirectory set, Bridge bridge) {
        try {
            new ShardProgress(System.currentTimeMillis(), bridge.taken(), out.bytes(), out.heldMs())
                    .write(set, form.shard());
        } catch (SluiceException e) {
            // The next one may be told again.
            return;
        }
    }

    /** This job's stream is released; the round stands when all are. */
    private JobEnd afterRound(RoundProcess round) throws InterruptedException {
        try {
            String failure = round.awaitEnd(ROUND_END_MS);
            return failure == null ? JobEnd.STANDS : JobEnd.failed(failure);
        } catch (TimeoutException e) {
            return JobEnd.failed("the round's process does not end");
        }
    }

    /** Before the final F. */
    private void sayLast(SetDirectory set) throws IOException {
        Meeting met = meeting;
        if (met == null) {
            return;
        }
        summary = RoundSummary.read(set, met.id());
        if (summary == null) {
            return;
        }
        summary.lines().forEach(line -> log.say(line.kind(), line.text()));
        if (form.shard() < summary.shards().size()) {
            summary.shards().get(form.shard()).forEach(line -> log.say(line.kind(), line.text()));
        }
    }

    private static void close(Bridge bridge) {
        try {
            bridge.close();
        } catch (IOException e) {
            // All of the stream is with the FD.
            return;
        }
    }

    private void finish(SetDirectory set) throws IOException, InterruptedException {
        if (leader != null) {
            leader.stands();
        }
        String word = in.next();
        if (!word.equals("END")) {
            throw new SluiceException("the FD says '" + word + "' where END is due");
        }
        if (summary != null) {
            new SetRounds(set).writeEnd(summary.round(), form.shard());
        }
        out.end();
        in.awaitGone(LAST_MS);
    }

    /** The others notice too that this job is gone, later and without the reason. */
    private static void callOff(Rendezvous rendezvous, String reason) {
        try {
            rendezvous.callOff(reason);
        } catch (SluiceException e) {
            return;
        }
    }

    private String firstReason(Rendezvous rendezvous, String own) {
        try {
            // It may have been decided a moment ago.
            Meeting round = meeting == null ? rendezvous.meeting() : meeting;
            return round == null || round.failure() != null
                    ? own
                    : rendezvous.firstReason(round, own);
        } catch (SluiceException e) {
            return own;
        }
    }

    private void giveUp(Rendezvous rendezvous, Bridge bridge, RoundProcess round, JobEnd ended) {
        // Before the others can notice that this one gives up, so that they know why.
        String reason = firstReason(rendezvous, ended.reason());
        // Soon, since the FD waits only some seconds for the end of a job that it has cancelled.
        if (form.shard() == 0) {
            callOff(rendezvous, reason);
        }
        // The others' bridges hear it from the round's process, if it has got so far.
        if (round != null) {
            round.abort(reason);
        }
        bridge.giveUp(reason);
        if (ended.fdIsGone()) {
            return;
        }
        Thread thread =
                new Thread(
                        () -> {
                            try {
                                out.abort(reason);
                            } catch (IOException e) {
                                // It is gone.
                            }
                        },
                        "sluice-abort");
        thread.setDaemon(true);
        thread.start();
        try {
            // What is in the midst of a frame waits for the FD, which may take nothing any more.
            thread.join(TELL_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
