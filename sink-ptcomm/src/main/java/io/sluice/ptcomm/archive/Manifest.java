package io.sluice.ptcomm.archive;

import io.sluice.common.round.Receipt;
import io.sluice.common.text.Text;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;

/**
 * {@code manifest.json}: a round that exists.
 *
 * @param run identity of the run that made it
 * @param level full, differential or incremental
 * @param base the round whose changes this one holds, null for a full round; what the archive has
 *     of a name is what the youngest round of the chain says that ends with the full one
 * @param content full or metadata
 * @param path escaped text of what was backed up
 * @param prefix escaped text of what stands before each path in the streams
 * @param shards number of streams
 * @param strategy how entries were assigned to them
 * @param receipts one for each shard, in the order of shards
 * @param bridges where the streams went if not into this archive: {@code HOST:PORT} of each shard's
 *     bridge; else empty
 */
public record Manifest(
        int format,
        int round,
        String run,
        String level,
        Integer base,
        String content,
        String path,
        String prefix,
        int shards,
        String strategy,
        Compression compression,
        Instant started,
        Instant ended,
        List<Receipt> receipts,
        List<String> bridges) {

    /**
     * The format that this version writes, and the highest that it reads. Format 1 had full rounds
     * only, and no {@code base}; format 2 had no {@code bridges}.
     */
    public static final int FORMAT = 3;

    /** A name that stays in its directory, whatever a manifest says. */
    private static final Pattern SEGMENT_NAME =
            Pattern.compile("shard-[0-9]+\\.[0-9A-Za-z_-]+\\.[0-9]+\\.[0-9]+\\.ptcomm(\\.zst)?");

    /** A round whose streams are in the archive. */
    public Manifest(
            int format,
            int round,
            String run,
            String level,
            Integer base,
            String content,
            String path,
            String prefix,
            int shards,
            String strategy,
            Compression compression,
            Instant started,
            Instant ended,
            List<Receipt> receipts) {
        this(
                format,
                round,
                run,
                level,
                base,
                content,
                path,
                prefix,
                shards,
                strategy,
                compression,
                started,
                ended,
                receipts,
                List.of());
    }

    /**
     * @throws IllegalArgumentException if it is not whole: a shard without a receipt, a shard
     *     without a segment, a name that is none
     */
    public Manifest {
        if (round < 1 || shards < 1 || run == null || prefix == null || compression == null) {
            throw new IllegalArgumentException(
                    "round, shards, run, prefix, compression: one is missing");
        }
        if (base != null && (base < 1 || base >= round)) {
            throw new IllegalArgumentException(
                    "round " + round + " cannot hold the changes since round " + base);
        }
        receipts = receipts.stream().sorted(Comparator.comparingInt(Receipt::shard)).toList();
        if (receipts.size() != shards) {
            throw new IllegalArgumentException(
                    receipts.size() + " receipts for " + shards + " shards");
        }
        bridges = List.copyOf(bridges);
        if (!bridges.isEmpty() && bridges.size() != shards) {
            throw new IllegalArgumentException(bridges.size() + " bridges, " + shards + " shards");
        }
        for (int i = 0; i < shards; i++) {
            Receipt receipt = receipts.get(i);
            if (receipt.shard() != i || receipt.segments().isEmpty() == bridges.isEmpty()) {
                throw new IllegalArgumentException("no receipt with a segment for shard " + i);
            }
            for (Receipt.Segment segment : receipt.segments()) {
                if (!isSegmentName(segment.name())) {
                    throw new IllegalArgumentException("no name of a segment: " + segment.name());
                }
            }
        }
    }

    static boolean isSegmentName(String name) {
        return name != null && SEGMENT_NAME.matcher(name).matches();
    }

    /** The bytes that stand before each path in the streams. */
    public byte[] prefixBytes() {
        return Text.unescape(prefix);
    }

    /** The bytes of the path that was backed up. */
    public byte[] pathBytes() {
        return Text.unescape(path);
    }
}
