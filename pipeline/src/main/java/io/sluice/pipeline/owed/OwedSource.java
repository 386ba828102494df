package io.sluice.pipeline.owed;

import io.sluice.common.change.Change;
import io.sluice.scan.ScanOptions;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * Reads what the round before owes, asks the filesystem for the truth about each path, and emits a
 * forced {@code Delta} for it; then its totals and the round's watermark, and holds. One reader.
 *
 * <p>Give its operator a uid for each round: the state is of use in that round only.
 */
public final class OwedSource implements Source<Change, OwedSplit, OwedSplit> {
    private static final long serialVersionUID = 1L;

    /** As which its totals stand in the books. */
    public static final String NAME = "owed";

    private final ScanOptions options;
    private final String file;

    /**
     * @param options of the scan of the same tree
     * @param file path of the base's owed file, seen from where the reader runs
     */
    public OwedSource(ScanOptions options, String file) {
        this.options = options;
        this.file = file;
    }

    @Override
    public Boundedness getBoundedness() {
        return Boundedness.CONTINUOUS_UNBOUNDED;
    }

    @Override
    public SourceReader<Change, OwedSplit> createReader(SourceReaderContext context) {
        return new OwedReader(context, options, file);
    }

    @Override
    public SplitEnumerator<OwedSplit, OwedSplit> createEnumerator(
            SplitEnumeratorContext<OwedSplit> context) {
        return new OwedEnumerator(context, OwedSplit.START);
    }

    @Override
    public SplitEnumerator<OwedSplit, OwedSplit> restoreEnumerator(
            SplitEnumeratorContext<OwedSplit> context, OwedSplit unassigned) {
        return new OwedEnumerator(context, unassigned);
    }

    @Override
    public SimpleVersionedSerializer<OwedSplit> getSplitSerializer() {
        return OwedSplit.SERIALIZER;
    }

    @Override
    public SimpleVersionedSerializer<OwedSplit> getEnumeratorCheckpointSerializer() {
        return OwedSplit.SERIALIZER;
    }
}
