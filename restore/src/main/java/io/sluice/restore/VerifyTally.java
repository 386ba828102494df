package io.sluice.restore;

import io.sluice.ptcomm.archive.Damage;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/** The running counts of a verification, and the one way to its listener. Thread-safe. */
final class VerifyTally {
    private final VerifyListener listener;
    private final SortedMap<Difference.Kind, Long> differences = new TreeMap<>();
    private long entries;
    private long expected;
    private long bytes;
    private long damaged;
    private long damagedSegments;
    private long unseen;
    private long torn;

    VerifyTally(VerifyListener listener) {
        this.listener = listener;
    }

    /** A shard has been read to its end. */
    synchronized void shard(int shard, long seen, long due, long data, long tornEntries) {
        entries += seen;
        expected += due < 0 ? seen : due;
        bytes += data;
        torn += tornEntries;
        if (due >= 0 && seen != due) {
            byte[] name = ("shard " + shard).getBytes(StandardCharsets.UTF_8);
            String note = seen + " entries read, " + due + " by its receipt";
            listener.damaged(new RestoreLine(name, "incomplete", 0, note));
        }
    }

    synchronized void damaged(byte[] path, String note) {
        damaged++;
        listener.damaged(new RestoreLine(path, "damaged", 0, note));
    }

    synchronized void damagedSegment(Damage damage) {
        damagedSegments++;
        unseen += damage.unseenEntries();
        listener.damaged(RestoreLine.of(damage));
    }

    /** Damage has left it open whether something is the youngest version. */
    synchronized void doubt(RestoreLine line) {
        listener.damaged(line);
    }

    synchronized void difference(byte[] path, Difference.Kind kind, Object backup, Object live) {
        differences.merge(kind, 1L, Long::sum);
        listener.difference(new Difference(path, kind, backup.toString(), live.toString()));
    }

    synchronized VerifyReport report() {
        return new VerifyReport(
                entries,
                expected,
                bytes,
                damaged,
                damagedSegments,
                unseen,
                torn,
                Collections.unmodifiableSortedMap(new TreeMap<>(differences)));
    }
}
