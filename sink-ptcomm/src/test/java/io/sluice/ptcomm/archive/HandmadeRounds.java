package io.sluice.ptcomm.archive;

import io.sluice.common.round.Receipt;
import io.sluice.ptcomm.codec.SampleEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Makes rounds of an archive out of given entries, of any base. */
public final class HandmadeRounds {
    private static final Compression[] COMPRESSIONS = Compression.values();

    private final byte[] archive;
    private final int shards;

    public HandmadeRounds(Path archive, int shards) {
        this.archive = TestArchive.bytes(archive);
        this.shards = shards;
    }

    /** A full round of one stream; the others are empty. */
    public int full(Instant started, SampleEntry... entries) throws IOException {
        return round(null, "full", started, List.of(List.of(entries)));
    }

    /** A round of changes in one stream; the others are empty. */
    public int changes(int base, Instant started, SampleEntry... entries) throws IOException {
        return round(base, "full", started, List.of(List.of(entries)));
    }

    /**
     * A round.
     *
     * @param base null for a full one
     * @param streams the entries of each shard from 0 on; what is missing is empty
     * @return its number
     */
    public int round(Integer base, String content, Instant started, List<List<SampleEntry>> streams)
            throws IOException {
        try (Archive open = Archive.openForBackup(archive, TestArchive.SOURCE, shards)) {
            int round = open.nextRound();
            Compression compression = COMPRESSIONS[(round + 1) % COMPRESSIONS.length];
            open.beginRound(round);
            SegmentConfig config =
                    new SegmentConfig(archive, round, TestArchive.RUN + round, compression);
            List<Receipt> receipts = new ArrayList<>();
            for (int shard = 0; shard < shards; shard++) {
                List<SampleEntry> entries = shard < streams.size() ? streams.get(shard) : List.of();
                receipts.add(TestArchive.write(config.open(shard, 0), entries));
            }
            open.commit(
                    new Manifest(
                            Manifest.FORMAT,
                            round,
                            TestArchive.RUN + round,
                            base == null ? "full" : "incremental",
                            base,
                            content,
                            "/usr",
                            "",
                            shards,
                            "inode-hash",
                            compression,
                            started,
                            started.plusSeconds(70),
                            receipts));
            return round;
        }
    }
}
