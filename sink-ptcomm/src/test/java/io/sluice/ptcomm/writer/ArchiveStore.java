package io.sluice.ptcomm.writer;

import io.sluice.common.round.Receipt;
import io.sluice.common.text.Text;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.ptcomm.archive.Compression;
import io.sluice.ptcomm.archive.Manifest;
import io.sluice.ptcomm.archive.SegmentConfig;
import io.sluice.ptcomm.archive.SmallSegments;
import io.sluice.ptcomm.codec.RecordingHandler;
import io.sluice.ptcomm.codec.SampleEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A real archive. */
final class ArchiveStore implements RoundStore {
    private final WriterOptions options;
    private final SegmentConfig segments;
    private final long segmentBytes;
    private final Archive archive;

    ArchiveStore(
            WriterOptions options, Path directory, Compression compression, long segmentBytes) {
        this.options = options;
        this.segmentBytes = segmentBytes;
        byte[] path = directory.toString().getBytes(StandardCharsets.UTF_8);
        archive = Archive.openForBackup(path, options.root(), options.shards());
        archive.beginRound((int) options.round());
        segments = new SegmentConfig(path, (int) options.round(), options.run(), compression);
    }

    @Override
    public ShardReceiverFactory receivers(int attempt, RestartRig.Disturbance disturbance) {
        return (shard, ignored, from) ->
                new Disturbed(
                        shard,
                        SmallSegments.open(segments, shard, attempt, from, segmentBytes),
                        disturbance);
    }

    @Override
    public List<List<SampleEntry>> commit(List<Receipt> receipts) throws IOException {
        archive.commit(
                new Manifest(
                        Manifest.FORMAT,
                        (int) options.round(),
                        options.run(),
                        "full",
                        null,
                        options.content().text(),
                        Text.escape(options.root()),
                        "",
                        options.shards(),
                        "inode-hash",
                        segments.compression(),
                        Instant.EPOCH,
                        Instant.EPOCH,
                        receipts));
        List<List<SampleEntry>> shards = new ArrayList<>();
        for (int shard = 0; shard < options.shards(); shard++) {
            RecordingHandler handler = new RecordingHandler();
            archive.latest()
                    .read(
                            shard,
                            handler,
                            damage -> {
                                throw new AssertionError("damaged: " + damage);
                            });
            shards.add(handler.entries().stream().map(SampleEntry::withoutAccessTime).toList());
        }
        return shards;
    }

    /** Names of the segments that lie in the round's directory. */
    List<String> segmentFiles() {
        String[] names = roundDirectory().toFile().list();
        return names == null
                ? List.of()
                : Arrays.stream(names).filter(name -> name.startsWith("shard-")).sorted().toList();
    }

    Path roundDirectory() {
        return archive.roundDirectory((int) options.round());
    }

    @Override
    public void close() {
        archive.close();
    }

    /** A receiver that the test has its hand in. */
    private static final class Disturbed extends ForwardingReceiver {
        private final int shard;
        private final RestartRig.Disturbance disturbance;

        Disturbed(int shard, ShardReceiver receiver, RestartRig.Disturbance disturbance) {
            super(receiver);
            this.shard = shard;
            this.disturbance = disturbance;
        }

        @Override
        public void entries(ByteBuffer frames, int count) throws IOException {
            disturbance.beforeTaking(shard);
            super.entries(frames, count);
        }

        @Override
        public void entryPart(ByteBuffer frames) throws IOException {
            disturbance.beforeTaking(shard);
            super.entryPart(frames);
        }

        @Override
        public Receipt finish() throws IOException {
            disturbance.beforeTaking(shard);
            return super.finish();
        }
    }
}
