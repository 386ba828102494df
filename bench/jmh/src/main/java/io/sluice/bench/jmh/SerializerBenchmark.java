package io.sluice.bench.jmh;

import io.sluice.common.change.Change;
import io.sluice.common.change.Listing;
import io.sluice.common.item.ItemBatch;
import io.sluice.common.serial.ChangeSerializer;
import io.sluice.common.serial.ItemBatchSerializer;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
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

/** What the two shuffles cost an entry, without the network. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@OperationsPerInvocation(Samples.ENTRIES)
public class SerializerBenchmark {
    private final DataOutputSerializer out = new DataOutputSerializer(64 * 1024);
    private final DataInputDeserializer in = new DataInputDeserializer();
    private Listing listing;
    private ItemBatch batch;
    private byte[] listingBytes;
    private byte[] batchBytes;

    @Setup
    public void prepare() throws IOException {
        listing = Samples.listing();
        // Of an item's reason the serializer knows nothing: it copies packed bytes.
        batch = new ItemBatch(listing.directory(), 1, Samples.ENTRIES, listing.entries());
        writeListing();
        listingBytes = out.getCopyOfBuffer();
        writeBatch();
        batchBytes = out.getCopyOfBuffer();
    }

    @Benchmark
    public int writeListing() throws IOException {
        out.clear();
        ChangeSerializer.INSTANCE.serialize(listing, out);
        return out.length();
    }

    @Benchmark
    public Change readListing() throws IOException {
        in.setBuffer(listingBytes);
        return ChangeSerializer.INSTANCE.deserialize(in);
    }

    @Benchmark
    public int writeBatch() throws IOException {
        out.clear();
        ItemBatchSerializer.INSTANCE.serialize(batch, out);
        return out.length();
    }

    @Benchmark
    public ItemBatch readBatch() throws IOException {
        in.setBuffer(batchBytes);
        return ItemBatchSerializer.INSTANCE.deserialize(in);
    }
}
