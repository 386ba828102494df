package io.sluice.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.common.entry.Stat;
import io.sluice.common.posix.FileType;
import io.sluice.common.text.Text;
import io.sluice.ptcomm.archive.ArchiveRound;
import io.sluice.ptcomm.archive.Damage;
import io.sluice.ptcomm.codec.HeadHandler;
import io.sluice.ptcomm.codec.StreamEntry;
import io.sluice.restore.ArchiveStreams;
import io.sluice.restore.EffectiveEntries;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Entries, sorted by path in bounded memory: the streams come in any order, and several shards at
 * that.
 */
final class EntryList {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final boolean json;
    private final List<Damage> damages = new ArrayList<>();
    private final Findings doubts = new Findings();
    private boolean doubtful;

    EntryList(boolean json) {
        this.json = json;
    }

    private interface Source {
        void read(Lines into) throws IOException, InterruptedException;
    }

    /** Prints what the archive holds at a round to stdout; the exit code. */
    int print(ArchiveStreams streams) throws IOException, InterruptedException {
        EffectiveEntries entries =
                new EffectiveEntries(
                        streams,
                        SpillDirectory.path(),
                        damages::add,
                        line -> {
                            doubtful = true;
                            doubts.add(line.text());
                        });
        return print(lines -> entries.read(lines::entry));
    }

    /** Prints what a round itself has recorded to stdout; the exit code. */
    int printChanges(ArchiveRound round) throws IOException, InterruptedException {
        return print(lines -> round.read(lines, damages::add));
    }

    private int print(Source source) throws IOException, InterruptedException {
        try (SortedLines lines = new SortedLines()) {
            source.read(new Lines(lines));
            lines.print();
        }
        damages.forEach(SluiceCommand::warnOf);
        doubts.end();
        return damages.isEmpty() && !doubtful ? ExitCode.OK : ExitCode.PARTIAL;
    }

    private final class Lines implements HeadHandler {
        private final SortedLines lines;

        Lines(SortedLines lines) {
            this.lines = lines;
        }

        @Override
        public void head(StreamEntry entry) throws IOException {
            lines.add(entry.path(), json ? jsonLine(entry) : line(entry));
        }

        @Override
        public void deleted(byte[] path, boolean directory) throws IOException {
            lines.add(
                    path,
                    json
                            ? JSON.writeValueAsString(Map.of("deleted", Text.escape(path)))
                            : "deleted " + shown(path));
        }
    }

    static String shown(byte[] path) {
        return path.length == 0 ? "." : Text.escape(path);
    }

    /**
     * Like {@code ls -ln}, with times in UTC; a further name of a file shows which one has its
     * data.
     */
    private static String line(StreamEntry entry) {
        Stat stat = entry.stat();
        String tail = "";
        if (entry.isLink()) {
            tail = " = " + shown(entry.linkTo());
        } else if (entry.target() != null) {
            tail = " -> " + Text.escape(entry.target());
        }
        return String.format(
                Locale.ROOT,
                "%s%04o %10s %10s %14d %s %s%s",
                stat.type() == FileType.REGULAR ? "-" : String.valueOf(stat.type().letter()),
                stat.permissions(),
                Integer.toUnsignedString(stat.uid()),
                Integer.toUnsignedString(stat.gid()),
                stat.size(),
                moment(stat),
                shown(entry.path()),
                tail);
    }

    /** Years beyond Instant's are no filesystem's; the seconds say it then. */
    static String moment(Stat stat) {
        long seconds = stat.modified().seconds();
        return Math.abs(seconds) < 253_402_300_800L
                ? Instant.ofEpochSecond(seconds, 0).toString()
                : Long.toString(seconds);
    }

    private static String jsonLine(StreamEntry entry) throws IOException {
        Stat stat = entry.stat();
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("path", Text.escape(entry.path()));
        fields.put("type", String.valueOf(stat.type().letter()));
        fields.put("mode", String.format(Locale.ROOT, "%04o", stat.permissions()));
        fields.put("uid", Integer.toUnsignedLong(stat.uid()));
        fields.put("gid", Integer.toUnsignedLong(stat.gid()));
        fields.put("size", stat.size());
        fields.put("mtime", stat.modified().toString());
        fields.put("inode", Long.toUnsignedString(stat.inode()));
        if (entry.target() != null) {
            fields.put("target", Text.escape(entry.target()));
        }
        if (entry.isLink()) {
            fields.put("link", Text.escape(entry.linkTo()));
        }
        return JSON.writeValueAsString(fields);
    }
}
