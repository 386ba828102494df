package io.sluice.lustre.source;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;

/**
 * Deals the MDTs out, each to the reader whose number follows from the MDT's place in the list, and
 * tells every reader that no more will come: one without any has its end of the round at once.
 */
final class MdtEnumerator implements SplitEnumerator<MdtSplit, List<MdtSplit>> {
    private final SplitEnumeratorContext<MdtSplit> context;
    private final List<String> order;
    private final List<MdtSplit> unassigned;

    /**
     * @param order of all MDTs of the round
     * @param unassigned those that no reader has
     */
    MdtEnumerator(
            SplitEnumeratorContext<MdtSplit> context,
            List<String> order,
            List<MdtSplit> unassigned) {
        this.context = context;
        this.order = List.copyOf(order);
        this.unassigned = new ArrayList<>(unassigned);
    }

    @Override
    public void start() {}

    @Override
    public void handleSplitRequest(int reader, String host) {}

    @Override
    public void addReader(int reader) {
        for (MdtSplit split : List.copyOf(unassigned)) {
            if (readerOf(split) == reader) {
                unassigned.remove(split);
                context.assignSplit(split, reader);
            }
        }
        context.signalNoMoreSplits(reader);
    }

    private int readerOf(MdtSplit split) {
        return Math.max(0, order.indexOf(split.mdt())) % context.currentParallelism();
    }

    /** Of a reader that failed; it, or another in its place, is added anew behind this. */
    @Override
    public void addSplitsBack(List<MdtSplit> splits, int reader) {
        unassigned.addAll(splits);
    }

    @Override
    public List<MdtSplit> snapshotState(long checkpoint) {
        return List.copyOf(unassigned);
    }

    @Override
    public void close() {}
}
