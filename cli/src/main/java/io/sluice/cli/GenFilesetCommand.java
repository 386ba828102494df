package io.sluice.cli;

import io.sluice.bacula.config.ShardForm;
import io.sluice.bacula.config.ShardForm.Strategy;
import io.sluice.bacula.director.JobSet;
import io.sluice.bacula.director.WrittenFile;
import io.sluice.common.SluiceException;
import io.sluice.pipeline.options.PathArgument;
import io.sluice.pipeline.options.RawArguments;
import io.sluice.pipeline.options.WordConverter;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice gen-fileset}. */
@Command(
        name = "gen-fileset",
        description = "Writes the Director's resources for the jobs of a set.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class GenFilesetCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Option(
            names = "--strategy",
            paramLabel = "none|inode-hash|subtree|mtime-bucket|lustre-mdt",
            defaultValue = "inode-hash",
            converter = StrategyConverter.class,
            description =
                    "How entries are dealt out to the jobs (default: ${DEFAULT-VALUE}). subtree makes a set of each PATH.")
    private Strategy strategy;

    @Option(
            names = "--shards",
            paramLabel = "N",
            defaultValue = "1",
            description = "Jobs of a set, 1 to 256 (default: ${DEFAULT-VALUE}).")
    private int shards;

    @Option(
            names = "--path",
            required = true,
            paramLabel = "P",
            converter = PathArgument.class,
            description = "The directory to back up, absolute; with --strategy subtree several.")
    private List<String> paths;

    @Option(
            names = "--client",
            required = true,
            paramLabel = "C",
            description = "The Client resource.")
    private String client;

    @Option(
            names = "--storage",
            required = true,
            split = ",",
            paramLabel = "S1,S2",
            description = "Storage resources; the jobs take them in turn.")
    private List<String> storages;

    @Option(names = "--pool", required = true, paramLabel = "P", description = "The Pool resource.")
    private String pool;

    @Option(
            names = "--output",
            required = true,
            paramLabel = "DIR",
            converter = PathArgument.class,
            description = "Where the files go; the directory must exist.")
    private String output;

    @Option(
            names = "--per-shard-pool",
            description =
                    "Define a pool for each job, with volumes of its own, instead of using --pool itself.")
    private boolean perShardPool;

    @Option(
            names = "--schedule",
            paramLabel = "S",
            description = "The Schedule resource (default: none).")
    private String schedule;

    @Option(
            names = "--mode",
            paramLabel = "M",
            description = "The jobs' mode (default: the site's).")
    private String mode;

    @Option(
            names = "--set",
            paramLabel = "NAME",
            description = "Name of set and jobs (default: made of path and number of shards).")
    private String set;

    @Option(names = "--accurate", description = "Make the jobs Accurate.")
    private boolean accurate;

    @Option(
            names = "--messages",
            paramLabel = "M",
            defaultValue = "Standard",
            description = "The Messages resource (default: ${DEFAULT-VALUE}).")
    private String messages;

    static final class StrategyConverter extends WordConverter<Strategy> {
        StrategyConverter() {
            super(Strategy::text, Strategy.values());
        }
    }

    @Override
    public Integer call() throws IOException {
        List<JobSet> sets = sets();
        Path directory = directory();
        Map<Path, byte[]> files = new LinkedHashMap<>();
        for (JobSet each : sets) {
            String there =
                    new String(
                            directory.toString().getBytes(StandardCharsets.UTF_8),
                            StandardCharsets.ISO_8859_1);
            each.files(there).forEach((name, text) -> files.put(directory.resolve(name), text));
        }
        files.forEach(
                (path, text) -> {
                    WrittenFile written = WrittenFile.of(path, text);
                    SluiceCommand.OUT.println(
                            (written.changed() ? "Wrote: " : "Unchanged: ") + written.path());
                });
        for (JobSet each : sets) {
            tellStale(directory, each, files);
        }
        tellSettings(sets, directory);
        // With this strategy there is one path.
        String note = ShardForm.noteOnTargets(strategy, RawArguments.bytes(paths.get(0)));
        if (note != null) {
            SluiceCommand.OUT.println("Note: " + note);
        }
        return ExitCode.OK;
    }

    private List<JobSet> sets() {
        List<String> clean = paths.stream().map(JobSet::cleanPath).toList();
        if (strategy != Strategy.SUBTREE && clean.size() > 1) {
            throw new ParameterException(
                    spec.commandLine(), "several --path are for --strategy subtree only");
        }
        if (set != null && clean.size() > 1) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--set names one set, and each --path is one; leave it out");
        }
        for (int i = 0; i < clean.size(); i++) {
            for (int j = 0; j < clean.size(); j++) {
                if (i != j && isWithin(clean.get(i), clean.get(j))) {
                    throw new ParameterException(
                            spec.commandLine(),
                            "--path '"
                                    + clean.get(j)
                                    + "' lies in '"
                                    + clean.get(i)
                                    + "': its entries would be in two jobs");
                }
            }
        }
        List<JobSet> sets = new ArrayList<>();
        for (String path : clean) {
            sets.add(
                    new JobSet(
                            strategy,
                            shards,
                            path,
                            client,
                            storages,
                            pool,
                            perShardPool,
                            schedule,
                            mode,
                            set,
                            accurate,
                            messages));
        }
        return sets;
    }

    private static boolean isWithin(String path, String inner) {
        return (inner + "/").startsWith(path.equals("/") ? path : path + "/");
    }

    private Path directory() throws IOException {
        Path directory = RawArguments.path(output).toAbsolutePath().normalize();
        if (!Files.isDirectory(directory)) {
            throw new SluiceException(
                    "--output '"
                            + directory
                            + "' is no directory; make it, where the Director may read");
        }
        return directory;
    }

    /**
     * Files of an earlier call for more shards: their jobs would wait for a set that is no more.
     */
    private static void tellStale(Path directory, JobSet set, Map<Path, byte[]> files)
            throws IOException {
        TreeSet<Path> stale = new TreeSet<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(directory)) {
            for (Path path : all) {
                String name = path.getFileName().toString();
                if (name.startsWith(set.name() + "-")
                        && name.substring(set.name().length()).matches("-[0-9]+\\.conf")
                        && !files.containsKey(path)) {
                    stale.add(path);
                }
            }
        }
        stale.forEach(
                path ->
                        SluiceCommand.OUT.println(
                                "Stale: " + path + " (of another number of shards; remove it)"));
    }

    private void tellSettings(List<JobSet> sets, Path directory) {
        int jobs = sets.size() * shards;
        PrintStream out = SluiceCommand.OUT;
        out.println();
        out.println(
                (jobs == 1 ? "The job needs" : "The " + jobs + " jobs wait for each other and need")
                        + " Maximum Concurrent Jobs of at least");
        out.println("  " + jobs + " in bacula-dir.conf, Director");
        out.println("  " + jobs + " in bacula-dir.conf, Client \"" + client + "\"");
        for (String storage : List.copyOf(new LinkedHashSet<>(storages))) {
            int of = sets.stream().mapToInt(each -> each.jobsOf(storage)).sum();
            out.println(
                    "  " + of + " in bacula-dir.conf, Storage or Autochanger \"" + storage + "\"");
            out.println(
                    "  "
                            + of
                            + " in the bacula-sd.conf of \""
                            + storage
                            + "\", Storage; there also in its devices together, better "
                            + of
                            + " of them");
        }
        out.println("  " + jobs + " in bacula-fd.conf, FileDaemon");
        if (!perShardPool && jobs > 1) {
            out.println(
                    "With one pool all jobs may end on one volume, and then write one after the other: --per-shard-pool.");
        }
        out.println();
        out.println("Name the files in bacula-dir.conf, once:");
        sets.forEach(each -> out.println("  @\"" + directory.resolve(each.includeFile()) + "\""));
        out.println("Check and load them: bacula-dir -t && echo reload | bconsole");
        out.println("See what is still in the way: sluice doctor bacula --shards " + jobs);
    }
}
