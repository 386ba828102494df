package io.sluice.cli;

import io.sluice.common.posix.Posix;
import io.sluice.pipeline.launch.BackupRequest;
import io.sluice.pipeline.launch.Launcher;
import io.sluice.pipeline.options.BackupOptions;
import io.sluice.pipeline.options.PathArgument;
import io.sluice.pipeline.options.RawArguments;
import io.sluice.pipeline.report.RoundReport;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sluice backup}. */
@Command(
        name = "backup",
        description = "Backs up a directory tree into an archive directory.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class BackupCommand implements Callable<Integer> {
    @Parameters(
            converter = PathArgument.class,
            paramLabel = "PATH",
            description = "The directory to back up.")
    private String path;

    @Mixin private BackupOptions options;

    @Option(names = "--json", description = "Print the report as JSON.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        BackupRequest request = options.request(RawArguments.bytes(path), options.archive());
        // An archive holds everybody's data and names; Flink and RocksDB make files there too.
        Posix.umask(0077);
        long begun = System.nanoTime();
        Launcher launcher = new Launcher(request);
        RoundReport report;
        try (ProgressLine ignored = ProgressLine.start(begun)) {
            report =
                    Interruption.guard(
                            launcher::run, launcher::interrupt, "interrupted, nothing committed");
        }
        long elapsedMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
        if (json) {
            SluiceCommand.OUT.println(ReportText.json(report));
        } else {
            ReportText.print(report, elapsedMs, SluiceCommand.OUT);
        }
        List<String> warnings = launcher.warnings();
        warnings.forEach(warning -> SluiceCommand.ERR.println("sluice: " + warning));
        return report.failuresTotal() > 0 || !warnings.isEmpty() ? ExitCode.PARTIAL : ExitCode.OK;
    }
}
