package io.sluice.bench;

import io.sluice.bench.SyntheticSource.NoSplit;
import io.sluice.common.change.Change;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.core.io.InputStatus;

/** Emits every n-th directory, then the watermark. Runs on the task's thread. */
final class SyntheticReader implements SourceReader<Change, NoSplit> {
    private final SyntheticTree tree;
    private final SyntheticTree.Generator generator;
    private final long round;
    private final int first;
    private final int step;
    private final CompletableFuture<Void> never = new CompletableFuture<>();
    private long directory;
    private int part;
    private boolean ended;

    SyntheticReader(SyntheticTree tree, long round, int first, int step) {
        this.tree = tree;
        generator = tree.new Generator();
        this.round = round;
        this.first = first;
        directory = first;
        this.step = step;
    }

    @Override
    public void start() {}

    @Override
    public InputStatus pollNext(ReaderOutput<Change> output) {
        if (directory < tree.directories()) {
            if (directory == first && part == 0) {
                Clock.CLOCK.start();
            }
            for (int reading = 0; reading < tree.readings(); reading++) {
                output.collect(generator.listing(directory, part, reading));
            }
            part++;
            if (part == tree.listingsPerDirectory()) {
                part = 0;
                directory += step;
            }
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
