package io.sluice.pipeline.owed;

import io.sluice.common.change.Delta;
import io.sluice.common.round.OwedReason;
import io.sluice.common.text.Text;
import io.sluice.scan.ScanOptions;
import io.sluice.scan.reader.NameQuery;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;

/**
 * The owed file of a round, and the tree that it is about. Not thread-safe; {@link #batch} asks
 * with threads of its caller's.
 */
final class OwedFile implements Closeable {
    /** Enough to keep all threads busy, and a few hundred KiB. */
    private static final int BATCH_LINES = 1024;

    private final RandomAccessFile file;
    private final NameQuery tree;

    private OwedFile(RandomAccessFile file, NameQuery tree) {
        this.file = file;
        this.tree = tree;
    }

    static OwedFile open(String path, ScanOptions options) throws IOException {
        RandomAccessFile file = new RandomAccessFile(path, "r");
        try {
            return new OwedFile(file, NameQuery.open(options));
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /**
     * Answers about some lines; none at the end of the file.
     *
     * @param ends for each answer, the offset behind its line
     */
    record Batch(List<Delta> answers, List<Long> ends) {}

    /** Reads the lines from an offset on, and asks for each path. */
    Batch batch(long offset, ExecutorService threads) throws IOException {
        List<Future<Delta>> asked = new ArrayList<>();
        List<Long> ends = new ArrayList<>();
        long at = offset;
        file.seek(at);
        LineReader lines = new LineReader(file);
        for (byte[] line = lines.next(); line != null; line = lines.next()) {
            at += line.length + 1;
            OwedLine owed = OwedLine.parse(line);
            // Of a file on tape the data is stored: only what has changed goes out.
            boolean forced = !owed.reason().equals(OwedReason.RELEASED.text());
            asked.add(threads.submit(() -> tree.ask(Text.unescape(owed.path()), forced)));
            ends.add(at);
            if (ends.size() == BATCH_LINES) {
                break;
            }
        }
        List<Delta> answers = new ArrayList<>();
        for (Future<Delta> answer : asked) {
            try {
                answers.add(answer.get());
            } catch (ExecutionException e) {
                throw new IOException("asking for an owed path failed", e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
        }
        return new Batch(answers, ends);
    }

    /** Lines of bytes; the last one ends with a line feed, or is not yet whole. */
    private static final class LineReader {
        private final RandomAccessFile file;
        private final byte[] buffer = new byte[64 * 1024];
        private int position;
        private int limit;

        LineReader(RandomAccessFile file) {
            this.file = file;
        }

        byte[] next() throws IOException {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            while (true) {
                if (position == limit) {
                    limit = Math.max(0, file.read(buffer));
                    position = 0;
                    if (limit == 0) {
                        return null;
                    }
                }
                int start = position;
                while (position < limit && buffer[position] != '\n') {
                    position++;
                }
                line.write(buffer, start, position - start);
                if (position < limit) {
                    position++;
                    return line.toByteArray();
                }
            }
        }
    }

    @Override
    public void close() throws IOException {
        tree.close();
        file.close();
    }
}
