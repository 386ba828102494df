package io.sluice.bench.jmh;

import io.sluice.common.entry.Stat;
import io.sluice.ptcomm.codec.DataSum;
import io.sluice.ptcomm.codec.EntryDecoder;
import io.sluice.ptcomm.codec.EntryEncoder;
import io.sluice.ptcomm.codec.EntryHandler;
import io.sluice.ptcomm.codec.FrameReader;
import io.sluice.ptcomm.codec.StreamEntry;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/** PTCOMM frames of an entry, without and with 4 KiB of data and its sum. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@OperationsPerInvocation(Samples.ENTRIES)
public class CodecBenchmark {
    private static final byte[] NO_PREFIX = {};

    private final EntryEncoder encoder = new EntryEncoder(NO_PREFIX);
    private final DataSum sum = new DataSum();
    private final FrameReader frames = new FrameReader();
    private final byte[][] paths = new byte[Samples.ENTRIES][];
    private final Stat[] stats = new Stat[Samples.ENTRIES];
    private final ByteBuffer data =
            ByteBuffer.allocateDirect(Samples.FILE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final ByteBuffer out = ByteBuffer.allocateDirect(1 << 20);
    private byte[] emptyFiles;
    private byte[] smallFiles;

    @Setup
    public void prepare() {
        for (int i = 0; i < Samples.ENTRIES; i++) {
            paths[i] = Samples.path(i);
            stats[i] = Samples.stat(i);
        }
        while (data.hasRemaining()) {
            data.put((byte) (31 * data.position()));
        }
        data.clear();
        emptyFiles = stream(encodeHeads());
        smallFiles = stream(encodeSmallFiles());
    }

    private byte[] stream(ByteBuffer entries) {
        encoder.endOfStream(entries);
        byte[] bytes = new byte[entries.flip().remaining()];
        entries.get(bytes);
        return bytes;
    }

    @Benchmark
    public ByteBuffer encodeHeads() {
        out.clear();
        for (int i = 0; i < Samples.ENTRIES; i++) {
            encoder.head(out, paths[i], stats[i], null, null);
            encoder.noData(out);
        }
        return out;
    }

    @Benchmark
    public ByteBuffer encodeSmallFiles() {
        out.clear();
        for (int i = 0; i < Samples.ENTRIES; i++) {
            encoder.head(out, paths[i], stats[i], null, null);
            encoder.beginData(out);
            encoder.dataHeader(out, Samples.FILE_BYTES);
            sum.reset();
            sum.update(data);
            out.put(data);
            data.clear();
            encoder.endData(out);
            encoder.sum(out, sum);
        }
        return out;
    }

    @Benchmark
    public long decodeHeads(Blackhole hole) throws IOException {
        return decode(emptyFiles, hole);
    }

    @Benchmark
    public long decodeSmallFiles(Blackhole hole) throws IOException {
        return decode(smallFiles, hole);
    }

    private long decode(byte[] stream, Blackhole hole) throws IOException {
        frames.restart(Channels.newChannel(new ByteArrayInputStream(stream)));
        EntryDecoder decoder = new EntryDecoder(frames, NO_PREFIX, new Swallower(hole));
        decoder.readStream();
        return decoder.entries();
    }

    /** Wants everything, and checks that no sum differs. */
    private record Swallower(Blackhole hole) implements EntryHandler {
        @Override
        public boolean entry(StreamEntry entry) {
            hole.consume(entry);
            return true;
        }

        @Override
        public void extent(long offset, long length) {
            hole.consume(offset);
        }

        @Override
        public void data(ByteBuffer bytes) {
            hole.consume(bytes.remaining());
        }

        @Override
        public void torn(int errno, String text) {
            throw new IllegalStateException("torn: " + text);
        }

        @Override
        public void block(String kind, byte[] content) {
            hole.consume(content);
        }

        @Override
        public void end(DataState state) {
            if (state != DataState.INTACT) {
                throw new IllegalStateException("an entry is " + state);
            }
        }

        @Override
        public void deleted(byte[] path, boolean directory) {
            throw new IllegalStateException("a tombstone");
        }
    }
}
