package io.sluice.restore;

import io.sluice.common.SluiceException;
import io.sluice.common.text.Text;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
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
 * {@link #close}, which deletes what was spilled. Nothing is spilled while the records fit.
 */
public final class SpillSorter implements Closeable {
    /** Memory for one run where nothing else is asked for. */
    public static final int DEFAULT_RUN_BYTES = 8 << 20;

    /** Runs that are merged at once: with {@link #READ_BYTES} each, 4 MiB of read buffers. */
    static final int MAX_FAN_IN = 64;

    private static final int READ_BYTES = 64 << 10;
    private static final int FIRST_BYTES = 16 << 10;

    /** Every record takes at least this much of a run, which bounds the array of starts. */
    private static final int RECORD_OVERHEAD = 8;

    private final Path directory;
    private final int runBytes;
    private final List<Path> runs = new ArrayList<>();
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

    /** Number of files that hold runs now. */
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

    private void writeRun(Content content) {
        try {
            Path run = Files.createTempFile(directory, "sluice-sort-", ".run");
            runs.add(run);
            try (DataOutputStream out =
                    new DataOutputStream(
                            new BufferedOutputStream(Files.newOutputStream(run), READ_BYTES))) {
                content.writeTo(out);
            }
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

    /** Makes the oldest runs into one, the newest. */
    private void mergeOldest() throws IOException {
        List<Path> oldest = List.copyOf(runs.subList(0, MAX_FAN_IN));
        try (Merge merge = new Merge(oldest)) {
            writeRun(
                    out -> {
                        for (byte[] r = merge.next(); r != null; r = merge.next()) {
                            out.writeInt(r.length);
                            out.write(r);
                        }
                    });
        }
        for (Path run : oldest) {
            Files.deleteIfExists(run);
        }
        runs.removeAll(oldest);
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
        while (runs.size() > MAX_FAN_IN) {
            mergeOldest();
        }
        result = new Merge(runs);
        return result;
    }

    /** Gives up the records and deletes the runs. Idempotent. */
    @Override
    public synchronized void close() throws IOException {
        closed = true;
        if (result != null) {
            result.close();
        }
        arena = new byte[0];
        starts = new int[0];
        count = 0;
        for (Path run : runs) {
            Files.deleteIfExists(run);
        }
        runs.clear();
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

    private static final class Run implements Closeable {
        private final DataInputStream in;
        private byte[] head;

        Run(Path file) throws IOException {
            in =
                    new DataInputStream(
                            new BufferedInputStream(Files.newInputStream(file), READ_BYTES));
        }

        void advance() throws IOException {
            int length;
            try {
                length = in.readInt();
            } catch (EOFException end) {
                head = null;
                return;
            }
            head = new byte[length];
            in.readFully(head);
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }

    /** A merge of at most {@link #MAX_FAN_IN} runs by a heap of their heads. */
    private static final class Merge implements Sorted {
        private final List<Run> open = new ArrayList<>();
        private final PriorityQueue<Run> heap =
                new PriorityQueue<>(MAX_FAN_IN, (a, b) -> Arrays.compareUnsigned(a.head, b.head));

        Merge(List<Path> files) throws IOException {
            try {
                for (Path file : files) {
                    Run run = new Run(file);
                    open.add(run);
                    run.advance();
                    if (run.head != null) {
                        heap.add(run);
                    }
                }
            } catch (IOException e) {
                close();
                throw e;
            }
        }

        @Override
        public byte[] next() throws IOException {
            Run first = heap.poll();
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
        public void close() throws IOException {
            heap.clear();
            for (Run run : open) {
                run.close();
            }
            open.clear();
        }
    }
}
