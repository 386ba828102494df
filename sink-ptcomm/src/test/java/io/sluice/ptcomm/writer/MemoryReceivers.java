package io.sluice.ptcomm.writer;

import io.sluice.common.round.Receipt;
import io.sluice.ptcomm.codec.EntryDecoder;
import io.sluice.ptcomm.codec.EntryEncoder;
import io.sluice.ptcomm.codec.FrameReader;
import io.sluice.ptcomm.codec.RecordingHandler;
import io.sluice.ptcomm.codec.SampleEntry;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Keeps the streams of a round in this JVM's memory, and says what is in them. */
final class MemoryReceivers implements ShardReceiverFactory {
    private static final long serialVersionUID = 1L;

    /** What a test does where a receiver writes. */
    interface Disturbance {
        void beforeTaking(int shard) throws IOException;
    }

    private final transient Map<Integer, Stream> streams = new ConcurrentHashMap<>();
    private final transient Map<String, Stream> attempts = new ConcurrentHashMap<>();
    private final transient Disturbance disturbance;

    MemoryReceivers() {
        this(shard -> {});
    }

    MemoryReceivers(Disturbance disturbance) {
        this.disturbance = disturbance;
    }

    @Override
    public ShardReceiver open(int shard, int attempt, ReceiverPoint from) {
        Stream stream = new Stream(shard, "stream " + attempts.size());
        if (from != null) {
            byte[] former = attempts.get(from.open().name()).bytes.toByteArray();
            stream.bytes.write(former, 0, Math.toIntExact(from.bytes()));
            stream.entries = from.entries();
        }
        streams.put(shard, stream);
        attempts.put(stream.name, stream);
        return stream;
    }

    /** The entries of a finished stream, as a strict decoder reads them. */
    List<SampleEntry> entries(int shard) throws IOException {
        FrameReader frames = new FrameReader();
        frames.restart(
                Channels.newChannel(
                        new ByteArrayInputStream(streams.get(shard).bytes.toByteArray())));
        RecordingHandler handler = new RecordingHandler();
        new EntryDecoder(frames, new byte[0], handler).readStream();
        return handler.entries();
    }

    boolean allClosed() {
        return streams.values().stream().allMatch(stream -> stream.closed);
    }

    private final class Stream implements ShardReceiver {
        private final int shard;
        private final String name;
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private long entries;
        private boolean inEntry;
        private volatile boolean closed;

        Stream(int shard, String name) {
            this.shard = shard;
            this.name = name;
        }

        private void take(ByteBuffer frames) throws IOException {
            disturbance.beforeTaking(shard);
            byte[] copy = new byte[frames.remaining()];
            frames.get(copy);
            bytes.writeBytes(copy);
        }

        private void require(boolean holds) {
            if (!holds) {
                throw new IllegalStateException("calls out of order");
            }
        }

        @Override
        public void entries(ByteBuffer frames, int count) throws IOException {
            require(!inEntry && count > 0 && frames.hasRemaining());
            take(frames);
            entries += count;
        }

        @Override
        public void beginEntry(long size) {
            require(!inEntry);
            inEntry = true;
        }

        @Override
        public void entryPart(ByteBuffer frames) throws IOException {
            require(inEntry);
            take(frames);
        }

        @Override
        public void endEntry() {
            require(inEntry);
            inEntry = false;
            entries++;
        }

        @Override
        public ReceiverPoint point() {
            require(!inEntry);
            return new ReceiverPoint(
                    entries,
                    bytes.size(),
                    List.of(),
                    new Receipt.Segment(name, bytes.size(), entries, 0));
        }

        @Override
        public void sync() {}

        @Override
        public Receipt finish() throws IOException {
            require(!inEntry);
            ByteBuffer end = ByteBuffer.allocate(64);
            new EntryEncoder(new byte[0]).endOfStream(end);
            take(end.flip());
            return new Receipt(shard, entries, bytes.size(), List.of());
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
