package io.sluice.cli;

import io.sluice.common.pattern.Excludes;
import io.sluice.common.posix.Posix;
import io.sluice.common.round.Content;
import io.sluice.pipeline.launch.BackupRequest;
import io.sluice.pipeline.launch.Launcher;
import io.sluice.pipeline.launch.Level;
import io.sluice.pipeline.report.RoundReport;
import io.sluice.ptcomm.archive.Compression;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code sluice backup}. */
@Command(
        name = "backup",
        description = "Backs up a directory tree into an archive directory.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class BackupCommand implements Callable<Integer> {
    private static final int MAX_SHARDS = 256;
    private static final int MAX_WORKERS = 1024;

    @Spec private CommandSpec spec;

    @Parameters(
            converter = PathArgument.class,
            paramLabel = "PATH",
            description = "The directory to back up.")
    private String path;

    @Option(
            converter = PathArgument.class,
            names = "--to",
            required = true,
            paramLabel = "ARCHIVE",
            description = "The archive: a directory, made when missing.")
    private String archive;

    @Option(
            names = "--shards",
            paramLabel = "N",
            description =
                    "Streams, 1 to 256 (default: the archive's, for a new one the number of cores, at most 4).")
    private int shards;

    @Option(
            names = "--workers",
            paramLabel = "N",
            description =
                    "Metadata calls in flight, 1 to 1024 (default: 4 for each core, at most 64).")
    private int workers;

    @Option(
            names = "--level",
            paramLabel = "full|incremental|differential|auto",
            defaultValue = "auto",
            converter = LevelConverter.class,
            description =
                    "Whether to store everything, or what changed since the last round, or since the last full one;"
                            + " auto: incremental where there is a round to go on from (default: ${DEFAULT-VALUE}).")
    private Level level;

    @Option(
            names = "--accept-deletes",
            description =
                    "Delete from the backup what is gone, however much that is. Without it, more than a fifth"
                            + " (and 1,000 names), or more than half, is kept.")
    private boolean acceptDeletes;

    @Option(
            names = "--content",
            paramLabel = "full|metadata",
            defaultValue = "full",
            converter = ContentConverter.class,
            description = "Whether to store the files' data (default: ${DEFAULT-VALUE}).")
    private Content content;

    @Option(
            names = "--compress",
            paramLabel = "zstd|none",
            defaultValue = "zstd",
            converter = CompressionConverter.class,
            description = "How to compress (default: ${DEFAULT-VALUE}).")
    private Compression compression;

    @Option(
            names = "--exclude",
            paramLabel = "PATTERN",
            description =
                    "Leave out what matches, by the rules of gitignore, relative to PATH; may be repeated.")
    private List<String> patterns = List.of();

    @Option(
            names = "--exclude-file",
            paramLabel = "FILE",
            description = "Leave out what the patterns of FILE match; may be repeated.")
    private List<String> patternFiles = List.of();

    @Option(
            names = "--exclude-if-present",
            paramLabel = "NAME",
            description =
                    "Leave out what lies beside a file NAME, not its directory and itself; may be repeated.")
    private List<String> markers = List.of();

    @Option(
            names = "--cross-mounts",
            description = "Also back up the filesystems that are mounted below PATH.")
    private boolean crossMounts;

    @Option(
            names = "--one-file-system",
            description = "Stay on the filesystem of PATH; this is the default.")
    private boolean oneFileSystem;

    @Option(names = "--allow-empty", description = "Also back up a directory that holds nothing.")
    private boolean allowEmpty;

    @Option(names = "--json", description = "Print the report as JSON.")
    private boolean json;

    /** Reads, and names in its complaint, the words as the help has them. */
    static final class LevelConverter implements ITypeConverter<Level> {
        @Override
        public Level convert(String text) {
            for (Level level : Level.values()) {
                if (level.text().equals(text.toLowerCase(Locale.ROOT))) {
                    return level;
                }
            }
            throw new TypeConversionException(
                    "'" + text + "' is none of full, incremental, differential, auto");
        }
    }

    /** Reads, and names in its complaint, the words as the help has them. */
    static final class ContentConverter implements ITypeConverter<Content> {
        @Override
        public Content convert(String text) {
            return switch (text.toLowerCase(Locale.ROOT)) {
                case "full" -> Content.FULL;
                case "metadata" -> Content.METADATA;
                default ->
                        throw new TypeConversionException(
                                "'" + text + "' is none of full, metadata");
            };
        }
    }

    /** Reads, and names in its complaint, the words as the help has them. */
    static final class CompressionConverter implements ITypeConverter<Compression> {
        @Override
        public Compression convert(String text) {
            return switch (text.toLowerCase(Locale.ROOT)) {
                case "zstd" -> Compression.ZSTD;
                case "none" -> Compression.NONE;
                default ->
                        throw new TypeConversionException("'" + text + "' is none of zstd, none");
            };
        }
    }

    @Override
    public Integer call() throws Exception {
        range("--shards", shards, MAX_SHARDS);
        range("--workers", workers, MAX_WORKERS);
        if (crossMounts && oneFileSystem) {
            throw new ParameterException(
                    spec.commandLine(), "--cross-mounts and --one-file-system exclude each other");
        }
        Excludes excludes = new ExcludeArguments(spec).read(patterns, patternFiles, markers);
        // An archive holds everybody's data and names; Flink and RocksDB make files there too.
        Posix.umask(0077);
        long begun = System.nanoTime();
        Launcher launcher =
                new Launcher(
                        BackupRequest.of(RawArguments.bytes(path), RawArguments.bytes(archive))
                                .withLevel(level)
                                .withAcceptDeletes(acceptDeletes)
                                .withShards(shards)
                                .withWorkers(workers)
                                .withContent(content, compression)
                                .withCoverage(excludes, crossMounts, allowEmpty));
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

    /** Zero is the default, and not for the user to say. */
    private void range(String option, int value, int max) {
        boolean given = spec.commandLine().getParseResult().hasMatchedOption(option);
        if (given && (value < 1 || value > max)) {
            throw new ParameterException(
                    spec.commandLine(), option + " must be 1 to " + max + ", not " + value);
        }
    }
}
