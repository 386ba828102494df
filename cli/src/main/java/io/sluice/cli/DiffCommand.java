package io.sluice.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.common.text.Text;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.ptcomm.archive.Damage;
import io.sluice.restore.ArchiveStreams;
import io.sluice.restore.EffectiveEntries;
import io.sluice.restore.RoundDiff;
import java.io.IOException;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sluice diff}. */
@Command(
        name = "diff",
        description =
                "Compares what an archive holds at two rounds: + added, ~ changed, - removed.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class DiffCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Mixin private ArchiveArgument archive;

    @Parameters(
            converter = RoundChoice.Converter.class,
            index = "1",
            paramLabel = "R1",
            description = "The round before: latest, its number, or a date (see list --help).")
    private RoundChoice before;

    @Parameters(
            converter = RoundChoice.Converter.class,
            index = "2",
            paramLabel = "R2",
            description = "The round after.")
    private RoundChoice after;

    @Option(names = "--json", description = "Print JSON, one object a line.")
    private boolean json;

    private final Set<Damage> damages = new LinkedHashSet<>();
    private final Set<String> doubts = new LinkedHashSet<>();

    @Override
    public Integer call() throws Exception {
        try (Archive opened = archive.open()) {
            int from = before.of(opened);
            int to = after.of(opened);
            EffectiveEntries left = entries(opened, from);
            EffectiveEntries right = entries(opened, to);
            try (PrintStream out = SluiceCommand.bufferedOut()) {
                Lines lines = new Lines(out);
                new RoundDiff(SpillDirectory.path()).run(left, right, lines);
                lines.end(from, to);
            }
        }
        damages.forEach(SluiceCommand::warnOf);
        doubts.forEach(line -> SluiceCommand.ERR.println("sluice: " + line));
        return damages.isEmpty() && doubts.isEmpty() ? ExitCode.OK : ExitCode.PARTIAL;
    }

    private EffectiveEntries entries(Archive opened, int round) {
        return new EffectiveEntries(
                new ArchiveStreams(opened.chain(round)),
                SpillDirectory.path(),
                damages::add,
                line -> doubts.add(line.text()));
    }

    private final class Lines implements RoundDiff.Differences {
        private final PrintStream out;
        private long added;
        private long changed;
        private long removed;

        Lines(PrintStream out) {
            this.out = out;
        }

        @Override
        public void added(byte[] path) throws IOException {
            added++;
            line("+", "added", path, List.of());
        }

        @Override
        public void removed(byte[] path) throws IOException {
            removed++;
            line("-", "removed", path, List.of());
        }

        @Override
        public void changed(byte[] path, List<RoundDiff.Field> fields) throws IOException {
            changed++;
            line("~", "changed", path, fields);
        }

        private void line(String sign, String change, byte[] path, List<RoundDiff.Field> fields)
                throws IOException {
            if (!json) {
                out.println(sign + " " + EntryList.shown(path));
                return;
            }
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("change", change);
            line.put("path", Text.escape(path));
            if (!fields.isEmpty()) {
                line.put("fields", fields.stream().map(RoundDiff.Field::text).toList());
            }
            out.println(JSON.writeValueAsString(line));
        }

        void end(int from, int to) throws IOException {
            if (json) {
                Map<String, Object> line = new LinkedHashMap<>();
                line.put("from", from);
                line.put("to", to);
                line.put("added", added);
                line.put("changed", changed);
                line.put("removed", removed);
                out.println(JSON.writeValueAsString(line));
            } else {
                out.println(
                        "round "
                                + from
                                + " to "
                                + to
                                + ": "
                                + ReportText.number(added)
                                + " added, "
                                + ReportText.number(changed)
                                + " changed, "
                                + ReportText.number(removed)
                                + " removed");
            }
        }
    }
}
