package io.sluice.restore;

import io.sluice.common.SluiceException;
import io.sluice.common.text.Text;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Sorts any number of byte records in bounded memory: unsigned, byte by byte, the shorter of two
 * first when it begins the longer; equal records all stay. Records gather in memory; a full memory
 * is sorted and written to a file as a run; the runs are merged.
 *
 * <p>Life: {@link #add} from any threads, then once {@link #sorted}, read by one thread, then
 * {@link #close}. Nothing is spilled while the records fit. A file has no name any more before it
 * has content, so the kernel gives its space back however the process ends.
 *
 * <p>Heap: {@code runBytes} for the records, 12 bytes more for each while they are sorted; then, to
 * merge, {@code runBytes} or {@link #MIN_MERGE_BYTES}, whichever is more; where records are large,
 * two of the longest. Descriptors: one for all runs; one more for each merge that was needed before
 * the last, of all the runs that this memory has room for. Disk: the records and 4 bytes for each;
 * what such a merge has read stays until the end.
 */
public final class SpillSorter implements Closeable {
    /** Memory for one run where nothing else is asked for. */
    public static final int DEFAULT_RUN_BYTES = 8 << 20;

    /** Least memory for a merge: some hundred runs of short records. */
    static final int MIN_MERGE_BYTES = 1 << 20;

    private static final int MIN_READ_BYTES = 8 << 10;
    private static final int MAX_READ_BYTES = 64 << 10;
    private static final int WRITE_BYTES = 64 << 10;
    private static final int FIRST_BYTES = 16 << 10;

    /** Every record takes at least this much of a run, which bounds the array of starts. */
    private static final int RECORD_OVERHEAD = 8;

    private final Path directory;
    private final int runBytes;
    private final List<FileChannel> files = new ArrayList<>();
    private final List<Run> runs = new ArrayList<>();
    private int longest;
    private byte[] arena = new byte[FIRST_BYTES];
    private int used;
    private int[] starts = new int[FIRST_BYTES / RECORD_OVERHEAD];
    private int count;
    private long records;
    private Sorted result;
    private boolean closed;

    /**
     * @param directory an existing directory for the runs
     * @param runBytes memory for records, in bytes; a larger record makes room for itself
     */
    public SpillSorter(Path directory, int runBytes) {
        if (runBytes < 1) {
            throw new IllegalArgumentException("runBytes must be positive, not " + runBytes);
        }
        this.directory = directory;
        this.runBytes = runBytes;
    }

    /**
     * Takes a copy of {@code record}.
     *
     * @throws SluiceException when a run cannot be written
     */
    public synchronized void add(byte[] record) throws IOException {
        if (closed || result != null) {
            throw new IllegalStateException("no record may follow sorted()");
        }
        long cost = (long) record.length + RECORD_OVERHEAD;
        if (count > 0 && used + 4L * count + cost > runBytes) {
            spill();
        }
        longest = Math.max(longest, record.length);
        reserve(record.length + 4);
        starts[count++] = used;
        putInt(used, record.length);
        System.arraycopy(record, 0, arena, used + 4, record.length);
        used += 4 + record.length;
        records++;
    }

    /** Number of records added. */
    public synchronized long records() {
        return records;
    }

    /** Number of runs that are not merged yet. */
    synchronized int runs() {
        return runs.size();
    }

    private void reserve(int bytes) {
        if (arena.length - used < bytes) {
            long wanted = Math.max((long) used + bytes, Math.min(2L * arena.length, runBytes));
            arena = Arrays.copyOf(arena, Math.toIntExact(wanted));
        }
        if (count == starts.length) {
            starts = Arrays.copyOf(starts, 2 * count);
        }
    }

    private void putInt(int at, int value) {
        arena[at] = (byte) (value >>> 24);
        arena[at + 1] = (byte) (value >>> 16);
        arena[at + 2] = (byte) (value >>> 8);
        arena[at + 3] = (byte) value;
    }

    private int length(int at) {
        return (arena[at] & 0xff) << 24
                | (arena[at + 1] & 0xff) << 16
                | (arena[at + 2] & 0xff) << 8
                | (arena[at + 3] & 0xff);
    }

    private int compare(int a, int b) {
        return Arrays.compareUnsigned(
                arena, a + 4, a + 4 + length(a), arena, b + 4, b + 4 + length(b));
    }

    private void sortMemory() {
        int[] from = starts;
        int[] to = new int[starts.length];
        for (int width = 1; width < count; width *= 2) {
            for (int low = 0; low < count; low += 2 * width) {
                mergeRange(
                        from,
                        to,
                        low,
                        Math.min(low + width, count),
                        Math.min(low + 2 * width, count));
            }
            int[] swap = from;
            from = to;
            to = swap;
        }
        starts = from;
    }

    private void mergeRange(int[] from, int[] to, int low, int middle, int high) {
        int left = low;
        int right = middle;
        for (int i = low; i < high; i++) {
            boolean takeLeft =
                    left < middle && (right >= high || compare(from[left], from[right]) <= 0);
            to[i] = takeLeft ? from[left++] : from[right++];
        }
    }

    private void spill() {
        sortMemory();
        writeRun(
                files.isEmpty(),
                out -> {
                    for (int i = 0; i < count; i++) {
                        out.write(arena, starts[i], 4 + length(starts[i]));
                    }
                });
        used = 0;
        count = 0;
    }

    /** What fills a run. */
    private interface Content {
        void writeTo(DataOutputStream out) throws IOException;
    }

    private void writeRun(boolean newFile, Content content) {
        try {
            if (newFile) {
                files.add(SpillFile.open(directory, "sluice-sort-"));
            }
            FileChannel file = files.get(files.size() - 1);
            long start = file.position();
            DataOutputStream out =
                    new DataOutputStream(
                            new BufferedOutputStream(Channels.newOutputStream(file), WRITE_BYTES));
            content.writeTo(out);
            out.flush();
            runs.add(new Run(file, start, file.position()));
        } catch (IOException e) {
            throw new SluiceException(
                    "cannot sort in "
                            + Text.quote(directory.toString().getBytes(StandardCharsets.UTF_8))
                            + ": "
                            + e.getMessage()
                            + "; make room there or name another directory",
                    e);
        }
    }

    private int mergeBytes() {
        return Math.max(runBytes, MIN_MERGE_BYTES);
    }

    /** How many runs may be merged at once: each needs a buffer and has a record at hand. */
    private int fanIn() {
        return (int) Math.max(2, mergeBytes() / ((long) MIN_READ_BYTES + longest));
    }

    private Merge merge(List<Run> some) throws IOException {
        long share = (long) mergeBytes() / some.size() - longest;
        return new Merge(some, (int) Math.max(MIN_READ_BYTES, Math.min(share, MAX_READ_BYTES)));
    }

    /** Makes the oldest runs into one, the newest. */
    private void mergeOldest(int count) throws IOException {
        List<Run> oldest = List.copyOf(runs.subList(0, count));
        Merge merge = merge(oldest);
        writeRun(
                true,
                out -> {
                    for (byte[] r = merge.next(); r != null; r = merge.next()) {
                        out.writeInt(r.length);
                        out.write(r);
                    }
                });
        runs.subList(0, count).clear();
        for (FileChannel file : List.copyOf(files)) {
            if (runs.stream().noneMatch(run -> run.file == file)) {
                file.close();
                files.remove(file);
            }
        }
    }

    /** All records in order. */
    public synchronized Sorted sorted() throws IOException {
        if (closed || result != null) {
            throw new IllegalStateException("sorted() may be called once");
        }
        if (runs.isEmpty()) {
            sortMemory();
            result = new FromMemory();
            return result;
        }
        if (count > 0) {
            spill();
        }
        arena = new byte[0];
        starts = new int[0];
        int most = fanIn();
        while (runs.size() > most) {
            // No more than it takes: what is merged here is written twice.
            mergeOldest(Math.min(most, runs.size() - most + 1));
        }
        result = merge(runs);
        return result;
    }

    /** Gives up the records and what was spilled. Idempotent. */
    @Override
    public synchronized void close() throws IOException {
        closed = true;
        if (result != null) {
            result.close();
        }
        arena = new byte[0];
        starts = new int[0];
        count = 0;
        runs.clear();
        for (FileChannel file : files) {
            file.close();
        }
        files.clear();
    }

    /** Records in order. Not thread-safe. */
    public interface Sorted extends Closeable {
        /** The next record, or null behind the last. */
        byte[] next() throws IOException;
    }

    private final class FromMemory implements Sorted {
        private int at;

        @Override
        public byte[] next() {
            if (at >= count) {
                return null;
            }
            int start = starts[at++];
            return Arrays.copyOfRange(arena, start + 4, start + 4 + length(start));
        }

        @Override
        public void close() {
            at = count;
        }
    }

    /**
     * Where a run lies.
     *
     * @param start first byte in the file
     * @param end behind the last
     */
    private record Run(FileChannel file, long start, long end) {}

    /** Reads a run from its start, without moving the file's own position. */
    private static final class RunReader {
        private final Run run;
        private final ByteBuffer buffer;
        private long next;
        private byte[] head;

        RunReader(Run run, int bufferBytes) {
            this.run = run;
            buffer = ByteBuffer.allocate(bufferBytes).limit(0);
            next = run.start;
        }

        void advance() throws IOException {
            if (next == run.end && !buffer.hasRemaining()) {
                head = null;
                return;
            }
            byte[] length = new byte[Integer.BYTES];
            read(length);
            head = new byte[ByteBuffer.wrap(length).getInt()];
            read(head);
        }

        private void read(byte[] into) throws IOException {
            int done = 0;
            while (done < into.length) {
                if (!buffer.hasRemaining()) {
                    fill();
                }
                int n = Math.min(buffer.remaining(), into.length - done);
                buffer.get(into, done, n);
                done += n;
            }
        }

        private void fill() throws IOException {
            buffer.clear().limit((int) Math.min(buffer.capacity(), run.end - next));
            int n = run.file.read(buffer, next);
            if (n <= 0) {
                throw new EOFException("a run of a sort ends too early");
            }
            next += n;
            buffer.flip();
        }
    }

    /** A merge of runs by a heap of their heads. */
    private static final class Merge implements Sorted {
        private final PriorityQueue<RunReader> heap =
                new PriorityQueue<>((a, b) -> Arrays.compareUnsigned(a.head, b.head));

        Merge(List<Run> runs, int bufferBytes) throws IOException {
            for (Run run : runs) {
                RunReader reader = new RunReader(run, bufferBytes);
                reader.advance();
                if (reader.head != null) {
                    heap.add(reader);
                }
            }
        }

        @Override
        public byte[] next() throws IOException {
            RunReader first = heap.poll();
            if (first == null) {
                return null;
            }
            byte[] record = first.head;
            first.advance();
            if (first.head != null) {
                heap.add(first);
            }
            return record;
        }

        @Override
        public void close() {
            heap.clear();
        }
    }
}
