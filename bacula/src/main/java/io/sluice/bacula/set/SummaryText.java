package io.sluice.bacula.set;

import io.sluice.bacula.job.JobMessage;
import io.sluice.bacula.set.RoundSummary.Line;
import io.sluice.pipeline.report.RoundReport;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/** What the jobs' logs say of a round at its end. */
record SummaryText(RoundReport report, String set, Path directory, int mostLines) {
    RoundSummary summary(List<Line> before) {
        List<Line> lines = new ArrayList<>(before);
        lines.add(
                information(
                        "set "
                                + set
                                + ", round "
                                + report.round()
                                + " ("
                                + report.level()
                                + (report.base() == null ? "" : " since round " + report.base())
                                + "): "
                                + report.lastLine(report.elapsedMs())));
        if (report.withheld() > 0) {
            lines.add(
                    new Line(
                            JobMessage.ERROR,
                            report.withheld()
                                    + " of "
                                    + report.known()
                                    + " names are gone and were kept in the backup, since these are many at once;"
                                    + " if they were meant to go, run 'sluice set accept-deletes "
                                    + set
                                    + "' before the next jobs"));
        }
        if (report.unclaimed() > 0) {
            lines.add(
                    new Line(
                            JobMessage.WARNING,
                            report.unclaimed()
                                    + " entries were stored before a part of the round began anew, and not asked for"
                                    + " again: such a name was changed or removed meanwhile, or is in another job"
                                    + " too (mtime-bucket, lustre-mdt); a restore may bring its former state until the next round,"
                                    + " which looks at it again"));
        }
        List<List<Line>> shards = new ArrayList<>();
        for (RoundReport.Shard shard : report.shards()) {
            List<Line> own = new ArrayList<>();
            own.add(
                    information(
                            "shard "
                                    + shard.shard()
                                    + " of "
                                    + report.shards().size()
                                    + ": "
                                    + shard.entries()
                                    + " entries and deletions, "
                                    + shard.bytes()
                                    + " bytes of data"));
            if (shard.shard() == 0) {
                own.addAll(failures());
            }
            shards.add(own);
        }
        return new RoundSummary(Math.toIntExact(report.round()), lines, shards);
    }

    private static Line information(String text) {
        return new Line(JobMessage.INFORMATION, text);
    }

    /** A few by name, all counted: by the leading job alone. */
    private List<Line> failures() {
        List<Line> lines = new ArrayList<>();
        long total = report.failuresTotal();
        if (total == 0) {
            return lines;
        }
        for (RoundReport.FailureLine failure : report.failures()) {
            if (lines.size() == mostLines) {
                break;
            }
            boolean torn = failure.errno().equals("CHANGED");
            lines.add(
                    new Line(
                            torn ? JobMessage.WARNING : JobMessage.NOT_SAVED,
                            failure.path()
                                    + ": "
                                    + (torn
                                            ? "changed while it was read, stored as it was then"
                                            : failure.operation() + ": " + failure.errno())));
        }
        lines.add(
                new Line(
                        JobMessage.ERROR,
                        total
                                + " entries or attributes failed ("
                                + counts(report.failed())
                                + counts(report.readErrors())
                                + counts(report.directories().failed())
                                + "see "
                                + directory.resolve("failed.jsonl")
                                + ")"));
        return lines;
    }

    private static String counts(SortedMap<String, Long> failed) {
        StringBuilder text = new StringBuilder();
        for (Map.Entry<String, Long> each : failed.entrySet()) {
            text.append(each.getKey()).append(' ').append(each.getValue()).append(", ");
        }
        return text.toString();
    }
}
