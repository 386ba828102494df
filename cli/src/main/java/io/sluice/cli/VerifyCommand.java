package io.sluice.cli;

import io.sluice.common.posix.FileIdentity;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.PosixException;
import io.sluice.common.posix.Statx;
import io.sluice.pipeline.launch.Coverage;
import io.sluice.pipeline.options.PathArgument;
import io.sluice.pipeline.options.RawArguments;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.restore.ArchiveStreams;
import io.sluice.restore.Difference;
import io.sluice.restore.LiveComparison;
import io.sluice.restore.RestoreLine;
import io.sluice.restore.Verifier;
import io.sluice.restore.VerifyListener;
import io.sluice.restore.VerifyReport;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sluice verify}. */
@Command(
        name = "verify",
        description =
                "Reads a round and those that it builds on, and checks every sum; compares it with a live tree.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class VerifyCommand implements Callable<Integer> {
    @Mixin private ArchiveOptions archive;

    @Option(
            converter = PathArgument.class,
            names = "--against",
            paramLabel = "PATH",
            description = "Also compare with this live tree.")
    private String against;

    @Override
    public Integer call() throws Exception {
        VerifyReport report =
                Interruption.guard(this::verify, Interruption.ofThisThread(), "interrupted");
        SluiceCommand.OUT.println(
                ReportText.number(report.entries())
                        + " entries, "
                        + ReportText.size(report.bytes())
                        + " of data read: "
                        + (report.isIntact() ? "intact" : "damaged"));
        if (!report.isIntact()) {
            SluiceCommand.ERR.println(ReportText.DAMAGE_MEND);
            SluiceCommand.OUT.println(
                    "  damaged segments: "
                            + report.damagedSegments()
                            + ", damaged entries: "
                            + report.damaged()
                            + ", lost entries: "
                            + Math.max(report.unseen(), report.expected() - report.entries()));
        }
        if (report.torn() > 0) {
            SluiceCommand.OUT.println(
                    "  torn, changed while they were backed up: "
                            + ReportText.number(report.torn()));
        }
        report.differences()
                .forEach(
                        (kind, n) ->
                                SluiceCommand.OUT.println(
                                        "  differs: " + kind.text() + ": " + ReportText.number(n)));
        if (against != null && report.differences().isEmpty()) {
            SluiceCommand.OUT.println("  no difference from the live tree");
        }
        return report.isIntact() && report.differences().isEmpty() ? ExitCode.OK : ExitCode.PARTIAL;
    }

    /** What the archive's directory is: a backup leaves it out where it lies inside the tree. */
    private static FileIdentity identity(byte[] directory) throws PosixException {
        int fd = Posix.open(Posix.AT_FDCWD, directory, Posix.O_PATH | Posix.O_DIRECTORY, 0);
        try {
            Statx stat = new Statx();
            Posix.stat(fd, stat);
            return FileIdentity.of(stat);
        } finally {
            Posix.close(fd);
        }
    }

    private VerifyReport verify() throws Exception {
        try (Archive opened = archive.open()) {
            ArchiveStreams streams = archive.streams(opened);
            Findings damages = new Findings();
            Findings differences = new Findings();
            Verifier verifier =
                    new Verifier(
                            new VerifyListener() {
                                @Override
                                public void damaged(RestoreLine line) {
                                    damages.add(line.text());
                                }

                                @Override
                                public void difference(Difference difference) {
                                    differences.add(difference.text());
                                }
                            });
            VerifyReport report =
                    against == null
                            ? verifier.run(streams)
                            : verifier.run(
                                    streams,
                                    new LiveComparison(
                                            RawArguments.bytes(against),
                                            true,
                                            SpillDirectory.path(),
                                            Set.of(identity(archive.path())),
                                            Coverage.of(opened, streams.round().manifest().round())
                                                    .excludes()));
            damages.end();
            differences.end();
            return report;
        }
    }
}
