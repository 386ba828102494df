package io.sluice.restore;

import io.sluice.common.posix.FileType;
import io.sluice.ptcomm.archive.Damage;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The running counts of a restore, shared by its shards' threads, and the one way to its listener.
 * Thread-safe; an entry costs one short lock.
 */
final class RestoreTally {
    private final RestoreListener listener;
    private final SortedMap<SkipReason, Long> skipped = new TreeMap<>();
    private final SortedMap<Integer, Long> failed = new TreeMap<>();
    private final SortedMap<Integer, Long> attributes = new TreeMap<>();
    private final SortedMap<String, Long> blocks = new TreeMap<>();
    private long selected;
    private long files;
    private long directories;
    private long symlinks;
    private long links;
    private long specials;
    private long bytes;
    private long torn;
    private long damaged;
    private long damagedSegments;
    private long suspect;
    private long unseen;
    private long parents;
    private long bare;
    private long tombstones;
    private long stale;

    RestoreTally(RestoreListener listener) {
        this.listener = listener;
    }

    synchronized void selected() {
        selected++;
    }

    synchronized void restored(FileType type, long written) {
        switch (type) {
            case REGULAR -> files++;
            case DIRECTORY -> directories++;
            case SYMLINK -> symlinks++;
            default -> specials++;
        }
        bytes += written;
    }

    synchronized void linked() {
        links++;
    }

    /** A link that got the data itself: it is counted as a link, its bytes as any. */
    synchronized void linkedWithData(long written) {
        links++;
        bytes += written;
    }

    synchronized void torn(byte[] path, int errno, String text) {
        torn++;
        listener.line(
                new RestoreLine(RestoreLine.Kind.SPOILED, path, "torn at backup", errno, text));
    }

    /** A file that is in place though its data differs from its checksum, or has none. */
    synchronized void restoredDamaged(byte[] path) {
        torn++;
        listener.line(
                new RestoreLine(
                        RestoreLine.Kind.SPOILED,
                        path,
                        "damaged",
                        0,
                        "its data differs from its checksum, or its end is lost, and nothing was"
                                + " there to keep"));
    }

    synchronized void skipped(byte[] path, SkipReason reason) {
        skipped.merge(reason, 1L, Long::sum);
        if (reason != SkipReason.EXISTS && reason != SkipReason.METADATA) {
            listener.line(
                    new RestoreLine(
                            RestoreLine.Kind.SKIPPED, path, "not restored", 0, describe(reason)));
        }
    }

    private static String describe(SkipReason reason) {
        return switch (reason) {
            case TORN -> "it was torn at backup and does not replace the existing file";
            case SUSPECT -> "its segment is damaged and it does not replace what is there";
            case RELEASED -> "its data was on tape alone at backup, and is not in the backup";
            default -> "the round holds no data of it";
        };
    }

    /** An entry of a segment whose stored bytes are not as they were written. */
    synchronized void suspect(byte[] path) {
        suspect++;
        listener.line(
                new RestoreLine(
                        RestoreLine.Kind.SPOILED,
                        path,
                        "from a damaged segment",
                        0,
                        "its name, owner, mode and times may be wrong"));
    }

    synchronized void damaged(byte[] path) {
        damaged++;
        listener.line(
                new RestoreLine(
                        path,
                        "not restored",
                        0,
                        "its data is damaged: it differs from its checksum, or its end is lost"));
    }

    synchronized void damagedSegment(Damage damage) {
        damagedSegments++;
        unseen += damage.unseenEntries();
        listener.line(RestoreLine.of(damage));
    }

    synchronized void failed(byte[] path, String operation, int errno, String note) {
        failed.merge(errno, 1L, Long::sum);
        listener.line(new RestoreLine(path, operation, errno, note));
    }

    /** An entry of which nothing but this is known; somebody else tells of it. */
    synchronized void refused(int errno) {
        selected++;
        failed.merge(errno, 1L, Long::sum);
    }

    synchronized void attributeFailed(byte[] path, String operation, int errno) {
        attributes.merge(errno, 1L, Long::sum);
        listener.line(new RestoreLine(path, operation, errno, ""));
    }

    /** Something to tell of the whole restore. */
    synchronized void note(byte[] target, String text) {
        listener.line(new RestoreLine(RestoreLine.Kind.NOTE, target, text, 0, ""));
    }

    synchronized void parent() {
        parents++;
    }

    synchronized void bare() {
        bare++;
    }

    synchronized void block(String kind) {
        blocks.merge(kind, 1L, Long::sum);
    }

    synchronized void tombstone() {
        tombstones++;
    }

    /** Damage has left it open whether something is the youngest version. */
    synchronized void doubt(RestoreLine line) {
        listener.line(line);
    }

    synchronized void stale(long entries) {
        stale = entries;
    }

    synchronized RestoreReport report(List<byte[]> unmatched) {
        for (byte[] path : unmatched) {
            listener.line(new RestoreLine(path, "selected, but not in this round", 0, ""));
        }
        return new RestoreReport(
                selected,
                files,
                directories,
                symlinks,
                links,
                specials,
                bytes,
                torn,
                copy(skipped),
                damaged,
                damagedSegments,
                suspect,
                unseen,
                copy(failed),
                copy(attributes),
                parents,
                bare,
                copy(blocks),
                tombstones,
                stale,
                List.copyOf(unmatched));
    }

    private static <K extends Comparable<K>> SortedMap<K, Long> copy(SortedMap<K, Long> counts) {
        return Collections.unmodifiableSortedMap(new TreeMap<>(counts));
    }
}
