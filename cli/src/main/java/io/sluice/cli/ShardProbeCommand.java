package io.sluice.cli;

import io.sluice.bacula.config.ShardForm;
import io.sluice.bacula.config.ShardForm.Strategy;
import io.sluice.common.change.Listing;
import io.sluice.common.entry.EntryCursor;
import io.sluice.common.entry.EntryKind;
import io.sluice.common.entry.Stat;
import io.sluice.common.posix.FileType;
import io.sluice.common.shard.MetadataTargets;
import io.sluice.common.shard.Sharding;
import io.sluice.common.text.Text;
import io.sluice.lustre.file.LustreTargets;
import io.sluice.pipeline.options.ExcludeArguments;
import io.sluice.pipeline.options.PathArgument;
import io.sluice.pipeline.options.RawArguments;
import io.sluice.scan.ScanOptions;
import io.sluice.scan.reader.LocalScan;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sluice shard-probe}. */
@Command(
        name = "shard-probe",
        description =
                "Walks a tree and prints how its entries would spread over shards. Backs up nothing.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class ShardProbeCommand implements Callable<Integer> {
    private static final int WORKERS_PER_CORE = 4;
    private static final int MAX_DEFAULT_WORKERS = 64;

    @Spec private CommandSpec spec;

    @Parameters(
            converter = PathArgument.class,
            paramLabel = "PATH",
            description = "The directory to walk.")
    private String path;

    @Option(
            names = "--shards",
            required = true,
            paramLabel = "N",
            description = "Shards, 1 to 256.")
    private int shards;

    @Option(
            names = "--strategy",
            paramLabel = "none|inode-hash|subtree|mtime-bucket|lustre-mdt",
            defaultValue = "inode-hash",
            converter = GenFilesetCommand.StrategyConverter.class,
            description = "How entries are dealt out (default: ${DEFAULT-VALUE}).")
    private Strategy strategy;

    @Option(
            names = "--workers",
            paramLabel = "N",
            description =
                    "Metadata calls in flight, 1 to 1024 (default: 4 for each core, at most 64).")
    private int workers;

    @Option(
            names = "--exclude",
            paramLabel = "PATTERN",
            description = "As for backup; may be repeated.")
    private List<String> patterns = List.of();

    @Option(
            names = "--exclude-file",
            paramLabel = "FILE",
            description = "As for backup; may be repeated.")
    private List<String> patternFiles = List.of();

    @Option(
            names = "--exclude-if-present",
            paramLabel = "NAME",
            description = "As for backup; may be repeated.")
    private List<String> markers = List.of();

    @Option(names = "--cross-mounts", description = "Also enter what is mounted below PATH.")
    private boolean crossMounts;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    private long[] entries;
    private long[] bytes;
    private long unreadable;
    private long failedDirectories;

    @Override
    public Integer call() throws Exception {
        Sharding sharding = sharding();
        entries = new long[shards];
        bytes = new long[shards];
        ScanOptions options =
                ScanOptions.of(RawArguments.bytes(path), 1, workers())
                        .withCrossMounts(crossMounts)
                        .withExcludes(
                                new ExcludeArguments(spec).read(patterns, patternFiles, markers))
                        .withTargets(
                                strategy == Strategy.LUSTRE_MDT
                                        ? LustreTargets.of(RawArguments.bytes(path))
                                        : MetadataTargets.NONE);
        long begun = System.nanoTime();
        LocalScan.run(options, SpillDirectory.path(), listing -> count(listing, sharding));
        long elapsedMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
        if (json) {
            SluiceCommand.OUT.println(ReportText.json(fields(elapsedMs)));
        } else {
            print(elapsedMs);
        }
        return unreadable + failedDirectories > 0 ? ExitCode.PARTIAL : ExitCode.OK;
    }

    private Sharding sharding() {
        range("--shards", shards, ShardForm.MAX_SHARDS);
        if (strategy == Strategy.NONE && shards != 1) {
            throw new ParameterException(
                    spec.commandLine(), "--strategy none is one shard, not " + shards);
        }
        String note = ShardForm.noteOnTargets(strategy, RawArguments.bytes(path));
        if (note != null) {
            SluiceCommand.ERR.println("sluice: " + note);
        }
        return strategy.dealing().over(shards, Instant.now().getEpochSecond());
    }

    private int workers() {
        if (spec.commandLine().getParseResult().hasMatchedOption("--workers")) {
            range("--workers", workers, ScanOptions.MAX_WORKERS);
            return workers;
        }
        int cores = Runtime.getRuntime().availableProcessors();
        return Math.min(MAX_DEFAULT_WORKERS, WORKERS_PER_CORE * cores);
    }

    private void range(String option, int value, int max) {
        if (value < 1 || value > max) {
            throw new ParameterException(
                    spec.commandLine(), option + " must be 1 to " + max + ", not " + value);
        }
    }

    private void count(Listing listing, Sharding sharding) {
        if (listing.errno() != 0) {
            failedDirectories++;
        }
        for (EntryCursor entry = listing.cursor(); entry.next(); ) {
            if (entry.kind().hasStat()) {
                int shard = sharding.shardOf(entry, listing.target());
                Stat stat = entry.stat();
                entries[shard]++;
                if (entry.type() == FileType.REGULAR) {
                    // Each of a file's names bears its part of the data, which is stored once.
                    bytes[shard] += stat.size() / Math.max(1, stat.links());
                }
            } else if (entry.kind() == EntryKind.UNREADABLE) {
                unreadable++;
            }
        }
    }

    private void print(long elapsedMs) {
        long allEntries = Arrays.stream(entries).sum();
        long allBytes = Arrays.stream(bytes).sum();
        SluiceCommand.OUT.printf(
                Locale.ROOT,
                "%s: %s, %s, walked in %.1f s%n",
                Text.quote(RawArguments.bytes(path)),
                ReportText.count(allEntries, "entry", "entries"),
                ReportText.size(allBytes),
                elapsedMs / 1000.0);
        for (int shard = 0; shard < shards; shard++) {
            SluiceCommand.OUT.printf(
                    Locale.ROOT,
                    "%7s %15s %5.1f %%  %12s %5.1f %%%n",
                    shard + "/" + shards,
                    ReportText.number(entries[shard]),
                    percent(entries[shard], allEntries),
                    ReportText.size(bytes[shard]),
                    percent(bytes[shard], allBytes));
        }
        SluiceCommand.OUT.printf(
                Locale.ROOT,
                "skew: the largest shard has %.2f times the mean's entries, %.2f times its bytes%n",
                skew(entries),
                skew(bytes));
        if (unreadable + failedDirectories > 0) {
            SluiceCommand.OUT.println(
                    "not counted: "
                            + ReportText.count(unreadable, "name")
                            + " without attributes, "
                            + ReportText.count(failedDirectories, "directory", "directories")
                            + " not listed; run as root");
        }
    }

    private Map<String, Object> fields(long elapsedMs) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("path", Text.escape(RawArguments.bytes(path)));
        fields.put("strategy", strategy.text());
        List<Object> each = new ArrayList<>();
        for (int shard = 0; shard < shards; shard++) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("shard", shard);
            one.put("entries", entries[shard]);
            one.put("bytes", bytes[shard]);
            each.add(one);
        }
        fields.put("shards", each);
        fields.put("skew_entries", skew(entries));
        fields.put("skew_bytes", skew(bytes));
        fields.put("unreadable", unreadable);
        fields.put("failed_directories", failedDirectories);
        fields.put("elapsed_ms", elapsedMs);
        return fields;
    }

    private static double percent(long part, long all) {
        return all == 0 ? 0 : 100.0 * part / all;
    }

    /** The largest over the mean; 1 where there is nothing. */
    private static double skew(long[] counts) {
        long all = Arrays.stream(counts).sum();
        return all == 0
                ? 1
                : (double) Arrays.stream(counts).max().orElseThrow() * counts.length / all;
    }
}
