package io.sluice.pipeline.report;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.sluice.common.posix.Errno;
import io.sluice.common.round.Receipt;
import io.sluice.common.round.Tally;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a round did, as it stands in {@code report.json}; the JSON Schema is {@code
 * report.schema.json} beside this class. Paths are escaped text. Sizes are bytes, durations
 * milliseconds, moments ISO 8601 in UTC.
 *
 * @param mode where the round learned what had changed
 * @param doubt why it looked at everything although it was to read change logs, one line each
 * @param cursors where the change logs are to be read on, by log
 * @param records read from them
 * @param scanMs from the first listing in the index to the end of the scan there: the walk without
 *     the start of the job and the shards' rest
 * @param base the round that this one holds the changes since; null for a full one
 * @param seen names that the sources saw, in a round without a full scan also those that they
 *     named; with those retried they are stored, unchanged, skipped, failed or repeated
 * @param files regular files stored, links to them not counted
 * @param links later names of files already in the stream
 * @param bytes data stored
 * @param retried names that the round before owed, and that went out for that reason alone
 * @param deleted names that got a tombstone
 * @param withheld names that are gone and were kept, since they are too many at once
 * @param unclaimed entries of an attempt that failed, which this round's jobs hold although nobody
 *     asked for them again; their names are owed
 * @param known names that the archive has at the end of the round
 * @param failed entries that are not in the backup, by errno
 * @param readErrors entries that broke or changed ({@code CHANGED}) while they were read: in the
 *     backup, marked as torn; and those whose attributes could not be read
 * @param attempt of the collector that wrote this
 * @param hsmSkipped entries without data since that was on tape alone, under {@code skip-released}
 * @param hsmMarked the same, under {@code mark-released}
 * @param hsmRecalled files that were fetched back from tape to be read
 * @param hsmLost of the files on tape those whose data the tape archive has lost
 * @param hsmStaleMeta files whose stored data is still theirs, and whose changed attributes are not
 *     stored while their data is on tape alone: they are owed
 * @param lists {@code owed.jsonl} and {@code failed.jsonl}, as that attempt wrote them
 * @param failures the first failures; all of them are in {@code failed.jsonl}
 */
@JsonPropertyOrder({"format", "round", "run", "level", "base", "content", "path"})
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record RoundReport(
        int format,
        long round,
        String run,
        String level,
        Long base,
        String content,
        String path,
        String started,
        String ended,
        long elapsedMs,
        long scanMs,
        long seen,
        long stored,
        long files,
        long links,
        long bytes,
        @JsonProperty("new") long fresh,
        long changed,
        long unchanged,
        long repeated,
        long retried,
        long deleted,
        long withheld,
        long unclaimed,
        long known,
        long torn,
        SortedMap<String, Long> types,
        SortedMap<String, Long> skipped,
        SortedMap<String, Long> failed,
        SortedMap<String, Long> readErrors,
        SortedMap<String, Long> owed,
        long hsmSkipped,
        long hsmMarked,
        long hsmRecalled,
        long hsmLost,
        long hsmStaleMeta,
        Directories directories,
        List<Shard> shards,
        String attempt,
        List<Listed> lists,
        List<FailureLine> failures,
        String mode,
        List<String> doubt,
        SortedMap<String, Long> cursors,
        long records) {

    /** Reports of before there were such fields have none. */
    public RoundReport {
        mode = mode == null ? "posix" : mode;
        doubt = doubt == null ? List.of() : List.copyOf(doubt);
        cursors = cursors == null ? Collections.emptySortedMap() : cursors;
    }

    public static final int FORMAT = 1;

    /** Listings that failed so failed because their directory had gone meanwhile. */
    private static final Set<String> GONE =
            Set.of(Errno.name(Errno.ENOENT), Errno.name(Errno.ELOOP), Errno.name(Errno.ENOTDIR));

    /**
     * @param mounts mount points that were kept as empty directories
     * @param failed listings that failed, by errno
     */
    public record Directories(
            long listed, long unsteady, long mounts, SortedMap<String, Long> failed) {}

    /**
     * @param entries in the stream
     * @param bytes data
     * @param streamBytes length of the stream, before compression
     * @param storedBytes length of the archive's files
     */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record Shard(
            int shard,
            long entries,
            long bytes,
            long streamBytes,
            long storedBytes,
            List<Segment> segments) {

        /** The receiver's word, as it goes into the manifest. */
        public Receipt receipt() {
            return new Receipt(
                    shard, entries, streamBytes, segments.stream().map(Segment::receipt).toList());
        }
    }

    /**
     * A file of the archive.
     *
     * @param length in bytes, as stored
     * @param xxh3 of the stored bytes, 16 hexadecimal digits
     */
    public record Segment(String name, long length, long entries, String xxh3) {
        static Segment of(Receipt.Segment segment) {
            return new Segment(
                    segment.name(),
                    segment.length(),
                    segment.entries(),
                    HexFormat.of().toHexDigits(segment.xxh3()));
        }

        Receipt.Segment receipt() {
            return new Receipt.Segment(name, length, entries, HexFormat.fromHexDigitsToLong(xxh3));
        }
    }

    /**
     * A file beside the report.
     *
     * @param length in bytes
     * @param xxh3 of its bytes, 16 hexadecimal digits
     */
    public record Listed(String name, long length, String xxh3) {}

    /** One failure; the path is escaped text. */
    public record FailureLine(String path, String operation, String errno) {}

    /**
     * How many entries, or contents of directories, could not be backed up; one that merely
     * vanished meanwhile is not one.
     */
    public long failuresTotal() {
        long listings =
                directories.failed().entrySet().stream()
                        .filter(entry -> !GONE.contains(entry.getKey()))
                        .mapToLong(Map.Entry::getValue)
                        .sum();
        return Books.total(failed) + Books.total(readErrors) + listings;
    }

    /** The line that ends every backup, its fields in one fixed order. */
    public String lastLine(long elapsedMs) {
        return "files="
                + files
                + " bytes="
                + bytes
                + " unchanged="
                + unchanged
                + " deleted="
                + deleted
                + " skipped="
                + Books.total(skipped)
                + " errors="
                + failuresTotal()
                + " hsm_skipped="
                + hsmSkipped
                + " hsm_marked="
                + hsmMarked
                + " hsm_lost="
                + hsmLost
                + " elapsed_ms="
                + elapsedMs;
    }

    static RoundReport of(
            CollectorOptions options,
            Books books,
            String attempt,
            List<Listed> lists,
            List<FailureLine> failures,
            String ended,
            long elapsedMs) {
        SortedMap<Integer, Receipt> receipts = new TreeMap<>();
        books.receipts().forEach(receipt -> receipts.put(receipt.shard(), receipt));
        List<Shard> shards =
                books.shards().stream()
                        .map(tally -> shard(tally, receipts.get(tally.number())))
                        .toList();
        SortedMap<String, Long> types = books.writersByReason("stored.");
        long links = books.writers("links");
        return new RoundReport(
                FORMAT,
                options.round(),
                options.run(),
                options.level(),
                options.base(),
                options.content().text(),
                options.path(),
                options.started().toString(),
                ended,
                elapsedMs,
                books.scanMs(),
                books.index("names") + (books.isFullScan() ? 0 : books.index("deltas")),
                Books.total(types),
                types.getOrDefault("f", 0L) - books.writers("links.f"),
                links,
                books.writers("bytes"),
                books.fresh(),
                books.changed(),
                books.index("unchanged")
                        + (books.isFullScan() ? 0 : books.index("delta.unchanged")),
                books.index("repeated") + books.index("disagreed"),
                books.index("retried"),
                books.writers("deleted"),
                books.index("withheld"),
                books.writers("unclaimed"),
                options.baseKnown()
                        + books.fresh()
                        - books.index("deleted")
                        - books.index("forgotten"),
                books.writers("torn"),
                types,
                books.byReason("skipped."),
                books.byReason("failed."),
                books.writersByReason("read_errors."),
                books.byReason("owed."),
                books.writers("hsm.skipped"),
                books.writers("hsm.marked"),
                books.writers("hsm.recalled"),
                books.writers("hsm.lost"),
                books.writers("hsm.stale_meta") + books.index("hsm.stale_meta"),
                new Directories(
                        books.index("directories.listed"),
                        books.index("directories.unsteady"),
                        books.index("mounts"),
                        books.indexByReason("directories.failed.")),
                shards,
                attempt,
                lists,
                failures,
                options.mode(),
                doubts(options, books),
                books.sourcesByReason("cursor."),
                books.sources("records"));
    }

    /** Of before the round, and of its course. */
    private static List<String> doubts(CollectorOptions options, Books books) {
        List<String> doubts = new ArrayList<>(options.doubts());
        doubts.addAll(books.sourcesByReason("doubt.").keySet());
        return doubts;
    }

    private static Shard shard(Tally tally, Receipt receipt) {
        return new Shard(
                tally.number(),
                receipt.entries(),
                tally.counts().getOrDefault("bytes", 0L),
                receipt.bytes(),
                receipt.segments().stream().mapToLong(Receipt.Segment::length).sum(),
                receipt.segments().stream().map(Segment::of).toList());
    }
}
