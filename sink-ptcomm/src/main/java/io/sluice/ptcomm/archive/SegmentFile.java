package io.sluice.ptcomm.archive;

import com.dynatrace.hash4j.hashing.HashStream64;
import io.sluice.common.hash.HashFeed;
import io.sluice.common.hash.Xxh3;
import io.sluice.common.round.Receipt;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/** One segment while it is written: its bytes are hashed on their way to the file. */
final class SegmentFile implements Closeable {
    private static final int COPY_BYTES = 1 << 20;

    private final String name;
    private final FileChannel channel;
    private final HashStream64 hash = Xxh3.stream();
    private final HashFeed feed = new HashFeed(hash::putBytes);
    private long length;
    private long entries;

    /** Whether the file may have what is not durable. Written by any thread. */
    private volatile boolean dirty;

    SegmentFile(Path round, String name) throws IOException {
        this.name = name;
        this.channel =
                ArchiveDirectory.createFile(round.resolve(name), StandardOpenOption.CREATE_NEW);
    }

    void write(ByteBuffer bytes) throws IOException {
        feed.put(bytes);
        length += bytes.remaining();
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
        dirty = true;
    }

    /**
     * Begins with the first bytes of another file, which are checked.
     *
     * @return whether they are what the former segment says
     */
    boolean copy(Path round, Receipt.Segment former) throws IOException {
        try (FileChannel from =
                FileChannel.open(
                        round.resolve(former.name()),
                        Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
            ByteBuffer bytes = ByteBuffer.allocateDirect(COPY_BYTES);
            while (length < former.length()) {
                bytes.clear().limit((int) Math.min(COPY_BYTES, former.length() - length));
                if (from.read(bytes) < 0) {
                    return false;
                }
                write(bytes.flip());
            }
        } catch (NoSuchFileException e) {
            return false;
        }
        entries = former.entries();
        return hash.getAsLong() == former.xxh3();
    }

    /** What of it has been written so far. */
    Receipt.Segment soFar() {
        return new Receipt.Segment(name, length, entries, hash.getAsLong());
    }

    /** Makes durable what has been written before. May come from any thread. */
    void sync() throws IOException {
        if (dirty) {
            dirty = false;
            channel.force(true);
        }
    }

    void countEntries(int count) {
        entries += count;
    }

    /** Bytes stored so far. */
    long length() {
        return length;
    }

    /** Makes it durable; its name becomes so with the directory. */
    Receipt.Segment finish() throws IOException {
        channel.force(true);
        channel.close();
        return soFar();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
