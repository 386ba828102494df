package io.sluice.ptcomm.writer;

import static io.sluice.common.posix.RawTree.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.posix.NativeBuffer;
import io.sluice.common.posix.RawTree;
import io.sluice.common.round.Content;
import io.sluice.common.throttle.Throttle;
import io.sluice.common.throttle.ThrottledThreads;
import io.sluice.ptcomm.codec.EntryHandler.DataState;
import io.sluice.ptcomm.codec.SampleEntry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a throttle does to readers of files: the stream stays the same. */
@Timeout(120)
class ThrottledWriterTest {
    private static final int SHARDS = 3;
    private static final int FILES = 40;

    /** Some frames of data, read by a writing thread. */
    private static final int LARGE_BYTES = 3_000_000;

    @TempDir private Path elsewhere;
    private RawTree tree;
    private final MemoryReceivers receivers = new MemoryReceivers();

    @BeforeEach
    void makeTree() throws IOException {
        tree = new RawTree();
    }

    @AfterEach
    void removeTree() throws IOException {
        tree.close();
    }

    private byte[] write(String name, int size) throws IOException {
        byte[] data = new byte[size];
        new Random(size).nextBytes(data);
        Files.write(Path.of(new String(tree.root(), StandardCharsets.UTF_8), name), data);
        return data;
    }

    private byte[] throttle(String text) throws IOException {
        return bytes(Files.writeString(elsewhere.resolve("throttle.toml"), text).toString());
    }

    private WriterOptions options(byte[] throttle) {
        return new WriterOptions(
                tree.root(),
                new byte[0],
                SHARDS,
                WriterRig.ROUND,
                "run-1",
                Content.FULL,
                false,
                4,
                null,
                System.currentTimeMillis(),
                throttle);
    }

    @Test
    void oneReaderAtATimeStoresAllOfAllShards() throws Exception {
        List<byte[]> large = new ArrayList<>();
        for (int shard = 0; shard < SHARDS; shard++) {
            large.add(write("large" + shard, LARGE_BYTES + shard));
        }
        tree.files("", "file", FILES);
        WriterOptions options =
                options(throttle("threads = 1\nread_buffer_kib = 64\npause_ms = 1\n"));
        try (WriterRig rig = WriterRig.of(options, receivers)) {
            for (int shard = 0; shard < SHARDS; shard++) {
                rig.send(shard, "large" + shard);
                for (int i = shard; i < FILES; i += SHARDS) {
                    rig.send(shard, "file" + i);
                }
            }
            rig.finish();
        }
        int files = 0;
        for (int shard = 0; shard < SHARDS; shard++) {
            for (SampleEntry entry : receivers.entries(shard)) {
                assertThat(entry.state()).isEqualTo(DataState.INTACT);
                if (entry.path().startsWith("large")) {
                    assertThat(SampleEntry.bytes(entry.data())).isEqualTo(large.get(shard));
                }
                files++;
            }
        }
        assertThat(files).isEqualTo(SHARDS + FILES);
    }

    @Test
    void closeDoesNotWaitForAPauseOrATurn() throws Exception {
        for (int shard = 0; shard < SHARDS; shard++) {
            write("large" + shard, LARGE_BYTES);
        }
        tree.files("", "file", FILES);
        WriterOptions options = options(throttle("threads = 1\npause_ms = 10000\n"));
        long begun = System.nanoTime();
        try (WriterRig rig = WriterRig.of(options, receivers)) {
            for (int shard = 0; shard < SHARDS; shard++) {
                rig.send(shard, "large" + shard, "file" + shard);
            }
        }
        assertThat(System.nanoTime() - begun).isLessThan(TimeUnit.SECONDS.toNanos(8));
    }

    @Test
    void singleReadIsNotLargerThanTheCap() throws Exception {
        write("file", 100_000);
        try (ThrottledThreads threads = Throttle.readers(throttle("read_buffer_kib = 16\n"));
                EntryReader reader = new ThrottledReader(options(null), 4, threads.turn())) {
            Outcome outcome = WriterRig.outcome(tree.root(), "file");
            assertThat(reader.look(outcome).size()).isEqualTo(100_000);
            assertThat(reader.openData()).isZero();
            NativeBuffer buffer = new NativeBuffer(100_000);
            assertThat(reader.read(buffer, 0, 100_000, 0)).isEqualTo(16 * 1024);
            assertThat(reader.read(buffer, 0, 10, 0)).isEqualTo(10);
        }
    }
}
