package io.sluice.restore;

import io.sluice.common.entry.Stat;
import io.sluice.common.entry.Timestamp;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.Posix;
import io.sluice.common.testing.TestTree;
import io.sluice.ptcomm.archive.DamageListener;
import io.sluice.ptcomm.codec.EntryHandler;
import io.sluice.ptcomm.codec.StreamEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** A round whose streams are lists of calls; entries are added to the current shard. */
final class MemoryRound implements RoundStreams {
    /** 2001-09-09, plus nanoseconds that a rounding would lose. */
    static final Timestamp TIME = new Timestamp(1_000_000_000, 123_456_789);

    /** One call, or several. */
    interface Step {
        void run(EntryHandler handler) throws IOException;
    }

    private final List<List<Step>> shards = new ArrayList<>();
    private boolean metadataOnly;
    private int reads;
    private String name = "memory";
    private long expected = -1;

    MemoryRound() {
        shard();
    }

    /** Begins a further shard. */
    MemoryRound shard() {
        shards.add(new ArrayList<>());
        return this;
    }

    MemoryRound metadata() {
        metadataOnly = true;
        return this;
    }

    /** What the receipts say of each shard, if not the number of steps. */
    MemoryRound expecting(long entries) {
        expected = entries;
        return this;
    }

    synchronized int reads() {
        return reads;
    }

    /** Makes it another round. */
    MemoryRound named(String other) {
        name = other;
        return this;
    }

    @Override
    public RoundIdentity identity() {
        return new RoundIdentity(name, "round '" + name + "'");
    }

    @Override
    public int shards() {
        return shards.size();
    }

    @Override
    public boolean metadataOnly() {
        return metadataOnly;
    }

    @Override
    public long entries(int shard) {
        return expected < 0 ? shards.get(shard).size() : expected;
    }

    @Override
    public void read(int shard, EntryHandler handler, DamageListener listener) throws IOException {
        synchronized (this) {
            reads++;
        }
        for (Step step : shards.get(shard)) {
            step.run(handler);
        }
    }

    MemoryRound step(Step step) {
        shards.get(shards.size() - 1).add(step);
        return this;
    }

    static Stat stat(FileType type, int permissions, int links, long size, Timestamp modified) {
        int me = Posix.effectiveUser();
        return new Stat(
                type.modeBits() | permissions,
                links,
                me,
                me,
                7,
                size,
                new Timestamp(5, 6),
                modified,
                modified,
                null,
                0,
                0,
                1,
                3);
    }

    MemoryRound entry(StreamEntry entry, Step body, EntryHandler.DataState state) {
        return step(
                handler -> {
                    boolean wanted = handler.entry(entry);
                    if (wanted) {
                        body.run(handler);
                    }
                    handler.end(wanted ? state : EntryHandler.DataState.NOT_READ);
                });
    }

    static StreamEntry head(byte[] path, Stat stat) {
        return new StreamEntry(path, stat, null, null);
    }

    MemoryRound directory(String path, int permissions) {
        return directory(TestTree.bytes(path), permissions);
    }

    MemoryRound directory(byte[] path, int permissions) {
        Stat stat = stat(FileType.DIRECTORY, permissions, 2, 4096, TIME);
        return entry(head(path, stat), handler -> {}, EntryHandler.DataState.INTACT);
    }

    MemoryRound file(String path, String content) {
        return file(TestTree.bytes(path), 0644, 1, content, TIME);
    }

    MemoryRound file(byte[] path, int permissions, int links, String content, Timestamp time) {
        byte[] data = TestTree.bytes(content);
        Stat stat = stat(FileType.REGULAR, permissions, links, data.length, time);
        return entry(head(path, stat), data(data), EntryHandler.DataState.INTACT);
    }

    static Step data(byte[] data) {
        return handler -> {
            // In two pieces, as frames may cut it.
            int half = data.length / 2;
            if (data.length > 0) {
                handler.data(ByteBuffer.wrap(data, 0, half));
                handler.data(ByteBuffer.wrap(data, half, data.length - half));
            }
        };
    }

    MemoryRound linked(String path, String content) {
        return file(TestTree.bytes(path), 0644, 3, content, TIME);
    }

    MemoryRound link(String path, String to, long size) {
        Stat stat = stat(FileType.REGULAR, 0644, 3, size, TIME);
        StreamEntry entry = new StreamEntry(TestTree.bytes(path), stat, null, TestTree.bytes(to));
        return entry(entry, handler -> {}, EntryHandler.DataState.INTACT);
    }

    MemoryRound symlink(String path, String target) {
        Stat stat = stat(FileType.SYMLINK, 0777, 1, target.length(), TIME);
        StreamEntry entry =
                new StreamEntry(TestTree.bytes(path), stat, TestTree.bytes(target), null);
        return entry(entry, handler -> {}, EntryHandler.DataState.INTACT);
    }

    MemoryRound special(String path, FileType type) {
        Stat stat = stat(type, 0640, 1, 0, TIME);
        StreamEntry entry = head(TestTree.bytes(path), stat);
        return entry(entry, handler -> {}, EntryHandler.DataState.INTACT);
    }
}
