package io.sluice.cli;

import io.sluice.bacula.set.RestorePlan;
import io.sluice.bacula.set.RoundRecord;
import io.sluice.bacula.set.SetDirectory;
import io.sluice.bacula.set.SetRounds;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice restore-plan}. */
@Command(
        name = "restore-plan",
        description = {
            "Prints what to type in bconsole to restore a whole set: the jobs of all shards, of the newest round and"
                    + " of those that it builds on, in the order of their ends.",
            "bconsole's own 'current' takes the jobs of one FileSet only, which is one shard."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class RestorePlanCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Mixin private SetArgument set;

    @Option(
            names = "--before",
            paramLabel = "TIME",
            description =
                    "As it was then: YYYY-MM-DD, YYYY-MM-DDTHH:MM:SS in this host's time, or with a zone.")
    private String before;

    @Option(
            names = "--path",
            paramLabel = "P",
            description = "Only this, as it stands in the catalog: with /@hpc before it.")
    private String path;

    @Option(
            names = "--streams",
            paramLabel = "N",
            defaultValue = "1",
            description = "So many restores, to be started side by side, each of other names.")
    private int streams;

    @Override
    public Integer call() throws Exception {
        if (streams < 1 || streams > 64) {
            throw new ParameterException(
                    spec.commandLine(), "--streams must be 1 to 64, not " + streams);
        }
        SetDirectory directory = set.open();
        RestorePlan plan =
                RestorePlan.of(directory, new SetRounds(directory), before == null ? null : time());
        List<String> rounds =
                plan.rounds().stream().map(round -> Integer.toString(round.round())).toList();
        RoundRecord last = plan.rounds().get(plan.rounds().size() - 1);
        SluiceCommand.ERR.println(
                "sluice: set "
                        + directory.name()
                        + " as of round "
                        + last.round()
                        + " ("
                        + last.started()
                        + "), from rounds "
                        + String.join(", ", rounds));
        plan.doubts().forEach(doubt -> SluiceCommand.ERR.println("sluice: " + doubt));
        new RestoreLines(directory, plan, path, streams)
                .lines()
                .forEach(SluiceCommand.OUT::println);
        return plan.doubts().isEmpty() ? ExitCode.OK : ExitCode.PARTIAL;
    }

    private Instant time() {
        try {
            if (before.length() == 10) {
                return LocalDate.parse(before)
                        .plusDays(1)
                        .atStartOfDay(ZoneId.systemDefault())
                        .toInstant();
            }
            if (before.endsWith("Z") || before.matches(".*[+-][0-9]{2}:[0-9]{2}")) {
                return DateTimeFormatter.ISO_OFFSET_DATE_TIME.parse(before, Instant::from);
            }
            return LocalDateTime.parse(before).atZone(ZoneId.systemDefault()).toInstant();
        } catch (DateTimeException e) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--before must be YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS, not " + before,
                    e);
        }
    }
}
