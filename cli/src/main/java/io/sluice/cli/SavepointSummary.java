package io.sluice.cli;

import io.sluice.common.round.Content;
import io.sluice.pipeline.index.RoundProgress;
import io.sluice.pipeline.index.SavepointIndex;
import io.sluice.pipeline.index.SavepointIndex.Figures;
import io.sluice.pipeline.launch.SavepointPlace;
import io.sluice.pipeline.savepoint.ListStates;
import io.sluice.pipeline.savepoint.Savepoint;
import io.sluice.pipeline.savepoint.SavepointStates;
import io.sluice.ptcomm.writer.ShardWriterOperator;
import io.sluice.ptcomm.writer.WriterLeftovers;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.flink.api.common.typeinfo.BasicTypeInfo;

/**
 * What a savepoint holds, in figures.
 *
 * @param entry null where the savepoint lies in no archive
 * @param leftovers what only a running round needs, by the state's name
 */
record SavepointSummary(
        String name,
        SavepointPlace.Entry entry,
        RoundProgress progress,
        Figures figures,
        Savepoint.Size size,
        List<Savepoint.Operator> operators,
        Map<String, Long> leftovers) {

    /** Reads all of the index. */
    static SavepointSummary of(
            SavepointPlace place, Savepoint savepoint, SavepointStates states, SavepointIndex index)
            throws IOException {
        RoundProgress progress = RoundProgress.of(new ListStates(savepoint));
        Figures figures = index.figures();
        Map<String, Long> leftovers = new TreeMap<>(figures.leftovers());
        WriterLeftovers[] writer = {WriterLeftovers.NONE};
        states.keyed(
                ShardWriterOperator.NAME,
                BasicTypeInfo.INT_TYPE_INFO,
                (backend, store) -> writer[0] = writer[0].plus(WriterLeftovers.of(backend, store)));
        putIfAny(leftovers, "queue", writer[0].queued());
        putIfAny(leftovers, "links", writer[0].links());
        return new SavepointSummary(
                place.quoted(),
                place.entry(),
                progress,
                figures,
                savepoint.size(),
                savepoint.operators(),
                leftovers);
    }

    private static void putIfAny(Map<String, Long> counts, String name, long count) {
        if (count > 0) {
            counts.put(name, count);
        }
    }

    /** What should not be so, one line each. */
    List<String> doubts() {
        List<String> doubts = new ArrayList<>();
        if (progress.ended() && !leftovers.isEmpty()) {
            doubts.add(
                    "the round has ended, and its savepoint still holds "
                            + counts(leftovers)
                            + "; report a defect");
        }
        if (entry != null && entry.known() != figures.entries()) {
            doubts.add(
                    "the chain file says that round "
                            + entry.round()
                            + " knew "
                            + ReportText.number(entry.known())
                            + " names, the index holds "
                            + ReportText.number(figures.entries())
                            + "; run a full backup, and report a defect");
        }
        if (entry != null && !entry.run().equals(progress.run())) {
            doubts.add(
                    "the savepoint is that of another run than the chain file names for round "
                            + entry.round()
                            + "; run a full backup");
        }
        return doubts;
    }

    private String verdict() {
        if (!progress.judged()) {
            return "none";
        }
        return progress.withheld() ? "withheld" : "deleted";
    }

    private double bytesPerEntry() {
        return figures.entries() == 0 ? 0 : (double) size.bytes() / figures.entries();
    }

    private static String counts(Map<String, Long> counts) {
        return counts.isEmpty()
                ? "none"
                : counts.entrySet().stream()
                        .map(count -> count.getKey() + " " + ReportText.number(count.getValue()))
                        .collect(Collectors.joining(", "));
    }

    void print(PrintStream out) {
        out.println("savepoint " + name);
        row(out, "round", Long.toString(progress.round()));
        row(out, "run", progress.run());
        if (entry != null) {
            row(
                    out,
                    "level",
                    entry.level()
                            + (entry.base() == null ? "" : " since " + entry.base())
                            + (entry.content().equals(Content.FULL.text())
                                    ? ""
                                    : ", " + entry.content() + " only")
                            + ", "
                            + entry.state());
            row(out, "path", "'" + entry.path() + "'");
            row(out, "sources", String.join(", ", entry.sources()));
        }
        row(out, "ended", progress.ended() ? "yes" : "no");
        row(
                out,
                "verdict",
                progress.judged()
                        ? verdict() + ": " + ReportText.count(progress.gone(), "name")
                        : verdict());
        row(
                out,
                "directories",
                ReportText.number(figures.directories())
                        + ", "
                        + ReportText.number(figures.parted())
                        + " in several pages");
        row(out, "entries", ReportText.number(figures.entries()));
        row(out, "flags", counts(figures.flags()));
        row(
                out,
                "state",
                ReportText.size(size.bytes())
                        + " in "
                        + ReportText.count(size.files(), "file")
                        + String.format(Locale.ROOT, ", %.1f bytes an entry", bytesPerEntry()));
        for (Savepoint.Operator operator : operators) {
            row(
                    out,
                    "operator",
                    (operator.uid() == null ? operator.id() : operator.uid())
                            + ": "
                            + ReportText.count(operator.parallelism(), "subtask")
                            + ", "
                            + ReportText.count(operator.keyGroups(), "key group")
                            + ", "
                            + ReportText.size(operator.bytes()));
        }
        row(out, "leftovers", counts(leftovers));
    }

    private static void row(PrintStream out, String name, String value) {
        out.printf(Locale.ROOT, "  %-11s %s%n", name, value);
    }

    Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("round", progress.round());
        fields.put("run", progress.run());
        fields.put("ended", progress.ended());
        fields.put("verdict", verdict());
        fields.put("gone", progress.gone());
        if (entry != null) {
            fields.put("level", entry.level());
            fields.put("base", entry.base());
            fields.put("state", entry.state());
            fields.put("content", entry.content());
            fields.put("path", entry.path());
            fields.put("known", entry.known());
            fields.put("sources", entry.sources());
        }
        fields.put("directories", figures.directories());
        fields.put("parted_directories", figures.parted());
        fields.put("entries", figures.entries());
        fields.put("flags", figures.flags());
        fields.put("bytes", size.bytes());
        fields.put("files", size.files());
        fields.put("bytes_per_entry", Math.round(bytesPerEntry() * 10) / 10.0);
        fields.put("operators", operators.stream().map(SavepointSummary::fields).toList());
        fields.put("leftovers", leftovers);
        return fields;
    }

    private static Map<String, Object> fields(Savepoint.Operator operator) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("uid", operator.uid());
        fields.put("id", operator.id());
        fields.put("parallelism", operator.parallelism());
        fields.put("key_groups", operator.keyGroups());
        fields.put("bytes", operator.bytes());
        return fields;
    }
}
