package io.sluice.scan.enumerator;

import io.sluice.scan.event.ReaderAdmitted;
import io.sluice.scan.event.ReaderDry;
import io.sluice.scan.event.RoundOver;
import io.sluice.scan.split.DirectorySplit;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;

/**
 * Hands out work to readers that run dry, and sees the end of the round: all readers dry, no work
 * held. All methods run on the coordinator's thread.
 *
 * <p>The life of a reader, as seen from here:
 *
 * <ol>
 *   <li>it registers and is told its generation ({@link ReaderAdmitted});
 *   <li>it says that it is dry ({@link ReaderDry}), at once or when its restored work is read;
 *   <li>it gets a split if there is one, and is not dry until it says so again;
 *   <li>when all are dry and nothing is held, each is told {@link RoundOver}.
 * </ol>
 *
 * <p>A failover of tasks does not reset the enumerator: the readers go back to their checkpoint
 * while this stays in the present. So a reader that comes back is not dry, whatever it said before,
 * and a round that was over is over again only when all have said so anew.
 *
 * <p>Sharing work between readers belongs into {@link #serve}: where nothing is held, it would ask
 * the fullest reader to give up a part.
 */
public final class ScanEnumerator implements SplitEnumerator<DirectorySplit, ScanState> {
    private final SplitEnumeratorContext<DirectorySplit> context;
    private final Deque<DirectorySplit> unassigned;
    private final Map<Integer, Long> generations = new HashMap<>();

    /** Ordered, so that the first reader gets the first split in every run. */
    private final TreeSet<Integer> dry = new TreeSet<>();

    private long lastGeneration;

    public ScanEnumerator(SplitEnumeratorContext<DirectorySplit> context, ScanState state) {
        this.context = context;
        this.unassigned = new ArrayDeque<>(state.unassigned());
    }

    @Override
    public void start() {}

    @Override
    public void addReader(int reader) {
        dry.remove(reader);
        generations.put(reader, ++lastGeneration);
        context.sendEventToSourceReader(reader, new ReaderAdmitted(lastGeneration));
    }

    @Override
    public void handleSourceEvent(int reader, SourceEvent event) {
        if (!(event instanceof ReaderDry said)) {
            throw new IllegalArgumentException("reader " + reader + " said " + event);
        }
        Long current = generations.get(reader);
        if (current != null && current == said.generation()) {
            dry.add(reader);
            serve();
        }
    }

    /** Readers ask by {@link ReaderDry}, which carries their generation. */
    @Override
    public void handleSplitRequest(int reader, String host) {
        throw new IllegalStateException("reader " + reader + " asked for a split without a word");
    }

    /** The reader failed; what it had been given since its last checkpoint comes back. */
    @Override
    public void addSplitsBack(List<DirectorySplit> splits, int reader) {
        dry.remove(reader);
        generations.remove(reader);
        unassigned.addAll(splits);
        serve();
    }

    private void serve() {
        while (!unassigned.isEmpty() && !dry.isEmpty()) {
            context.assignSplit(unassigned.poll(), dry.pollFirst());
        }
        if (unassigned.isEmpty() && dry.size() == context.currentParallelism()) {
            for (int reader : dry) {
                RoundOver over = new RoundOver(generations.get(reader));
                context.sendEventToSourceReader(reader, over);
            }
        }
    }

    @Override
    public ScanState snapshotState(long checkpoint) {
        return new ScanState(List.copyOf(unassigned));
    }

    @Override
    public void close() {}
}
