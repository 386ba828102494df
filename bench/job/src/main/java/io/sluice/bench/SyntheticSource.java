package io.sluice.bench;

import io.sluice.common.change.Change;
import java.util.List;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SourceSplit;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * Emits what a feed makes up, each reader its share, then watermark {@code round}, and holds as a
 * real source does. Nothing is split and nothing can be restored.
 *
 * @param round number of the round, its watermark
 */
record SyntheticSource(Feed feed, long round)
        implements Source<Change, SyntheticSource.NoSplit, Boolean> {

    /** There is none. */
    interface NoSplit extends SourceSplit {}

    @Override
    public Boundedness getBoundedness() {
        return Boundedness.CONTINUOUS_UNBOUNDED;
    }

    @Override
    public SourceReader<Change, NoSplit> createReader(SourceReaderContext context) {
        return new SyntheticReader(
                feed.open(context.getIndexOfSubtask(), context.currentParallelism()), round);
    }

    @Override
    public SplitEnumerator<NoSplit, Boolean> createEnumerator(
            SplitEnumeratorContext<NoSplit> context) {
        return new NoEnumerator();
    }

    @Override
    public SplitEnumerator<NoSplit, Boolean> restoreEnumerator(
            SplitEnumeratorContext<NoSplit> context, Boolean state) {
        throw new UnsupportedOperationException("a synthetic round starts once");
    }

    @Override
    public SimpleVersionedSerializer<NoSplit> getSplitSerializer() {
        return new NothingSerializer<>();
    }

    @Override
    public SimpleVersionedSerializer<Boolean> getEnumeratorCheckpointSerializer() {
        return new NothingSerializer<>();
    }

    private static final class NoEnumerator implements SplitEnumerator<NoSplit, Boolean> {
        @Override
        public void start() {}

        @Override
        public void handleSplitRequest(int subtask, String host) {}

        @Override
        public void addSplitsBack(List<NoSplit> splits, int subtask) {}

        @Override
        public void addReader(int subtask) {}

        @Override
        public Boolean snapshotState(long checkpoint) {
            return true;
        }

        @Override
        public void close() {}
    }

    private static final class NothingSerializer<T> implements SimpleVersionedSerializer<T> {
        @Override
        public int getVersion() {
            return 1;
        }

        @Override
        public byte[] serialize(T nothing) {
            return new byte[0];
        }

        @Override
        public T deserialize(int version, byte[] bytes) {
            throw new UnsupportedOperationException("a synthetic round starts once");
        }
    }
}
