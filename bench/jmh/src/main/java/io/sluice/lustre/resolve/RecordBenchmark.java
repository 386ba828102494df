package io.sluice.lustre.resolve;

import io.sluice.lustre.changelog.ChangelogDecoder;
import io.sluice.lustre.changelog.RecordType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
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

/**
 * A batch of Lustre's changelog records, a CREAT and a CLOSE for each of so many new files, with
 * job, user and client as a server stores them: decoded, and brought down to what is to be asked.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@OperationsPerInvocation(RecordBenchmark.RECORDS)
public class RecordBenchmark {
    static final int RECORDS = 4096;

    private static final int VERSION_JOB_EXTRA = 0xd000;
    private static final long USER_AND_CLIENT = 3;
    private static final int EXTENSION_BYTES = 32 + 8 + 16 + 24;
    private static final long SEQUENCE = 0x200000401L;

    private final byte[][] records = new byte[RECORDS][];

    @Setup
    public void make() {
        for (int i = 0; i < RECORDS; i += 2) {
            byte[] name = ("file-" + i).getBytes(StandardCharsets.US_ASCII);
            records[i] = record(i, RecordType.CREATE, name);
            records[i + 1] = record(i + 1, RecordType.CLOSE, new byte[0]);
        }
    }

    private static byte[] record(int index, RecordType type, byte[] name) {
        int extensions = ChangelogDecoder.HEADER_BYTES + EXTENSION_BYTES;
        ByteBuffer bytes =
                ByteBuffer.allocate(extensions + name.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putShort((short) name.length).putShort((short) VERSION_JOB_EXTRA);
        bytes.putInt(type.number()).putLong(index + 1).putLong(0).putLong(1_700_000_000L << 30);
        bytes.putLong(SEQUENCE).putInt(index / 2).putInt(0);
        bytes.putLong(SEQUENCE).putInt(-1 - index / 200).putInt(0);
        bytes.position(ChangelogDecoder.HEADER_BYTES + 32).putLong(USER_AND_CLIENT);
        bytes.position(extensions).put(name);
        return bytes.array();
    }

    @Benchmark
    public long decode() {
        long sum = 0;
        for (byte[] record : records) {
            sum += ChangelogDecoder.decode(record).index();
        }
        return sum;
    }

    @Benchmark
    public int decodeAndDeduplicate() {
        Hints hints = new Hints();
        for (byte[] record : records) {
            hints.add(ChangelogDecoder.decode(record));
        }
        return hints.names().size() + hints.objects().size();
    }
}
