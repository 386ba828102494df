package io.sluice.pipeline.run;

import io.sluice.common.SluiceException;
import io.sluice.common.posix.Posix;
import io.sluice.common.text.Text;
import io.sluice.pipeline.launch.BackupRequest;
import io.sluice.pipeline.launch.Launcher;
import io.sluice.pipeline.options.BackupOptions;
import io.sluice.pipeline.options.PathArgument;
import io.sluice.pipeline.options.RawArguments;
import io.sluice.pipeline.report.RoundReport;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.ptcomm.archive.ArchiveLockedException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.apache.flink.client.deployment.executors.RemoteExecutor;
import org.apache.flink.client.program.ProgramParametrizationException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * One round on a Flink cluster: the main class of the jar that {@code flink run} gets. The client
 * holds the archive's lock and commits the round, so it stays until the round is over.
 *
 * <p>Ends with the codes of {@code sluice backup} and one line for what went wrong. In the
 * JobManager of an application cluster, whose process is not the round's, it throws that line.
 */
@Command(
        name = "sluice",
        description = "Backs up a directory tree into an archive directory, on a Flink cluster.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
public final class FlinkRun implements Callable<Integer> {
    private static final int OK = 0;
    private static final int FAILED = 1;
    private static final int USAGE = 2;
    private static final int PARTIAL = 3;
    private static final int LOCKED = 11;

    private static final byte[] WORKING_DIRECTORY =
            "/proc/self/cwd".getBytes(StandardCharsets.US_ASCII);

    private final SessionCluster.Factory clusters;
    private final PrintStream out;
    private final PrintStream error;

    @Option(
            converter = PathArgument.class,
            names = "--path",
            required = true,
            paramLabel = "PATH",
            description = "The directory to back up.")
    private String path;

    @Mixin private BackupOptions options;

    private FlinkRun(SessionCluster.Factory clusters, PrintStream out, PrintStream error) {
        this.clusters = clusters;
        this.out = out;
        this.error = error;
    }

    /** Called by Flink's client, or by the JobManager of an application cluster. */
    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        PrintStream error = new PrintStream(System.err, true, StandardCharsets.UTF_8);
        SessionCluster.Factory clusters = SessionCluster.Factory.ofContext();
        Outcome outcome = run(RawArguments.match(arguments), new FlinkRun(clusters, out, error));
        if (!RemoteExecutor.NAME.equals(clusters.target())) {
            if (outcome.line() != null) {
                throw new ProgramParametrizationException(outcome.line());
            }
            return;
        }
        if (outcome.line() != null) {
            error.println("sluice: " + outcome.line());
        }
        System.exit(outcome.code());
    }

    /**
     * @param line what went wrong, or null
     */
    private record Outcome(int code, String line) {}

    private static Outcome run(String[] arguments, FlinkRun round) {
        String[] line = new String[1];
        CommandLine command = new CommandLine(round);
        // A name may begin with an at sign.
        command.setExpandAtFiles(false);
        command.setParameterExceptionHandler(
                (e, ignored) -> {
                    line[0] = Text.escape(RawArguments.bytes(String.valueOf(e.getMessage())));
                    return USAGE;
                });
        command.setExecutionExceptionHandler(
                (e, ignored, parsed) -> {
                    line[0] =
                            e instanceof SluiceException
                                    ? e.getMessage()
                                    : "unexpected failure: " + e + "; the client's log has more";
                    return e instanceof ArchiveLockedException ? LOCKED : FAILED;
                });
        int code = command.execute(arguments);
        return new Outcome(code, line[0]);
    }

    @Override
    public Integer call() throws Exception {
        if (clusters.target() == null) {
            throw new SluiceException("no Flink cluster is named; start this by 'flink run'");
        }
        BackupRequest request = options.request(RawArguments.bytes(path), archive());
        // An archive holds everybody's data and names.
        Posix.umask(0077);
        long begun = System.nanoTime();
        RoundReport report;
        Launcher launcher = new Launcher(request, clusters);
        try (EndOfClient ignored = EndOfClient.guard(launcher, error)) {
            report = launcher.run();
        }
        out.println(report.lastLine(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun)));
        List<String> warnings = launcher.warnings();
        warnings.forEach(warning -> error.println("sluice: " + warning));
        return report.failuresTotal() > 0 || !warnings.isEmpty() ? PARTIAL : OK;
    }

    /**
     * The archive's path as all processes of the cluster can use it: not relative to this one's
     * directory, and a URI can say it, as Flink names checkpoints and savepoints.
     */
    private byte[] archive() throws IOException {
        byte[] given = options.archive();
        if (given[0] != '/') {
            byte[] here = Posix.readlink(Posix.AT_FDCWD, WORKING_DIRECTORY);
            byte[] absolute = Arrays.copyOf(here, here.length + 1 + given.length);
            absolute[here.length] = '/';
            System.arraycopy(given, 0, absolute, here.length + 1, given.length);
            given = absolute;
        }
        if (!Archive.isPlainPath(given)) {
            throw new SluiceException(
                    "archive "
                            + Text.quote(given)
                            + " has a path that Flink cannot name on a cluster; use letters, digits and '/._-' only");
        }
        return given;
    }
}
