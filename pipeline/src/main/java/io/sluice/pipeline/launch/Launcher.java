package io.sluice.pipeline.launch;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.common.SluiceException;
import io.sluice.common.posix.Posix;
import io.sluice.common.text.Text;
import io.sluice.lustre.source.LustreChangelogSource;
import io.sluice.lustre.source.LustreMount;
import io.sluice.pipeline.index.RoundProgress;
import io.sluice.pipeline.job.JobSettings;
import io.sluice.pipeline.job.RoundJob;
import io.sluice.pipeline.job.RoundSpec;
import io.sluice.pipeline.report.RoundFiles;
import io.sluice.pipeline.report.RoundReport;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.ptcomm.archive.ArchiveDescription;
import io.sluice.ptcomm.archive.Manifest;
import io.sluice.scan.NamespaceScanSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one round into an archive, and commits it: its job runs where the {@link JobCluster} is.
 *
 * <ol>
 *   <li>Look at the root, open and lock the archive, clear away what dead runs left.
 *   <li>Start the cluster, submit the job.
 *   <li>Wait until the collector's report is there: then every shard's stream is durable and the
 *       books balance.
 *   <li>Stop the job with a savepoint; a failed stop fails the round.
 *   <li>Write the chain entry as pending, release the receivers (for an archive: rename the
 *       manifest into place), write the entry as committed.
 * </ol>
 *
 * On any failure before the last step nothing is committed and the archive is as it was. {@link
 * #interrupt} may come from any thread; all else belongs to one.
 */
public final class Launcher {
    private static final Logger LOG = LoggerFactory.getLogger(Launcher.class);

    private static final long REPORT_POLL_MS = 10;
    private static final long FAILURE_POLL_MS = 1000;
    private static final long CANCEL_WAIT_MS = 10_000;

    /** Longer than Flink takes to miss a TaskManager ({@code heartbeat.timeout}, 50 s). */
    private static final long SETTLED_MS = 60_000;

    /** So often the job is asked for a savepoint while nothing else happens to it. */
    private static final int SAVEPOINT_TRIES = 5;

    private final BackupRequest request;
    private final JobCluster.Factory clusters;
    private final Runnable stepDone;
    private long settledMs = SETTLED_MS;
    private RoundListener listener = new RoundListener() {};

    // Guarded by this: the way from a running job to a committed round, against an interrupt.
    private RunningJob running;
    private boolean interrupted;
    private String why = "interrupted, nothing committed";
    private boolean committed;

    private final List<String> warnings = new ArrayList<>();

    /** In this process. */
    public Launcher(BackupRequest request) {
        this(request, new EmbeddedCluster.Factory());
    }

    /**
     * @param clusters where the round's job will run
     */
    public Launcher(BackupRequest request, JobCluster.Factory clusters) {
        this(request, clusters, () -> {});
    }

    /**
     * @param stepDone called after each step of the commit, and of what is removed after it
     */
    Launcher(BackupRequest request, JobCluster.Factory clusters, Runnable stepDone) {
        this.request = request;
        this.clusters = clusters;
        this.stepDone = stepDone;
    }

    /** Instead of {@link #SETTLED_MS}, before {@link #run}. */
    Launcher withSettledMs(long millis) {
        settledMs = millis;
        return this;
    }

    /** Before {@link #run}. */
    public Launcher withListener(RoundListener hears) {
        listener = hears;
        return this;
    }

    /**
     * Runs the round to its end.
     *
     * @return the report of the committed round
     * @throws SluiceException if nothing was committed, in one line
     */
    public RoundReport run() throws Exception {
        Instant started = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        SourceRoot root = SourceRoot.of(request.path());
        if (root.empty() && !request.allowEmpty()) {
            throw new SluiceException(
                    Text.quote(request.path())
                            + " is empty; if no filesystem is missing there, say --allow-empty");
        }
        LustreMount mount = ChangeLogs.require(request, root);
        boolean there = refuseInside(root);
        if (!there && clusters.savepoint().isPresent()) {
            throw BaseChoice.needsNone(clusters.savepoint().get());
        }
        try (Archive archive =
                Archive.openForBackup(
                        request.archive(),
                        root.path(),
                        RoundPlan.shardsOfNew(request),
                        request.bridges() == null
                                ? ArchiveDescription.HERE
                                : ArchiveDescription.BRIDGES)) {
            archive.removeLeftovers();
            Chain chain = Chain.read(archive);
            chain.repair();
            BaseChoice base = BaseChoice.of(request, root, chain, archive);
            base.requireSavepoint(clusters.savepoint(), archive);
            ChangeLogs logs = ChangeLogs.of(request, mount, base, chain, archive);
            int round = archive.nextRound();
            RoundReport report;
            try {
                archive.beginRound(round);
                listener.begun(
                        round,
                        base.level(),
                        base.base() == null ? null : Math.toIntExact(base.base().round()));
                report = run(archive, chain, root, base, logs, round, started);
            } catch (Throwable failure) {
                clearAway(archive, failure);
                throw failure;
            }
            warnings.addAll(RoundWarnings.of(report, chain, request.acceptDeletes()));
            try {
                archive.removeSavepoints(BaseChoice.savepointsNeeded(chain, request.from()));
                stepDone.run();
                archive.removeLeftovers();
            } catch (SluiceException e) {
                LOG.warn("The round stands; the next backup removes what it left.", e);
            }
            return report;
        }
    }

    /** What the operator should look at although the round stands, one line each. */
    public List<String> warnings() {
        return List.copyOf(warnings);
    }

    /**
     * The failure is what the user must hear of; that clearing away failed too (a full disk) comes
     * with it.
     */
    private static void clearAway(Archive archive, Throwable failure) {
        try {
            archive.removeLeftovers();
        } catch (RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    /**
     * Before the archive is made, so that nothing is written into the tree; whether it is there.
     */
    private boolean refuseInside(SourceRoot root) throws IOException {
        int fd =
                Posix.openOrErrno(
                        Posix.AT_FDCWD, request.archive(), Posix.O_PATH | Posix.O_DIRECTORY, 0);
        if (fd >= 0) {
            Posix.close(fd);
            root.refuseInside(request.archive(), "the archive");
        }
        return fd >= 0;
    }

    private RoundReport run(
            Archive archive,
            Chain chain,
            SourceRoot root,
            BaseChoice base,
            ChangeLogs logs,
            int round,
            Instant started)
            throws Exception {
        // Of this round alone: the job of a killed client may still write into its own.
        Path work =
                Files.createDirectories(archive.workDirectory().resolve(Integer.toString(round)));
        String run = UUID.randomUUID().toString();
        RoundSpec spec =
                new RoundPlan(request, clusters)
                        .spec(archive, root, base, logs, round, run, started);
        Configuration settings =
                clusters.settings(JobSettings.of(work.resolve("checkpoints").toUri().toString()));
        if (base.base() != null) {
            settings.set(
                    StateRecoveryOptions.SAVEPOINT_PATH,
                    BaseChoice.savepoint(base.base(), archive).toUri().toString());
        }
        try (HeldBridges bridges = HeldBridges.of(spec.receivers())) {
            try {
                return run(archive, chain, root, base, logs, spec, settings, work, bridges);
            } catch (Throwable failure) {
                bridges.failed(failure);
                throw failure;
            }
        }
    }

    private RoundReport run(
            Archive archive,
            Chain chain,
            SourceRoot root,
            BaseChoice base,
            ChangeLogs logs,
            RoundSpec spec,
            Configuration settings,
            Path work,
            HeldBridges bridges)
            throws Exception {
        int round = Math.toIntExact(spec.index().round());
        try (LeavingCluster cluster =
                new LeavingCluster(clusters.make(settings, work, spec.slots()))) {
            String savepoint;
            try {
                // The graph is made while the cluster comes up.
                CompletableFuture<StreamGraph> graph =
                        CompletableFuture.supplyAsync(() -> RoundJob.graph(spec, settings));
                cluster.get().start();
                RunningJob job = submit(cluster.get(), graph);
                savepoint = savepointAtTheEnd(job, archive, round, bridges);
            } finally {
                ended();
                cluster.leave();
            }
            RoundReport report = readReport(archive.roundDirectory(round));
            RoundProgress index =
                    SavepointCheck.require(
                            archive.savepointDirectory(round).resolve(savepoint), report);
            commit(archive, chain, root, base, logs, spec, report, index, savepoint, bridges);
            cluster.committed();
            return report;
        }
    }

    private synchronized RunningJob submit(JobCluster cluster, CompletableFuture<StreamGraph> graph)
            throws Exception {
        if (interrupted) {
            throw interruption();
        }
        try {
            running = cluster.submit(graph.get());
            return running;
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    /**
     * Stops the job when its report is there. Where a task fails between the two, the job goes on
     * from its last checkpoint and comes to its end once more.
     */
    private String savepointAtTheEnd(
            RunningJob job, Archive archive, int round, HeldBridges bridges) throws Exception {
        ReportVersion report = null;
        long patienceMs = Long.MAX_VALUE;
        int unsettled = 0;
        while (true) {
            ReportVersion former = report;
            report = awaitReport(archive.roundDirectory(round), former, patienceMs, job, bridges);
            unsettled = report.equals(former) ? unsettled : 0;
            try {
                return savepoint(job, archive, round);
            } catch (SluiceException failure) {
                if (JobFailure.isOfATask(failure)) {
                    patienceMs = Long.MAX_VALUE;
                } else if (JobFailure.isUnsettled(failure) && ++unsettled < SAVEPOINT_TRIES) {
                    patienceMs = settledMs;
                } else {
                    throw failure;
                }
                LOG.warn("No savepoint at the end of the round; waiting for it anew.", failure);
            }
        }
    }

    /**
     * Every shard has its receipt and the books balance when the report has been renamed into
     * place.
     *
     * @param former one that does not count any more, or null
     * @param patienceMs after which it counts again if it is still there: a restarted job takes it
     *     back
     */
    private ReportVersion awaitReport(
            Path round, ReportVersion former, long patienceMs, RunningJob job, HeldBridges bridges)
            throws Exception {
        long begun = System.nanoTime();
        long lookedMs = System.currentTimeMillis();
        while (true) {
            ReportVersion report = ReportVersion.of(round);
            if (report != null
                    && (!report.equals(former)
                            || System.nanoTime() - begun
                                    > TimeUnit.MILLISECONDS.toNanos(patienceMs))) {
                return report;
            }
            if (System.currentTimeMillis() - lookedMs > FAILURE_POLL_MS) {
                refuseFullDisk(job);
                bridges.check();
                lookedMs = System.currentTimeMillis();
            }
            try {
                throw failure(job.ended().get(REPORT_POLL_MS, TimeUnit.MILLISECONDS));
            } catch (TimeoutException stillRunning) {
                // The ordinary case.
            } catch (ExecutionException e) {
                throw interruptedOr(new SluiceException("the job was lost: " + line(e), e));
            }
        }
    }

    /**
     * State lies on the archive's disk, and Flink knows nothing of what a restart cannot mend
     * there.
     */
    private void refuseFullDisk(RunningJob job) throws InterruptedException {
        Throwable last;
        try {
            last = job.restartedAfter().get();
        } catch (ExecutionException e) {
            // The job has ended just now, and tells it itself.
            return;
        }
        if (JobFailure.isFullDisk(last)) {
            throw failure(last);
        }
    }

    private String line(Throwable failure) {
        return JobFailure.line(failure, request.archive(), clusters.worksInArchive());
    }

    private SluiceException failure(Throwable cause) {
        return interruptedOr(new SluiceException(line(cause), cause));
    }

    private synchronized SluiceException interruptedOr(SluiceException failure) {
        return interrupted ? interruption() : failure;
    }

    private synchronized SluiceException interruption() {
        return new SluiceException(why);
    }

    private String savepoint(RunningJob job, Archive archive, int round) throws Exception {
        Path directory = archive.savepointDirectory(round);
        try {
            String made = job.stopWithSavepoint(directory).get();
            job.ended().get();
            return made.substring(made.lastIndexOf('/') + 1);
        } catch (ExecutionException | CompletionException e) {
            String made = madeBeforeTheFailure(job, directory, e);
            if (made != null) {
                return made;
            }
            throw interruptedOr(new SluiceException("the savepoint failed: " + line(e), e));
        }
    }

    /**
     * Where a task dies when the savepoint is there and the job is not quite over, Flink keeps the
     * savepoint and gives the job up: that is the round's end all the same, and is looked at as any
     * other before the commit.
     *
     * @return the savepoint's name; null if there is none, or the job goes on
     */
    private String madeBeforeTheFailure(RunningJob job, Path directory, Exception failure)
            throws Exception {
        String told = JobFailure.savepointMade(failure);
        if (told == null) {
            return null;
        }
        try {
            job.ended().get(settledMs, TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            // The job goes on, or nobody knows: what the savepoint failed with is to be told.
            return null;
        }
        try (Stream<Path> savepoints = Files.list(directory)) {
            return savepoints
                    .filter(path -> Files.exists(path.resolve("_metadata")))
                    .map(path -> path.getFileName().toString())
                    .filter(name -> told.contains("/" + name + ","))
                    .findAny()
                    .orElse(null);
        }
    }

    private static RoundReport readReport(Path round) throws IOException {
        return new ObjectMapper()
                .readValue(Files.readAllBytes(RoundFiles.report(round)), RoundReport.class);
    }

    /** The job is not there any more to be cancelled. */
    private synchronized void ended() {
        running = null;
    }

    /** From here on an interrupt waits: it finds the round committed, or not begun to be. */
    private synchronized void commit(
            Archive archive,
            Chain chain,
            SourceRoot root,
            BaseChoice choice,
            ChangeLogs logs,
            RoundSpec spec,
            RoundReport report,
            RoundProgress index,
            String savepoint,
            HeldBridges bridges)
            throws IOException {
        if (interrupted) {
            throw interruption();
        }
        int round = Math.toIntExact(report.round());
        RoundFiles.place(archive.roundDirectory(round), report);
        String owed = RoundFiles.xxh3(archive.roundDirectory(round).resolve(RoundFiles.OWED));
        Chain.Round entry =
                new Chain.Round(
                        round,
                        report.run(),
                        Chain.State.PENDING,
                        choice.level().text(),
                        report.base(),
                        report.path(),
                        Chain.Filesystem.of(root),
                        report.content(),
                        spec.writer().crossMounts(),
                        choice.mounts(),
                        escaped(request.excludes().patterns().lines()),
                        escaped(request.excludes().markers()),
                        spec.writer().shards(),
                        spec.index().sharding().strategy().text(),
                        report.known(),
                        index.withheld() ? 0 : index.gone(),
                        List.of(
                                logs.isScan()
                                        ? NamespaceScanSource.NAME
                                        : LustreChangelogSource.NAME),
                        request.source().mode().text(),
                        logs.after(report.cursors()),
                        request.source().mode() == Mode.POSIX
                                ? null
                                : request.filesystem().hsm().policy().text(),
                        owed,
                        savepoint);
        archive.syncSavepoint(round);
        stepDone.run();
        listener.ending(report, archive.roundDirectory(round));
        chain.put(entry);
        stepDone.run();
        if (!bridges.addresses().isEmpty()) {
            bridges.release(
                    savepoint,
                    report.shards().stream().map(shard -> shard.receipt().entries()).toList());
            stepDone.run();
        }
        Manifest manifest =
                new Manifest(
                        Manifest.FORMAT,
                        round,
                        report.run(),
                        choice.level().text(),
                        report.base() == null ? null : Math.toIntExact(report.base()),
                        report.content(),
                        report.path(),
                        Text.escape(spec.writer().prefix()),
                        spec.writer().shards(),
                        spec.index().sharding().strategy().text(),
                        request.compression(),
                        Instant.parse(report.started()),
                        Instant.parse(report.ended()),
                        report.shards().stream().map(RoundReport.Shard::receipt).toList(),
                        bridges.addresses());
        try {
            archive.commit(manifest);
        } catch (SluiceException e) {
            if (!archive.isCommitted(round)) {
                throw e;
            }
            LOG.warn("The round stands, but may not survive a power failure now.", e);
        }
        committed = true;
        stepDone.run();
        try {
            chain.put(entry.committed());
            stepDone.run();
        } catch (SluiceException e) {
            LOG.warn("The round stands; the next backup mends its chain entry.", e);
        }
    }

    private static List<String> escaped(List<byte[]> names) {
        return names.stream().map(Text::escape).toList();
    }

    /**
     * Ends the round from outside, from a shutdown hook for example. Returns when the job is
     * cancelled; a commit that has begun is waited for.
     *
     * @return whether the round was committed before the interrupt came
     */
    public boolean interrupt() {
        return interrupt("interrupted, nothing committed");
    }

    /**
     * As {@link #interrupt()}.
     *
     * @param reason what {@link #run} fails with, and what the bridges hear; one line
     */
    public synchronized boolean interrupt(String reason) {
        interrupted = true;
        why = reason;
        if (!committed && running != null) {
            try {
                running.cancel().get(CANCEL_WAIT_MS, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (ExecutionException | TimeoutException | IllegalStateException e) {
                // The last one says that the cluster is going down by itself. The process ends
                // anyway, and what the round left is cleared away at the next
                // start.
            }
        }
        return committed;
    }
}
