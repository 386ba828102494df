package io.sluice.pipeline.owed;

import io.sluice.common.change.Change;
import io.sluice.common.change.SourceTotals;
import io.sluice.scan.ScanOptions;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.core.io.InputStatus;

/**
 * Emits the answers about owed paths, in the order of the file. Threads of its own read the file
 * and ask, a batch of lines at a time; the mailbox thread never waits for the filesystem but at
 * {@link #close}. Memory: one batch.
 */
final class OwedReader implements SourceReader<Change, OwedSplit> {
    private static final int MOST_THREADS = 16;
    private static final long CLOSE_SECONDS = 5;

    private final SourceReaderContext context;
    private final ScanOptions options;
    private final String file;
    private final ExecutorService threads;
    private final ExecutorService reader;

    private OwedSplit split;
    private OwedFile owed;
    private CompletableFuture<OwedFile.Batch> asked;
    private OwedFile.Batch batch;
    private int emitted;
    private CompletableFuture<Void> available = new CompletableFuture<>();
    private boolean ended;

    OwedReader(SourceReaderContext context, ScanOptions options, String file) {
        this.context = context;
        this.options = options;
        this.file = file;
        threads = pool(Math.min(options.workers(), MOST_THREADS));
        reader = pool(1);
    }

    private static ExecutorService pool(int size) {
        return Executors.newFixedThreadPool(
                size,
                work -> {
                    Thread thread = new Thread(work, "sluice-owed");
                    thread.setDaemon(true);
                    return thread;
                });
    }

    @Override
    public void start() {}

    @Override
    public void addSplits(List<OwedSplit> splits) {
        split = splits.get(0);
        ask();
    }

    private void ask() {
        OwedSplit from = split;
        CompletableFuture<Void> former = available;
        asked = CompletableFuture.supplyAsync(() -> ask(from.offset()), reader);
        available = asked.handle((done, failure) -> null);
        former.complete(null);
    }

    private OwedFile.Batch ask(long offset) {
        try {
            if (owed == null) {
                owed = OwedFile.open(file, options);
            }
            return owed.batch(offset, threads);
        } catch (IOException e) {
            throw new CompletionException(e);
        }
    }

    @Override
    public InputStatus pollNext(ReaderOutput<Change> output) throws Exception {
        if (asked == null || !asked.isDone() || ended) {
            return InputStatus.NOTHING_AVAILABLE;
        }
        if (batch == null) {
            batch = asked.get();
            emitted = 0;
        }
        if (emitted < batch.answers().size()) {
            output.collect(batch.answers().get(emitted));
            emitted++;
            split = new OwedSplit(batch.ends().get(emitted - 1), split.sent() + 1);
            return InputStatus.MORE_AVAILABLE;
        }
        if (batch.answers().isEmpty()) {
            ended = true;
            available = new CompletableFuture<>();
            int subtask = context.getIndexOfSubtask();
            output.collect(new SourceTotals(OwedSource.NAME, subtask, 0, 0, 0, split.sent()));
            output.emitWatermark(new Watermark(options.round()));
        } else {
            batch = null;
            ask();
        }
        return InputStatus.NOTHING_AVAILABLE;
    }

    @Override
    public CompletableFuture<Void> isAvailable() {
        return available;
    }

    @Override
    public List<OwedSplit> snapshotState(long checkpoint) {
        return split == null ? List.of() : List.of(split);
    }

    @Override
    public void notifyNoMoreSplits() {}

    @Override
    public void close() throws Exception {
        reader.shutdownNow();
        threads.shutdownNow();
        boolean through = reader.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
        through &= threads.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
        // A thread that hangs in a dead server still uses the root's descriptor.
        if (owed != null && through) {
            owed.close();
        }
    }
}
