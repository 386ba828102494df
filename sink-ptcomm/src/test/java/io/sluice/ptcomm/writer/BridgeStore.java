package io.sluice.ptcomm.writer;

import io.sluice.common.round.Receipt;
import io.sluice.ptcomm.codec.EntryDecoder;
import io.sluice.ptcomm.codec.FrameReader;
import io.sluice.ptcomm.codec.RecordingHandler;
import io.sluice.ptcomm.codec.SampleEntry;
import io.sluice.ptcomm.fd.BridgeAddress;
import io.sluice.ptcomm.fd.FdTimes;
import io.sluice.ptcomm.fd.TestBridge;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Real bridges, which cannot give back what they were sent. */
final class BridgeStore implements RoundStore {
    private final WriterOptions options;
    private final FdTimes times;
    private final List<TestBridge> bridges = new ArrayList<>();

    /** Number of the last entry that was claimed when a shard was dialed last. */
    private final Map<Integer, Long> claims = new ConcurrentHashMap<>();

    /** What completed checkpoints count. */
    private final Map<Integer, Long> completed = new ConcurrentHashMap<>();

    /** What the bridges do before their consumers take something. */
    volatile RestartRig.Disturbance consuming = shard -> {};

    /** What the writer dials, if not the bridges themselves. */
    List<BridgeAddress> dialed;

    BridgeStore(WriterOptions options, Path directory) {
        this(options, directory, FdTimes.DEFAULT);
    }

    BridgeStore(WriterOptions options, Path directory, FdTimes times) {
        this.times = times;
        this.options = options;
        for (int shard = 0; shard < options.shards(); shard++) {
            int number = shard;
            bridges.add(new TestBridge(directory, () -> consuming.beforeTaking(number), times));
        }
    }

    /** The path of the entry that is begun and not ended; null without one. */
    String begunPath(int shard) throws Exception {
        byte[] entry = bridges.get(shard).begun();
        return entry == null
                ? null
                : new String(EntryProgress.readEntry(entry).item.path(), StandardCharsets.UTF_8);
    }

    /** A file that is much larger than any other. */
    static final String LARGE = "s0-the-large-one";

    /** In what moments the streams are. */
    List<String> moments() throws Exception {
        List<String> moments = new ArrayList<>();
        for (int shard = 0; shard < bridges.size(); shard++) {
            TestBridge bridge = bridges.get(shard);
            if (bridge.hasEnded()) {
                moments.add("after the end");
            } else if (claims.containsKey(shard) && bridge.taken() == claims.get(shard)) {
                moments.add("during replay");
            } else {
                boolean large = bridge.isInEntry() && LARGE.equals(begunPath(shard));
                String entry = large ? "in the largest entry" : "in a large entry";
                moments.add(bridge.isInEntry() ? entry : "between entries");
            }
        }
        return moments;
    }

    /** Whether a bridge does not know of a checkpoint that is complete. */
    boolean isOneUntold() {
        return completed.entrySet().stream()
                .anyMatch(told -> bridges.get(told.getKey()).forgotten() < told.getValue());
    }

    TestBridge bridge(int shard) {
        return bridges.get(shard);
    }

    @Override
    public BridgeDialer receivers(int attempt, RestartRig.Disturbance disturbance) {
        BridgeDialer dialer =
                dialed == null
                        ? TestBridge.dialer(bridges, options.round(), options.run())
                        : TestBridge.dialerOf(dialed, times, options.round(), options.run());
        return (shard, ignored, acknowledged, claimed) -> {
            claims.remove(shard);
            return new DisturbedLink(
                    dialer.dial(
                            shard,
                            attempt,
                            acknowledged,
                            (first, count, records) -> {
                                claims.put(shard, first + count - 1);
                                claimed.entries(first, count, records);
                            }),
                    shard,
                    disturbance,
                    number -> completed.merge(shard, number, Math::max));
        };
    }

    @Override
    public List<List<SampleEntry>> commit(List<Receipt> receipts) throws Exception {
        TestBridge.release(bridges, options.round(), options.run());
        List<List<SampleEntry>> shards = new ArrayList<>();
        for (TestBridge bridge : bridges) {
            byte[] stream = bridge.stream();
            RecordingHandler handler = new RecordingHandler();
            FrameReader frames =
                    new FrameReader(Channels.newChannel(new ByteArrayInputStream(stream)));
            new EntryDecoder(frames, options.prefix(), handler).readStream();
            shards.add(handler.entries().stream().map(SampleEntry::withoutAccessTime).toList());
            long bytes = receipts.get(shards.size() - 1).bytes();
            if (bytes != stream.length) {
                throw new AssertionError(bytes + " bytes accepted, " + stream.length + " there");
            }
        }
        return shards;
    }

    @Override
    public void close() throws IOException {
        for (TestBridge bridge : bridges) {
            bridge.close();
        }
    }
}
