package io.sluice.ptcomm.fd;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/**
 * The records of the entries that a bridge has handed on and that no completed checkpoint counts
 * yet, in order. Memory: {@link #MEMORY_CHUNKS} chunks of up to 2 MiB; what is more lies in a file
 * without a name. Not thread-safe.
 */
final class Ledger implements Closeable {
    static final int MEMORY_CHUNKS = 8;
    private static final int CHUNK_BYTES = 1 << 20;
    private static final int SLOT_BYTES = 2 * CHUNK_BYTES;
    private static final int HEAD_BYTES = Long.BYTES + 2 * Integer.BYTES;

    /** Takes the records of some entries. */
    interface Visitor {
        void entries(long first, int count, ByteBuffer records) throws IOException;
    }

    private static final class Chunk {
        ByteBuffer bytes = ByteBuffer.allocate(SLOT_BYTES);
        long last;
        int slot = -1;
        int length;
    }

    private final Path directory;
    private final Deque<Chunk> chunks = new ArrayDeque<>();
    private final Deque<Integer> freeSlots = new ArrayDeque<>();
    private FileChannel file;
    private int slots;
    private int inMemory;
    private long last;
    private long forgotten;

    /**
     * @param directory where the file lies if it is needed
     */
    Ledger(Path directory) {
        this.directory = directory;
    }

    /** Number of the last entry, 0 without one. */
    long last() {
        return last;
    }

    /** Entries up to this number are forgotten. */
    long forgotten() {
        return forgotten;
    }

    /**
     * @param first must be the next number
     * @param records at most 1 MiB
     */
    void add(long first, int count, ByteBuffer records) throws IOException {
        if (first != last + 1 || count < 1) {
            throw new IllegalArgumentException("entry " + first + " after entry " + last);
        }
        Chunk chunk = chunks.peekLast();
        int length = HEAD_BYTES + records.remaining();
        if (chunk == null
                || chunk.bytes == null
                || chunk.bytes.position() > CHUNK_BYTES
                || chunk.bytes.remaining() < length) {
            chunk = new Chunk();
            chunks.add(chunk);
            inMemory++;
            if (inMemory > MEMORY_CHUNKS) {
                spill();
            }
        }
        last = first + count - 1;
        chunk.bytes.putLong(first).putInt(count).putInt(records.remaining()).put(records);
        chunk.last = last;
    }

    private void spill() throws IOException {
        for (Chunk chunk : chunks) {
            if (chunk.bytes != null) {
                if (file == null) {
                    Path name = Files.createTempFile(directory, "sluice-bridge-", ".ledger");
                    file =
                            FileChannel.open(
                                    name,
                                    StandardOpenOption.READ,
                                    StandardOpenOption.WRITE,
                                    StandardOpenOption.DELETE_ON_CLOSE);
                    Files.deleteIfExists(name);
                }
                Integer free = freeSlots.poll();
                chunk.slot = free == null ? slots++ : free;
                chunk.bytes.flip();
                chunk.length = chunk.bytes.remaining();
                long at = (long) chunk.slot * SLOT_BYTES;
                while (chunk.bytes.hasRemaining()) {
                    at += file.write(chunk.bytes, at);
                }
                chunk.bytes = null;
                inMemory--;
                return;
            }
        }
    }

    /** Entries up to this number are not asked for any more. */
    void forget(long number) {
        forgotten = Math.max(forgotten, Math.min(number, last));
        for (Iterator<Chunk> eldest = chunks.iterator(); eldest.hasNext(); ) {
            Chunk chunk = eldest.next();
            if (chunk.last > forgotten) {
                return;
            }
            if (chunk.bytes == null) {
                freeSlots.add(chunk.slot);
            } else {
                inMemory--;
            }
            eldest.remove();
        }
    }

    /** Visits all that was added together with, or after, the entry behind {@code number}. */
    void visit(long number, Visitor visitor) throws IOException {
        for (Chunk chunk : chunks) {
            if (chunk.last <= number) {
                continue;
            }
            ByteBuffer in = chunk.bytes == null ? read(chunk) : chunk.bytes.duplicate().flip();
            while (in.hasRemaining()) {
                long first = in.getLong();
                int count = in.getInt();
                int length = in.getInt();
                ByteBuffer records = in.slice(in.position(), length);
                in.position(in.position() + length);
                if (first + count - 1 > number) {
                    visitor.entries(first, count, records);
                }
            }
        }
    }

    private ByteBuffer read(Chunk chunk) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(chunk.length);
        long at = (long) chunk.slot * SLOT_BYTES;
        while (bytes.hasRemaining()) {
            int n = file.read(bytes, at + bytes.position());
            if (n < 0) {
                throw new IOException("the ledger's file has lost its end");
            }
        }
        return bytes.flip();
    }

    @Override
    public void close() throws IOException {
        chunks.clear();
        if (file != null) {
            file.close();
        }
    }
}
