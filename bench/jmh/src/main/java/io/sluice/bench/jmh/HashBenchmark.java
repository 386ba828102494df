package io.sluice.bench.jmh;

import com.dynatrace.hash4j.hashing.HashValue128;
import io.sluice.common.entry.Signature;
import io.sluice.common.entry.Stat;
import io.sluice.common.hash.Xxh3;
import io.sluice.ptcomm.codec.DataSum;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Keys, signatures, shards, and sums over data. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class HashBenchmark {
    private final DataSum sum = new DataSum();
    private final byte[] path = Samples.path(1);
    private final Stat stat = Samples.stat(1);
    private final ByteBuffer small = buffer(4096);
    private final ByteBuffer large = buffer(1 << 20);
    private long inode = 1;

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Benchmark
    public HashValue128 key() {
        return Xxh3.hash128(path);
    }

    @Benchmark
    public long signature() {
        return Signature.of(stat);
    }

    @Benchmark
    public long inode() {
        return Xxh3.hash64(inode++);
    }

    @Benchmark
    public long sumOf4KiB() {
        sum.reset();
        sum.update(small);
        return sum.root();
    }

    @Benchmark
    public long sumOf1MiB() {
        sum.reset();
        sum.update(large);
        return sum.root();
    }
}
