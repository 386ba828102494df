package io.sluice.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.common.entry.Stat;
import io.sluice.common.text.Text;
import io.sluice.pipeline.options.PathArgument;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.ptcomm.archive.Damage;
import io.sluice.restore.PathHistory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sluice history}. */
@Command(
        name = "history",
        description = "Shows what an archive holds of one path at each of its rounds.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class HistoryCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Mixin private ArchiveArgument archive;

    @Parameters(
            converter = PathArgument.class,
            index = "1",
            paramLabel = "PATH",
            description = "Relative to the directory that was backed up; . is that directory.")
    private String path;

    @Option(names = "--json", description = "Print JSON, one object a line.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        List<Damage> damages = new ArrayList<>();
        boolean met = false;
        boolean unknown = false;
        try (Archive opened = archive.open()) {
            byte[] wanted = EntryPath.of(path);
            for (PathHistory.Step step : new PathHistory(wanted, damages::add).read(opened)) {
                SluiceCommand.OUT.println(json ? jsonLine(step) : line(step));
                met |= step.entry() != null;
                unknown |= step.kind() == PathHistory.Kind.UNKNOWN;
            }
            if (!met) {
                SluiceCommand.ERR.println(
                        "sluice: no round of the archive has " + Text.quote(wanted));
            }
        }
        damages.forEach(SluiceCommand::warnOf);
        return met && !unknown && damages.isEmpty() ? ExitCode.OK : ExitCode.PARTIAL;
    }

    private static String line(PathHistory.Step step) {
        String head =
                String.format(
                        Locale.ROOT,
                        "%6d  %s  %-9s",
                        step.round().round(),
                        step.round().started(),
                        name(step.kind()));
        if (step.kind() == PathHistory.Kind.UNKNOWN) {
            return head + "  a round that it builds on is missing";
        }
        if (step.entry() == null) {
            return head.stripTrailing();
        }
        Stat stat = step.entry().stat();
        return head
                + String.format(
                        Locale.ROOT,
                        "  %s %14d  %s  in round %d",
                        stat.type().letter(),
                        stat.size(),
                        EntryList.moment(stat),
                        step.storedIn());
    }

    private static String name(PathHistory.Kind kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }

    private static String jsonLine(PathHistory.Step step) throws IOException {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("round", step.round().round());
        fields.put("started", step.round().started().toString());
        fields.put("kind", name(step.kind()));
        if (step.entry() != null) {
            Stat stat = step.entry().stat();
            fields.put("type", String.valueOf(stat.type().letter()));
            fields.put("size", stat.size());
            fields.put("mtime", stat.modified().toString());
            fields.put("stored_in", step.storedIn());
        }
        return JSON.writeValueAsString(fields);
    }
}
