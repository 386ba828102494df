package io.sluice.scan;

import io.sluice.common.change.Change;
import io.sluice.scan.enumerator.ScanEnumerator;
import io.sluice.scan.enumerator.ScanState;
import io.sluice.scan.enumerator.ScanStateSerializer;
import io.sluice.scan.reader.ScanReader;
import io.sluice.scan.split.DirectorySplit;
import io.sluice.scan.split.DirectorySplitSerializer;
import java.util.List;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * Reads a mounted tree and emits a {@code Listing} for each directory, the root's own entry first.
 *
 * <ol>
 *   <li>The enumerator (coordinator's thread) gives the whole tree to the first reader that asks.
 *   <li>The reader's walkers (threads of its own) read directories depth first and hand listings
 *       over; the mailbox thread emits them.
 *   <li>When all readers are dry, the enumerator tells them that the round is over; each emits its
 *       {@code SourceTotals} and watermark {@code round}, then holds: it never ends, since a job
 *       with finished tasks loses its checkpoints.
 * </ol>
 *
 * <p>Give its operator a uid for each round: the state is of use in that round only.
 */
public final class NamespaceScanSource implements Source<Change, DirectorySplit, ScanState> {
    private static final long serialVersionUID = 1L;

    /** As which its totals stand in the books. */
    public static final String NAME = "namespace-scan";

    private final ScanOptions options;

    public NamespaceScanSource(ScanOptions options) {
        this.options = options;
    }

    @Override
    public Boundedness getBoundedness() {
        return Boundedness.CONTINUOUS_UNBOUNDED;
    }

    @Override
    public SourceReader<Change, DirectorySplit> createReader(SourceReaderContext context) {
        return new ScanReader(context, options);
    }

    @Override
    public SplitEnumerator<DirectorySplit, ScanState> createEnumerator(
            SplitEnumeratorContext<DirectorySplit> context) {
        return new ScanEnumerator(context, new ScanState(List.of(DirectorySplit.whole())));
    }

    @Override
    public SplitEnumerator<DirectorySplit, ScanState> restoreEnumerator(
            SplitEnumeratorContext<DirectorySplit> context, ScanState state) {
        return new ScanEnumerator(context, state);
    }

    @Override
    public SimpleVersionedSerializer<DirectorySplit> getSplitSerializer() {
        return DirectorySplitSerializer.INSTANCE;
    }

    @Override
    public SimpleVersionedSerializer<ScanState> getEnumeratorCheckpointSerializer() {
        return ScanStateSerializer.INSTANCE;
    }
}
