package io.sluice.cli;

import io.sluice.bacula.set.Arrival;
import io.sluice.bacula.set.History;
import io.sluice.bacula.set.Progress;
import io.sluice.bacula.set.Rendezvous;
import io.sluice.bacula.set.RoundRecord;
import io.sluice.bacula.set.SetDirectory;
import io.sluice.bacula.set.SetRounds;
import io.sluice.bacula.set.ShardProgress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code sluice status}. */
@Command(
        name = "status",
        description =
                "Prints of each set of Bacula jobs, or of one, who is there and how far its round is.",
        mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer> {
    @Parameters(paramLabel = "SET", arity = "0..1", description = "The set (default: all).")
    private String name;

    @Override
    public Integer call() {
        Path base = SetArgument.base();
        List<String> names = name == null ? SetDirectory.names(base) : List.of(name);
        if (names.isEmpty()) {
            SluiceCommand.OUT.println("no job has run on this host yet: '" + base + "' has no set");
        }
        for (String each : names) {
            print(SetDirectory.existing(base, each));
        }
        return ExitCode.OK;
    }

    private static void print(SetDirectory set) {
        List<Arrival> present = Rendezvous.presentIn(set);
        History history = new SetRounds(set).read();
        if (present.isEmpty()) {
            List<RoundRecord> rounds = history.rounds();
            RoundRecord last = rounds.isEmpty() ? null : rounds.get(rounds.size() - 1);
            SluiceCommand.OUT.println(
                    "set "
                            + set.name()
                            + ": no job is there; "
                            + (last == null
                                    ? "no round yet"
                                    : "the last round was "
                                            + last.round()
                                            + " ("
                                            + last.level()
                                            + ", "
                                            + last.started()
                                            + (history.stands(last)
                                                    ? ")"
                                                    : "), and does not stand")));
            return;
        }
        int shards = present.get(0).shards();
        SluiceCommand.OUT.println(
                "set " + set.name() + ": " + present.size() + " of " + shards + " jobs are there");
        for (int shard = 0; shard < shards; shard++) {
            SluiceCommand.OUT.println("    shard " + shard + "  " + line(set, present, shard));
        }
        Progress progress = Progress.read(set);
        if (progress != null) {
            SluiceCommand.OUT.println("    " + progress.text());
        }
        ShardProgress.slowest(set, present)
                .ifPresent(slowest -> SluiceCommand.OUT.println("    slowest: " + slowest));
    }

    private static String line(SetDirectory set, List<Arrival> present, int shard) {
        for (Arrival arrival : present) {
            if (arrival.shard() == shard) {
                ShardProgress progress = ShardProgress.read(set, shard);
                return arrival.job()
                        + "  "
                        + arrival.level().text()
                        + "  on "
                        + arrival.host()
                        + ", process "
                        + arrival.pid()
                        + (progress == null ? "" : "  " + progress.text());
            }
        }
        return "has not come";
    }
}
