package io.sluice.cli;

import io.sluice.bacula.set.History;
import io.sluice.bacula.set.Mark;
import io.sluice.bacula.set.RoundRecord;
import io.sluice.bacula.set.SetDirectory;
import io.sluice.bacula.set.SetRounds;
import io.sluice.common.SluiceException;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice set}. */
@Command(
        name = "set",
        description = "Looks at a set of Bacula jobs, and tells its next round what is wanted.",
        mixinStandardHelpOptions = true)
final class SetCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "what of the set? Say show, rebaseline, accept-deletes or rerun");
    }

    @Command(
            name = "show",
            description = "Prints the set's rounds, with their jobs and how these ended.",
            mixinStandardHelpOptions = true)
    int show(@Mixin SetArgument argument) {
        SetDirectory set = argument.open();
        SluiceCommand.OUT.println("set " + set.name() + " in " + set.path());
        for (Mark mark : Mark.values()) {
            if (mark.isSet(set)) {
                SluiceCommand.OUT.println("the next round: " + mark.text());
            }
        }
        History history = new SetRounds(set).read();
        for (RoundRecord round : history.rounds()) {
            SluiceCommand.OUT.println(
                    "round "
                            + round.round()
                            + "  "
                            + round.level()
                            + (round.base() == null ? "" : " since " + round.base())
                            + "  "
                            + round.started()
                            + (history.stands(round) ? "" : "  does not stand"));
            for (RoundRecord.Job job : round.jobs()) {
                SluiceCommand.OUT.println(
                        "    shard "
                                + job.shard()
                                + "  "
                                + job.name()
                                + "  JobId "
                                + job.id()
                                + "  "
                                + job.level().text()
                                + "  "
                                + job.verdict().name().toLowerCase(Locale.ROOT));
            }
        }
        return ExitCode.OK;
    }

    @Command(
            name = "rebaseline",
            description = "The next round stores everything, whatever its jobs' level is.",
            mixinStandardHelpOptions = true)
    int rebaseline(@Mixin SetArgument argument) {
        return mark(argument, Mark.REBASELINE);
    }

    @Command(
            name = "accept-deletes",
            description =
                    "The next round deletes from the backup what is gone, however much that is.",
            mixinStandardHelpOptions = true)
    int acceptDeletes(@Mixin SetArgument argument) {
        return mark(argument, Mark.ACCEPT_DELETES);
    }

    private static int mark(SetArgument argument, Mark mark) {
        SetDirectory set = argument.open();
        mark.set(set);
        SluiceCommand.OUT.println(
                "set " + set.name() + ": " + mark.text() + " holds for the next round that stands");
        return ExitCode.OK;
    }

    @Command(
            name = "rerun",
            description = "Prints the bconsole commands that run the jobs of the last round again.",
            mixinStandardHelpOptions = true)
    int rerun(@Mixin SetArgument argument) {
        SetDirectory set = argument.open();
        List<RoundRecord> rounds = new SetRounds(set).read().rounds();
        if (rounds.isEmpty()) {
            throw new SluiceException("set " + set.name() + " has had no round yet");
        }
        for (RoundRecord.Job job : rounds.get(rounds.size() - 1).jobs()) {
            SluiceCommand.OUT.println(
                    "run job=\""
                            + resource(job.name())
                            + "\" level="
                            + job.level().text()
                            + " yes");
        }
        return ExitCode.OK;
    }

    /** A unique name is the job's, a dot, date and time, and a number. */
    private static String resource(String unique) {
        return unique.replaceAll(
                "\\.[0-9]{4}-[0-9]{2}-[0-9]{2}_[0-9]{2}\\.[0-9]{2}\\.[0-9]{2}_[0-9]+$", "");
    }
}
