package io.sluice.bench;

import io.sluice.bench.SyntheticSource.NoSplit;
import io.sluice.common.change.Change;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.core.io.InputStatus;

/** Emits a share of the feed, then the watermark. Runs on the task's thread. */
final class SyntheticReader implements SourceReader<Change, NoSplit> {
    private final Feed.Share share;
    private final long round;
    private final CompletableFuture<Void> never = new CompletableFuture<>();
    private boolean ended;

    SyntheticReader(Feed.Share share, long round) {
        this.share = share;
        this.round = round;
    }

    @Override
    public void start() {}

    @Override
    public InputStatus pollNext(ReaderOutput<Change> output) {
        if (share.next(output::collect)) {
            return InputStatus.MORE_AVAILABLE;
        }
        if (!ended) {
            ended = true;
            output.emitWatermark(new Watermark(round));
        }
        return InputStatus.NOTHING_AVAILABLE;
    }

    @Override
    public List<NoSplit> snapshotState(long checkpoint) {
        return List.of();
    }

    @Override
    public CompletableFuture<Void> isAvailable() {
        return ended ? never : CompletableFuture.completedFuture(null);
    }

    @Override
    public void addSplits(List<NoSplit> splits) {}

    @Override
    public void notifyNoMoreSplits() {}

    @Override
    public void close() {}
}
