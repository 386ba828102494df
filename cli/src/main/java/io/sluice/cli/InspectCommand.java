package io.sluice.cli;

import io.sluice.common.text.Text;
import io.sluice.pipeline.index.SavepointIndex;
import io.sluice.pipeline.launch.SavepointPlace;
import io.sluice.pipeline.options.PathArgument;
import io.sluice.pipeline.options.RawArguments;
import io.sluice.pipeline.savepoint.Savepoint;
import io.sluice.pipeline.savepoint.SavepointStates;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sluice inspect}. */
@Command(
        name = "inspect",
        description = "Shows what the index knows, as a round's savepoint keeps it.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class InspectCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(
            converter = PathArgument.class,
            paramLabel = "SAVEPOINT",
            description = "A directory savepoint-…, or an archive.")
    private String savepoint;

    @Option(
            names = "--round",
            paramLabel = "latest|R|DATE",
            converter = RoundChoice.Converter.class,
            description = "The round of the archive (default: latest).")
    private RoundChoice round;

    @Option(
            names = "--path",
            paramLabel = "P",
            converter = PathArgument.class,
            description = {
                "Print what is known of the children of this directory,",
                "relative to the one that was backed up; . is that directory."
            })
    private String path;

    @Option(names = "--json", description = "Print JSON; children as one object a line.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        return Interruption.guard(
                this::inspect, Interruption.ofThisThread(), "interrupted, nothing was changed");
    }

    private int inspect() throws IOException {
        try (SavepointPlace place = place();
                TemporaryDirectory work = new TemporaryDirectory()) {
            Savepoint opened = Savepoint.open(place.directory(), place.quoted());
            SavepointStates states = new SavepointStates(opened, work.path());
            SavepointIndex index = new SavepointIndex(states);
            if (path != null) {
                return children(index);
            }
            SavepointSummary summary = SavepointSummary.of(place, opened, states, index);
            if (json) {
                SluiceCommand.OUT.println(ReportText.json(summary.fields()));
            } else {
                summary.print(SluiceCommand.OUT);
            }
            summary.doubts().forEach(doubt -> SluiceCommand.ERR.println("sluice: " + doubt));
            return summary.doubts().isEmpty() ? ExitCode.OK : ExitCode.PARTIAL;
        }
    }

    private SavepointPlace place() throws IOException {
        byte[] name = RawArguments.bytes(savepoint);
        if (SavepointPlace.isArchive(name)) {
            return SavepointPlace.ofRound(name, (round == null ? RoundChoice.LATEST : round)::of);
        }
        if (round != null) {
            throw new ParameterException(
                    spec.commandLine(), "--round chooses a round of an archive; name the archive");
        }
        return SavepointPlace.of(name);
    }

    private int children(SavepointIndex index) throws IOException {
        byte[] directory = EntryPath.of(path);
        if (new ChildList(json).print(index, directory)) {
            return ExitCode.OK;
        }
        SluiceCommand.ERR.println(
                "sluice: the index knows no directory "
                        + Text.quote(directory)
                        + "; paths are relative to the directory that was backed up");
        return ExitCode.PARTIAL;
    }
}
