package io.sluice.cli;

import io.sluice.common.SluiceException;
import io.sluice.common.filesystem.FilesystemHooks;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.Posix;
import io.sluice.pipeline.options.PathArgument;
import io.sluice.pipeline.options.RawArguments;
import io.sluice.pipeline.options.WordConverter;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.restore.ArchiveStreams;
import io.sluice.restore.Replace;
import io.sluice.restore.Restore;
import io.sluice.restore.RestoreOptions;
import io.sluice.restore.RestoreReport;
import io.sluice.restore.Selection;
import io.sluice.restore.SkipReason;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sluice restore}. */
@Command(
        name = "restore",
        description = "Restores a round of an archive, or some paths of it, below a directory.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class RestoreCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Mixin private ArchiveOptions archive;

    @Parameters(
            index = "1..*",
            arity = "0..*",
            paramLabel = "PATH",
            description =
                    "What to restore, relative to the directory that was backed up (default: all).")
    private List<String> paths = List.of();

    @Option(
            converter = PathArgument.class,
            names = "--target",
            required = true,
            paramLabel = "DIR",
            description = "Where to restore to, made when missing.")
    private String target;

    @Option(
            names = "--replace",
            paramLabel = "never|always|ifnewer|ifolder",
            defaultValue = "never",
            converter = ReplaceConverter.class,
            description = "What happens to what is there already (default: ${DEFAULT-VALUE}).")
    private Replace replace;

    @Option(
            names = "--hsm-recall",
            description =
                    "On Lustre, fetch files back from tape whose names are kept and whose data is on tape alone.")
    private boolean recall;

    @Option(
            names = "--metadata",
            description = "Of a round without data, restore directories, links and empty files.")
    private boolean metadata;

    /** Reads the forms that Bacula's console also knows. */
    static final class ReplaceConverter extends WordConverter<Replace> {
        ReplaceConverter() {
            super(Replace::text, Replace.values());
        }
    }

    @Override
    public Integer call() throws Exception {
        // What is made here gets its modes explicitly; until then it is the owner's, whatever the
        // umask.
        Posix.umask(0077);
        long begun = System.nanoTime();
        Selection selection = selection();
        RestoreReport report =
                Interruption.guard(
                        () -> restore(selection),
                        Interruption.ofThisThread(),
                        "interrupted; every file that has its name is complete; run the same command again to go on");
        long elapsedMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
        print(report, elapsedMs);
        return report.isComplete() ? ExitCode.OK : ExitCode.PARTIAL;
    }

    private RestoreReport restore(Selection selection) throws Exception {
        try (Archive opened = archive.open()) {
            ArchiveStreams streams = archive.streams(opened);
            if (streams.metadataOnly() && !metadata) {
                throw new SluiceException(
                        "round "
                                + streams.round().manifest().round()
                                + " holds no data (--content metadata); say --metadata to restore its directories, links"
                                + " and empty files");
            }
            if (streams.metadataOnly()) {
                SluiceCommand.ERR.println(
                        "sluice: this round holds no data: only directories, links and empty files are restored");
            }
            Findings findings = new Findings();
            FilesystemHooks hooks = FilesystemHooks.at(RawArguments.bytes(target), recall);
            if (recall && hooks == FilesystemHooks.NONE) {
                throw new SluiceException(
                        "--hsm-recall: the target is on no filesystem that keeps files on tape;"
                                + " leave it out");
            }
            RestoreReport report =
                    new Restore(
                                    RawArguments.bytes(target),
                                    new RestoreOptions(
                                            replace,
                                            selection,
                                            metadata,
                                            SpillDirectory.path(),
                                            hooks),
                                    line -> findings.add(line.text()))
                            .run(streams);
            findings.end();
            hooks.end().forEach(RestoreCommand::count);
            return report;
        }
    }

    private Selection selection() {
        List<byte[]> selected = new ArrayList<>();
        for (String path : paths) {
            if (path.isEmpty()) {
                throw new ParameterException(
                        spec.commandLine(), "a PATH is empty; say . for all of it");
            }
            selected.add(EntryPath.of(path));
        }
        try {
            return Selection.of(selected);
        } catch (SluiceException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private static void print(RestoreReport report, long elapsedMs) {
        SluiceCommand.OUT.println(
                ReportText.count(report.files(), "file")
                        + " ("
                        + ReportText.size(report.bytes())
                        + "), "
                        + ReportText.count(
                                report.directories() + report.parents(), "directory", "directories")
                        + ", "
                        + ReportText.count(report.symlinks(), "symbolic link")
                        + ", "
                        + ReportText.count(report.links(), "further name")
                        + ", "
                        + ReportText.count(report.specials(), "special file")
                        + " restored in "
                        + ReportText.duration(elapsedMs));
        report.skipped()
                .forEach(
                        (reason, n) ->
                                SluiceCommand.OUT.println(
                                        "  skipped: "
                                                + meaning(reason)
                                                + ": "
                                                + ReportText.number(n)));
        line("not restored", report.failed());
        line("restored, but not all attributes could be set", report.attributes());
        count("directories without attributes: the round does not hold them", report.bare());
        count("damaged files, not restored", report.damaged());
        count("damaged segments of the archive", report.damagedSegments());
        if (report.damagedSegments() > 0) {
            SluiceCommand.ERR.println(ReportText.DAMAGE_MEND);
        }
        count("entries of damaged segments, with names and attributes in doubt", report.suspect());
        count("entries lost with damaged segments", report.unseen());
        count(
                "entries that may be outdated, or deleted since: a younger round is damaged",
                report.stale());
        report.blocks()
                .forEach(
                        (kind, n) ->
                                count(kind + " not applied: the target has nothing for it", n));
        count("restored as torn: changed while they were backed up", report.torn());
    }

    private static String meaning(SkipReason reason) {
        return switch (reason) {
            case EXISTS -> "exists (see --replace)";
            case TORN -> "torn at backup, replaces nothing";
            case SUSPECT -> "from a damaged segment, replaces nothing";
            case NO_DATA -> "its data is not in this round";
            case RELEASED -> "its data was on tape alone at backup";
            case METADATA -> "metadata only (see --metadata)";
        };
    }

    private static void line(String what, Map<Integer, Long> byErrno) {
        byErrno.forEach(
                (errno, n) ->
                        SluiceCommand.OUT.println(
                                "  "
                                        + what
                                        + ": "
                                        + Errno.describe(errno)
                                        + ": "
                                        + ReportText.number(n)));
    }

    private static void count(String what, long n) {
        if (n > 0) {
            SluiceCommand.OUT.println("  " + what + ": " + ReportText.number(n));
        }
    }
}
