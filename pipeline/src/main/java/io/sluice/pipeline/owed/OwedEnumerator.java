package io.sluice.pipeline.owed;

import java.util.List;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;

/** Gives the file to the first reader there is, and again when that one comes back with nothing. */
final class OwedEnumerator implements SplitEnumerator<OwedSplit, OwedSplit> {
    private final SplitEnumeratorContext<OwedSplit> context;
    private OwedSplit unassigned;

    OwedEnumerator(SplitEnumeratorContext<OwedSplit> context, OwedSplit unassigned) {
        this.context = context;
        this.unassigned = unassigned;
    }

    @Override
    public void start() {}

    @Override
    public void handleSplitRequest(int subtask, String host) {}

    @Override
    public void addReader(int subtask) {
        if (!unassigned.equals(OwedSplit.ASSIGNED)) {
            context.assignSplit(unassigned, subtask);
            unassigned = OwedSplit.ASSIGNED;
        }
    }

    @Override
    public void addSplitsBack(List<OwedSplit> splits, int subtask) {
        if (!splits.isEmpty()) {
            unassigned = splits.get(0);
        }
    }

    @Override
    public OwedSplit snapshotState(long checkpoint) {
        return unassigned;
    }

    @Override
    public void close() {}
}
