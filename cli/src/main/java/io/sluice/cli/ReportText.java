package io.sluice.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.sluice.pipeline.report.RoundFiles;
import io.sluice.pipeline.report.RoundReport;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Reports as a person or a program reads them. */
final class ReportText {
    /** More would scroll the sums away; the file has all of them. */
    private static final int SHOWN_FAILURES = 20;

    private static final ObjectMapper JSON =
            new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    static final String DAMAGE_MEND =
            "sluice: put the damaged segments back from a copy of the archive, or take another round (--round)";

    private ReportText() {}

    static String json(Object value) throws JsonProcessingException {
        return JSON.writeValueAsString(value);
    }

    static void print(RoundReport report, long elapsedMs, PrintStream out) {
        out.printf(
                Locale.ROOT,
                "round %d of %s (%s%s%s)%n",
                report.round(),
                report.path(),
                report.level(),
                report.base() == null ? "" : " since round " + report.base(),
                report.content().equals("full") ? "" : ", " + report.content() + " only");
        long seconds = Math.max(1, report.elapsedMs());
        row(
                out,
                "seen",
                count(report.seen(), "entry", "entries")
                        + " in "
                        + count(report.directories().listed() - 1, "directory", "directories"));
        row(
                out,
                "stored",
                count(report.stored(), "entry", "entries")
                        + ", "
                        + count(report.files(), "file")
                        + ", "
                        + size(report.bytes())
                        + ", "
                        + number(report.stored() * 1000 / seconds)
                        + " entries/s");
        if (report.links() > 0) {
            row(out, "links", count(report.links(), "further name"));
        }
        if (report.unchanged() > 0) {
            row(out, "unchanged", number(report.unchanged()));
        }
        if (report.retried() > 0) {
            row(out, "retried", number(report.retried()) + " owed by the round before");
        }
        if (report.deleted() > 0) {
            row(out, "deleted", number(report.deleted()));
        }
        if (report.withheld() > 0) {
            row(out, "withheld", number(report.withheld()) + " deletions");
        }
        reasons(out, "skipped", report.skipped());
        reasons(out, "failed", report.failed());
        reasons(out, "read errors", report.readErrors());
        reasons(out, "failed dirs", report.directories().failed());
        if (report.directories().mounts() > 0) {
            row(
                    out,
                    "mounts",
                    count(
                            report.directories().mounts(),
                            "directory with something mounted on it, kept empty",
                            "directories with something mounted on them, kept empty"));
        }
        if (report.directories().unsteady() > 0) {
            row(
                    out,
                    "unsteady",
                    count(report.directories().unsteady(), "directory", "directories")
                            + " changed while being read");
        }
        if (report.torn() > 0) {
            row(out, "torn", count(report.torn(), "file") + " changed while being read");
        }
        reasons(out, "owed", report.owed());
        report.failures().stream()
                .limit(SHOWN_FAILURES)
                .forEach(
                        line ->
                                out.println(
                                        "  "
                                                + line.operation()
                                                + " '"
                                                + line.path()
                                                + "': "
                                                + line.errno()));
        if (report.failuresTotal() > SHOWN_FAILURES) {
            out.println(
                    "  … all "
                            + number(report.failuresTotal())
                            + " in rounds/"
                            + report.round()
                            + "/"
                            + RoundFiles.FAILED);
        }
        out.println(report.lastLine(elapsedMs));
    }

    private static void row(PrintStream out, String name, String value) {
        out.printf(Locale.ROOT, "  %-11s %s%n", name, value);
    }

    private static void reasons(PrintStream out, String name, Map<String, Long> reasons) {
        if (!reasons.isEmpty()) {
            row(
                    out,
                    name,
                    reasons.entrySet().stream()
                            .map(reason -> reason.getKey() + " " + number(reason.getValue()))
                            .collect(Collectors.joining(", ")));
        }
    }

    /** The number and what it counts: "1 file", "2 files". */
    static String count(long n, String noun) {
        return count(n, noun, noun + "s");
    }

    static String count(long n, String one, String many) {
        return number(n) + " " + (n == 1 ? one : many);
    }

    static String number(long n) {
        return String.format(Locale.ROOT, "%,d", n);
    }

    /** Bytes in the largest binary unit that leaves a number of at least 1. */
    static String size(long bytes) {
        String[] units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < units.length - 1) {
            value /= 1024;
            unit++;
        }
        return String.format(Locale.ROOT, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    }

    static String duration(long milliseconds) {
        long seconds = milliseconds / 1000;
        return String.format(
                Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }
}
