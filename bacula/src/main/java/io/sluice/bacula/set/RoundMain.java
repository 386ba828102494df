package io.sluice.bacula.set;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.bacula.job.JobLevel;
import io.sluice.bacula.job.JobMessage;
import io.sluice.bacula.set.RoundSummary.Line;
import io.sluice.common.SluiceException;
import io.sluice.common.pattern.BadPatternException;
import io.sluice.common.pattern.Excludes;
import io.sluice.common.pattern.IgnorePatterns;
import io.sluice.common.posix.Posix;
import io.sluice.common.round.Content;
import io.sluice.common.text.Text;
import io.sluice.common.thread.Joins;
import io.sluice.pipeline.launch.BackupRequest;
import io.sluice.pipeline.launch.Launcher;
import io.sluice.pipeline.launch.Level;
import io.sluice.pipeline.launch.LiveMetrics;
import io.sluice.pipeline.launch.MissingBaseException;
import io.sluice.pipeline.launch.Mode;
import io.sluice.pipeline.launch.RoundListener;
import io.sluice.pipeline.report.RoundReport;
import io.sluice.ptcomm.archive.Compression;
import io.sluice.ptcomm.fd.BridgeAddress;
import io.sluice.ptcomm.fd.Secret;
import io.sluice.ptcomm.fd.TransportFactory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The process in which a round runs: the leading job's child, with a heap of its own and a standard
 * output that is not Bacula's. Its first line of input is the {@link RoundOrder}; if there is none,
 * there is no round. A second line is why the round is to end, and so is the end of the input: then
 * whoever leads has died. It says one line at its end: {@code done}, or {@code failed} and the
 * reason.
 */
public final class RoundMain implements RoundListener {
    static final String DONE = "done";
    static final String FAILED = "failed ";

    private static final long PROGRESS_MS = 5000;
    private static final int MOST_LINES = 100;

    private final SetDirectory set;
    private final RoundOrder order;
    private final List<Line> lines = new ArrayList<>();

    // Guarded by this: who is to hear that the round is to end, and why it is.
    private Launcher running;
    private String ended;
    private final long began = System.currentTimeMillis();
    private volatile int round;
    private final long known;

    private RoundMain(SetDirectory set, RoundOrder order) {
        this.set = set;
        this.order = order;
        Long before = set.read(knownFile(), Long.class);
        known = before == null ? 0 : before;
    }

    /**
     * Runs one round.
     *
     * @param input as above
     * @param output for the one line
     */
    public static void run(InputStream input, PrintStream output) throws IOException {
        BufferedReader in =
                new BufferedReader(new InputStreamReader(input, StandardCharsets.UTF_8));
        String ordered = in.readLine();
        if (ordered == null) {
            return;
        }
        RoundOrder order = new ObjectMapper().readValue(ordered, RoundOrder.class);
        Path path = Path.of(new String(Text.unescape(order.set()), StandardCharsets.UTF_8));
        String end;
        try {
            // Flink and RocksDB make files too.
            Posix.umask(0077);
            SetDirectory set = SetDirectory.open(path.getParent(), order.name());
            new RoundMain(set, order).run(in);
            end = DONE;
        } catch (SluiceException e) {
            end = FAILED + e.getMessage();
        } catch (Exception | LinkageError | OutOfMemoryError e) {
            e.printStackTrace(System.err);
            end = FAILED + "unexpected failure: " + e + "; see " + path.resolve("rendezvous");
        }
        output.println(end.replace('\n', ' '));
        output.flush();
    }

    private void run(BufferedReader in) throws Exception {
        Thread ending = new Thread(() -> end(in), "sluice-round-end");
        ending.setDaemon(true);
        ending.start();
        try {
            launch(order.level(), order.base());
        } catch (MissingBaseException e) {
            if (!order.fullIfMissing()) {
                throw new SluiceException(missing(e.problem(), order.name()), e);
            }
            lines.add(new Line(JobMessage.WARNING, fullInstead(e.problem())));
            launch(JobLevel.FULL, null);
        }
    }

    /** What to do where no base is. */
    static String missing(String problem, String set) {
        return problem
                + "; run 'sluice set rebaseline "
                + set
                + "' and the jobs again, which stores everything anew, or have on_missing_base=full";
    }

    /** That a full round takes the place of one that has no base. */
    static String fullInstead(String problem) {
        return everything(problem + " (on_missing_base=full)");
    }

    /** That a round stores everything although the Director asked for less. */
    static String everything(String why) {
        return "this round stores everything, since "
                + why
                + "; what was deleted since the last Full may reappear in a restore that takes older jobs,"
                + " 'sluice restore-plan' leaves them out";
    }

    private void launch(JobLevel level, Integer base) throws Exception {
        Launcher launcher = new Launcher(request(level, base)).withListener(this);
        begin(launcher);
        Thread telling = new Thread(this::tell, "sluice-round-progress");
        telling.setDaemon(true);
        telling.start();
        try {
            launcher.run();
        } finally {
            telling.interrupt();
            Joins.uninterruptibly(List.of(telling));
            set.remove(progressFile(set));
        }
    }

    /** It may be that the round's end has been asked for before. */
    private synchronized void begin(Launcher launcher) {
        running = launcher;
        if (ended != null) {
            launcher.interrupt(ended);
        }
    }

    /** On a thread of its own: the leader's word, or its death. */
    private void end(BufferedReader in) {
        String reason;
        try {
            reason = in.readLine();
        } catch (IOException e) {
            reason = null;
        }
        Launcher launcher;
        synchronized (this) {
            ended = reason == null ? "the job of shard 0, which leads the round, has died" : reason;
            launcher = running;
        }
        if (launcher != null) {
            launcher.interrupt(ended);
        }
    }

    private BackupRequest request(JobLevel level, Integer base) {
        List<BridgeAddress> addresses =
                order.jobs().stream().map(job -> BridgeAddress.parse(job.address())).toList();
        return BackupRequest.of(
                        Text.unescape(order.path()),
                        set.chain().toString().getBytes(StandardCharsets.UTF_8))
                .withLevel(level(level))
                .withFrom(new BackupRequest.From(base, order.kept()))
                .withAcceptDeletes(order.marks().containsKey(Mark.ACCEPT_DELETES))
                .withDeletePercent(order.deletePercent())
                .withShards(order.jobs().size())
                .withWorkers(order.workers())
                .withContent(content(order.content()), Compression.NONE)
                .withCoverage(excludes(), order.crossMounts(), order.allowEmpty())
                .withBridges(
                        new BackupRequest.Bridges(
                                addresses, TransportFactory.PLAIN, Secret.of(set.secretFile())))
                .withPrefix(Text.unescape(order.prefix()))
                .withStrategy(order.strategy())
                .withSource(
                        new BackupRequest.Source(mode(), order.lustreUsers(), order.lustreSince()))
                .withThrottle(Text.unescape(order.throttle()))
                .withFilesystem(
                        order.hsm() == null
                                ? BackupRequest.Filesystem.ANY
                                : BackupRequest.Filesystem.lustre(order.hsm()))
                .build();
    }

    /** The handshake's mode has no round. */
    private Mode mode() {
        for (Mode mode : Mode.values()) {
            if (mode.text().equals(order.mode())) {
                return mode;
            }
        }
        throw new SluiceException("mode=" + order.mode() + " runs no round; use mode=posix");
    }

    private static Level level(JobLevel level) {
        return switch (level) {
            case FULL -> Level.FULL;
            case DIFFERENTIAL -> Level.DIFFERENTIAL;
            case INCREMENTAL -> Level.INCREMENTAL;
        };
    }

    private static Content content(String text) {
        return text.equals(Content.METADATA.text()) ? Content.METADATA : Content.FULL;
    }

    private Excludes excludes() {
        return excludes(order.excludes(), order.excludeFiles(), order.markers());
    }

    /**
     * What the Plugin line leaves out, the patterns of files first. Escaped text.
     *
     * @throws SluiceException for a pattern that can match nothing, or a file that cannot be read
     */
    public static Excludes excludes(
            List<String> patterns, List<String> files, List<String> markers) {
        IgnorePatterns all = IgnorePatterns.NONE;
        try {
            for (String file : files) {
                Path path = Path.of(new String(Text.unescape(file), StandardCharsets.UTF_8));
                all = all.then(IgnorePatterns.ofFile(Files.readAllBytes(path)));
            }
            all = all.then(IgnorePatterns.of(patterns.stream().map(Text::unescape).toList()));
            return new Excludes(all, markers.stream().map(Text::unescape).toList());
        } catch (BadPatternException e) {
            throw new SluiceException(
                    "the pattern " + Text.quote(e.pattern()) + " " + e.reason(), e);
        } catch (IOException e) {
            throw new SluiceException("cannot read the patterns of exclude_file: " + e, e);
        }
    }

    @Override
    public void begun(int number, Level level, Integer base) {
        round = number;
        new SetRounds(set)
                .write(
                        RoundRecord.of(
                                number,
                                level.text(),
                                base,
                                Instant.now().toString(),
                                order.marks(),
                                order.jobs()));
    }

    @Override
    public void ending(RoundReport report, Path directory) {
        if (order.abortOnError() && report.failuresTotal() > 0) {
            throw new SluiceException(
                    report.failuresTotal()
                            + " entries failed, and abort_on_error is set; the first is "
                            + (report.failures().isEmpty()
                                    ? "in the report"
                                    : report.failures().get(0).path()));
        }
        set.write(knownFile(), report.known());
        set.write(
                file(set, order.meeting()),
                new SummaryText(report, order.name(), directory, MOST_LINES).summary(lines));
    }

    /** Number of names of the last round: how many are to be expected. */
    private Path knownFile() {
        return set.path().resolve("known.json");
    }

    static Path file(SetDirectory set, String meeting) {
        return set.rendezvous().resolve("summary-" + meeting + ".json");
    }

    static Path progressFile(SetDirectory set) {
        return set.rendezvous().resolve("progress.json");
    }

    private void tell() {
        long storedBefore = 0;
        long bytesBefore = 0;
        long atBefore = System.currentTimeMillis();
        try {
            while (true) {
                TimeUnit.MILLISECONDS.sleep(PROGRESS_MS);
                long at = System.currentTimeMillis();
                long stored = LiveMetrics.sum("stored");
                long bytes = LiveMetrics.sum("bytes");
                double seconds = Math.max(0.001, (at - atBefore) / 1000.0);
                set.write(
                        progressFile(set),
                        new Progress(
                                round,
                                at,
                                began,
                                LiveMetrics.sum("entries"),
                                stored,
                                bytes,
                                LiveMetrics.sum("directories_left"),
                                known,
                                Math.round((stored - storedBefore) / seconds),
                                Math.round((bytes - bytesBefore) / seconds)));
                storedBefore = stored;
                bytesBefore = bytes;
                atBefore = at;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
