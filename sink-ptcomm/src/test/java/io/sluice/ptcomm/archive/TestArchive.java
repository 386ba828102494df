package io.sluice.ptcomm.archive;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sluice.common.round.Receipt;
import io.sluice.ptcomm.codec.RecordingHandler;
import io.sluice.ptcomm.codec.SampleEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Rounds of an archive, made and read in a test. */
final class TestArchive {
    static final byte[] SOURCE = "/usr".getBytes(UTF_8);
    static final String RUN = "0d9c";

    private TestArchive() {}

    static byte[] bytes(Path path) {
        return path.toString().getBytes(UTF_8);
    }

    static Manifest manifest(int round, Compression compression, List<Receipt> receipts) {
        return new Manifest(
                Manifest.FORMAT,
                round,
                RUN,
                "full",
                null,
                "full",
                "/usr",
                "",
                receipts.size(),
                "inode-hash",
                compression,
                Instant.parse("2026-11-21T02:33:00Z"),
                Instant.parse("2026-11-21T02:34:10Z"),
                receipts);
    }

    /** {@code count} files of {@code bytes} pseudo-random bytes, the same each time. */
    static List<SampleEntry> files(int count, int bytes) {
        java.util.Random random = new java.util.Random(count + bytes);
        List<SampleEntry> entries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] data = new byte[bytes];
            random.nextBytes(data);
            SampleEntry file = SampleEntry.file("dir/file-" + i, SampleEntry.text(data));
            // The text is ISO 8859-1: its length is that of the data.
            entries.add(file);
        }
        return entries;
    }

    /** Writes a stream, each entry in a call of its own. */
    static Receipt write(SegmentWriter writer, List<SampleEntry> entries) throws IOException {
        try (writer) {
            for (SampleEntry entry : entries) {
                byte[] frames = SampleEntry.stream(new byte[0], List.of(entry), 5000, false);
                ByteBuffer direct = ByteBuffer.allocateDirect(frames.length).put(frames).flip();
                writer.entries(direct, 1);
            }
            return writer.finish();
        }
    }

    /** A committed round of one shard. */
    static Manifest round(
            byte[] archive, Compression compression, List<SampleEntry> entries, long segmentBytes)
            throws IOException {
        try (Archive open = Archive.openForBackup(archive, SOURCE, 1)) {
            int round = open.nextRound();
            open.beginRound(round);
            SegmentConfig config = new SegmentConfig(archive, round, RUN, compression);
            Receipt receipt = write(new SegmentWriter(config, 0, 0, segmentBytes), entries);
            Manifest manifest = manifest(round, compression, List.of(receipt));
            open.commit(manifest);
            return manifest;
        }
    }

    /** What a reading of the last round tells. */
    record Reading(List<SampleEntry> entries, List<Damage> damages, List<String> suspects) {}

    static Reading read(byte[] archive) throws IOException {
        RecordingHandler handler = new RecordingHandler();
        List<Damage> damages = new ArrayList<>();
        List<String> suspects = new ArrayList<>();
        try (Archive open = Archive.openForReading(archive)) {
            open.latest()
                    .read(
                            handler,
                            new DamageListener() {
                                @Override
                                public void suspect(int shard, String segment) {
                                    suspects.add(segment);
                                }

                                @Override
                                public void damaged(Damage damage) {
                                    damages.add(damage);
                                }
                            });
        }
        return new Reading(handler.entries(), damages, suspects);
    }
}
