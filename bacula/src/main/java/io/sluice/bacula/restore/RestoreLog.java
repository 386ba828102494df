package io.sluice.bacula.restore;

import io.sluice.common.posix.Errno;
import io.sluice.common.text.Text;
import io.sluice.restore.RestoreLine;
import io.sluice.restore.RestoreListener;
import io.sluice.restore.RestoreReport;
import io.sluice.restore.SkipReason;
import java.io.BufferedWriter;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * What a restore tells: lines of the job's log, of each kind so many at most; and all of them in a
 * report file, which is made with the first one. One thread.
 */
final class RestoreLog implements RestoreListener, Closeable {
    /** Lines of one kind that the job's log gets. */
    static final int MAX_LINES = 100;

    /** Kinds that are told apart; what comes beyond is one kind. So the log is bounded. */
    private static final int MAX_KINDS = 64;

    private static final byte ERROR = 'Q';
    private static final byte NOT_RESTORED = 'N';
    private static final byte WARNING = 'W';
    private static final byte INFORMATION = 'I';

    /** Lines that are counted together. */
    private record Kind(byte letter, String text) {}

    private final FrameQueue out;
    private final EntryPaths paths;
    private final Path directory;
    private final String name;
    private final Map<Kind, Long> kinds = new LinkedHashMap<>();
    private Path report;
    private BufferedWriter writer;
    private IOException reportFailure;

    /**
     * @param directory for the report file
     * @param jobName what the file is named after
     */
    RestoreLog(FrameQueue out, EntryPaths paths, Path directory, String jobName) {
        this.out = out;
        this.paths = paths;
        this.directory = directory;
        this.name = "restore-" + jobName.replaceAll("[^A-Za-z0-9._-]", "_");
    }

    @Override
    public void line(RestoreLine line) {
        byte letter =
                switch (line.kind()) {
                    case FAILED, SPOILED -> ERROR;
                    case SKIPPED -> NOT_RESTORED;
                    case NOTE -> WARNING;
                };
        byte[] path = line.kind() == RestoreLine.Kind.NOTE ? line.path() : paths.whole(line.path());
        line(letter, path, line.operation(), line.errno(), line.note());
    }

    /** An entry that is none, by the name that the FD gave it. */
    void refused(byte[] entryName, String operation, int errno, String note) {
        line(ERROR, entryName, operation, errno, note);
    }

    private void line(byte letter, byte[] path, String operation, int errno, String note) {
        StringBuilder text = new StringBuilder(Text.quote(path)).append(": ").append(operation);
        if (errno != 0) {
            text.append(": ").append(Errno.describe(errno));
        }
        if (!note.isEmpty()) {
            text.append(": ").append(note);
        }
        text.append(Mend.of(operation, errno));
        record((char) letter + " " + text);
        // An attribute's name or a number is no kind.
        String word = operation.startsWith("not ") ? operation : operation.split(" ", 2)[0];
        Kind kind = new Kind(letter, word + (errno == 0 ? "" : ": " + Errno.name(errno)));
        if (kinds.size() >= MAX_KINDS && !kinds.containsKey(kind)) {
            kind = new Kind(letter, "other kinds");
        }
        if (kinds.merge(kind, 1L, Long::sum) <= MAX_LINES) {
            out.frame(letter, text.toString());
        }
    }

    private void record(String line) {
        try {
            if (writer == null && reportFailure == null) {
                open();
            }
            if (writer != null) {
                writer.write(line);
                writer.newLine();
            }
        } catch (IOException e) {
            reportFailure = e;
            writer = null;
        }
    }

    /** One job may have several restores at a time, one for each Plugin line. */
    private void open() throws IOException {
        for (int i = 0; writer == null; i++) {
            report = directory.resolve(name + (i == 0 ? "" : "-" + i) + ".report");
            try {
                Files.createDirectories(directory);
                writer =
                        Files.newBufferedWriter(
                                report,
                                StandardCharsets.UTF_8,
                                StandardOpenOption.CREATE_NEW,
                                StandardOpenOption.WRITE);
            } catch (FileAlreadyExistsException e) {
                // The next number.
            }
        }
    }

    /** What the target's filesystem could not do as it was asked, with the number of entries. */
    void notes(SortedMap<String, Long> notes) {
        notes.forEach((what, count) -> out.frame(WARNING, what + ": " + count));
    }

    /** The last lines: what was too much for the log, and what became of all entries. */
    void summary(RestoreReport done, boolean whole) {
        kinds.forEach(
                (kind, count) -> {
                    if (count > MAX_LINES) {
                        out.frame(
                                kind.letter,
                                (count - MAX_LINES) + " more of '" + kind.text + "'" + seeReport());
                    }
                });
        if (reportFailure != null) {
            out.frame(
                    WARNING,
                    "the report "
                            + Text.quote(report.toString().getBytes(StandardCharsets.UTF_8))
                            + " cannot be written: "
                            + reportFailure.getMessage()
                            + "; make room there");
        }
        done.blocks()
                .forEach(
                        (kind, count) ->
                                out.frame(
                                        WARNING,
                                        kind
                                                + " of "
                                                + count
                                                + " entries is not applied: the target's filesystem"
                                                + " has nothing of that kind, or this release does"
                                                + " not know it"));
        if (done.bare() > 0) {
            out.frame(
                    WARNING,
                    done.bare()
                            + " directories were made for what lies in them and have mode 0700:"
                            + " select them too, or set their modes");
        }
        out.frame(
                whole && isGood(done) ? INFORMATION : ERROR,
                counts(done, whole) + (kinds.isEmpty() ? "" : seeReport()));
    }

    /** What was left out on purpose has its lines, and is no error. */
    private static boolean isGood(RestoreReport done) {
        return done.damaged() == 0
                && done.torn() == 0
                && done.failed().isEmpty()
                && done.attributes().isEmpty()
                && !done.skipped().containsKey(SkipReason.TORN);
    }

    private String seeReport() {
        return report == null || reportFailure != null
                ? ""
                : "; all lines are in "
                        + Text.quote(report.toString().getBytes(StandardCharsets.UTF_8));
    }

    private String counts(RestoreReport done, boolean whole) {
        List<String> parts = new ArrayList<>();
        add(parts, done.files(), "files");
        add(parts, done.directories(), "directories");
        add(parts, done.symlinks(), "symbolic links");
        add(parts, done.links(), "hard links");
        add(parts, done.specials(), "special files");
        parts.add(done.bytes() + " bytes");
        String text =
                (whole ? "restored to " : "restored, up to where the FD ended it, to ")
                        + Text.quote(paths.target())
                        + ": "
                        + String.join(", ", parts);
        List<String> not = new ArrayList<>();
        done.skipped().forEach((reason, count) -> add(not, count, reason.text()));
        add(not, done.damaged(), "damaged");
        add(not, sum(done.failed()), "failed");
        if (!not.isEmpty()) {
            text += "; not restored: " + String.join(", ", not);
        }
        List<String> but = new ArrayList<>();
        add(but, done.torn(), "files that were not whole in the backup");
        add(but, sum(done.attributes()), "attributes that could not be set");
        return but.isEmpty() ? text : text + "; restored with: " + String.join(", ", but);
    }

    private static long sum(SortedMap<Integer, Long> counts) {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    private static void add(List<String> parts, long count, String what) {
        if (count > 0) {
            parts.add(count + " " + what);
        }
    }

    /** The report file, or null where nothing was told. */
    Path report() {
        return report;
    }

    @Override
    public void close() throws IOException {
        if (writer != null) {
            writer.close();
            writer = null;
        }
    }
}
