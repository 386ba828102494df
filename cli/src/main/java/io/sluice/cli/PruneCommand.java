package io.sluice.cli;

import io.sluice.pipeline.launch.Prune;
import io.sluice.pipeline.launch.Retention;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice prune}. */
@Command(
        name = "prune",
        description = "Removes the rounds of an archive that no rule keeps.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footer = {
            "At least one rule must be given; each looks at the rounds of each content by themselves.",
            "Kept besides: what a kept round builds on, and of each content the newest round and the",
            "newest full one."
        })
final class PruneCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Mixin private ArchiveArgument archive;

    @Option(names = "--keep-last", paramLabel = "N", description = "Keep the last N rounds.")
    private Integer last;

    @Option(
            names = "--keep-daily",
            paramLabel = "N",
            description = "Of each of the last N days with a round keep the youngest round.")
    private Integer daily;

    @Option(names = "--keep-weekly", paramLabel = "N", description = "The same for weeks (ISO).")
    private Integer weekly;

    @Option(names = "--keep-monthly", paramLabel = "N", description = "The same for months.")
    private Integer monthly;

    @Option(names = "--dry-run", description = "Only print what would be done.")
    private boolean dryRun;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        Prune prune = new Prune(archive.path(), retention(), ZoneId.systemDefault());
        List<Prune.Verdict> verdicts = dryRun ? prune.plan() : prune.run();
        long kept = verdicts.stream().filter(Prune.Verdict::kept).count();
        long removed = verdicts.size() - kept;
        long freed =
                verdicts.stream()
                        .filter(verdict -> !verdict.kept())
                        .mapToLong(Prune.Verdict::bytes)
                        .sum();
        if (json) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("dry_run", dryRun);
            fields.put("rounds", verdicts.stream().map(PruneCommand::fields).toList());
            fields.put("kept", kept);
            fields.put("removed", removed);
            fields.put("freed_bytes", freed);
            SluiceCommand.OUT.println(ReportText.json(fields));
        } else {
            verdicts.forEach(PruneCommand::print);
            SluiceCommand.OUT.println(
                    ReportText.count(kept, "round")
                            + " kept, "
                            + ReportText.number(removed)
                            + (dryRun ? " would be removed, " : " removed, ")
                            + ReportText.size(freed)
                            + (dryRun ? " would be freed" : " freed"));
        }
        return ExitCode.OK;
    }

    private Retention retention() {
        if (last == null && daily == null && weekly == null && monthly == null) {
            throw new ParameterException(
                    spec.commandLine(),
                    "what should be kept? Give --keep-last, --keep-daily, --keep-weekly or"
                            + " --keep-monthly");
        }
        return new Retention(
                number("--keep-last", last),
                number("--keep-daily", daily),
                number("--keep-weekly", weekly),
                number("--keep-monthly", monthly));
    }

    private int number(String option, Integer given) {
        if (given != null && given < 1) {
            throw new ParameterException(
                    spec.commandLine(), option + " must be 1 or more, not " + given);
        }
        return given == null ? 0 : given;
    }

    private static Map<String, Object> fields(Prune.Verdict verdict) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("round", verdict.round());
        fields.put("action", action(verdict));
        fields.put("why", verdict.why());
        fields.put("bytes", verdict.bytes());
        return fields;
    }

    private static void print(Prune.Verdict verdict) {
        SluiceCommand.OUT.printf(
                Locale.ROOT,
                "%6d  %-6s  %s%n",
                verdict.round(),
                action(verdict),
                verdict.kept()
                        ? String.join(", ", verdict.why())
                        : ReportText.size(verdict.bytes()));
    }

    private static String action(Prune.Verdict verdict) {
        return verdict.kept() ? "keep" : "remove";
    }
}
