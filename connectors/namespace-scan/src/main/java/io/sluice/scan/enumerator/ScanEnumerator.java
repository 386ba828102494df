package io.sluice.scan.enumerator;

import io.sluice.scan.event.Acknowledged;
import io.sluice.scan.event.GiveUp;
import io.sluice.scan.event.GivenUp;
import io.sluice.scan.event.ReaderAdmitted;
import io.sluice.scan.event.ReaderDry;
import io.sluice.scan.event.RoundOver;
import io.sluice.scan.event.StackDepth;
import io.sluice.scan.split.DirectorySplit;
import io.sluice.scan.split.SentCounts;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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
 * <p>Where a reader is dry and nothing is held, the reader with the deepest stack is asked to give
 * up the oldest part of it ({@link GiveUp}). What it gives is acknowledged as soon as it is held
 * here; until then it stands in that reader's checkpoints. A reader is asked once when others first
 * run dry, and after that only when it has reported a stack that something can be taken from, once
 * a second at most, or when its last answer was cut short: so the last, small directories are not
 * sent to and fro.
 */
public final class ScanEnumerator implements SplitEnumerator<DirectorySplit, ScanState> {
    private final SplitEnumeratorContext<DirectorySplit> context;
    private final Deque<DirectorySplit> unassigned;
    private final Map<Integer, Reader> readers = new TreeMap<>();

    /** Ordered, so that the first reader gets the first split in every run. */
    private final TreeSet<Integer> dry = new TreeSet<>();

    private long lastGeneration;

    /** A reader in its present life. */
    private static final class Reader {
        private static final int UNKNOWN = Integer.MAX_VALUE;

        final long generation;

        /** Directories on its stack, as far as it has told. */
        int depth = UNKNOWN;

        /** It has been asked to give up work and has not answered yet. */
        boolean asked;

        Reader(long generation) {
            this.generation = generation;
        }
    }

    public ScanEnumerator(SplitEnumeratorContext<DirectorySplit> context, ScanState state) {
        this.context = context;
        this.unassigned = new ArrayDeque<>(state.unassigned());
    }

    @Override
    public void start() {}

    @Override
    public void addReader(int reader) {
        dry.remove(reader);
        readers.put(reader, new Reader(++lastGeneration));
        context.sendEventToSourceReader(reader, new ReaderAdmitted(lastGeneration));
    }

    @Override
    public void handleSourceEvent(int reader, SourceEvent event) {
        if (event instanceof ReaderDry said) {
            if (isCurrent(reader, said.generation())) {
                dry.add(reader);
                serve();
            }
        } else if (event instanceof StackDepth stack) {
            if (isCurrent(reader, stack.generation())) {
                readers.get(reader).depth = stack.directories();
                serve();
            }
        } else if (event instanceof GivenUp given) {
            if (isCurrent(reader, given.generation())) {
                take(reader, given);
            }
        } else {
            throw new IllegalArgumentException("reader " + reader + " said " + event);
        }
    }

    /** What an earlier life said is void: its reader has gone back to its checkpoint. */
    private boolean isCurrent(int reader, long generation) {
        Reader current = readers.get(reader);
        return current != null && current.generation == generation;
    }

    private void take(int number, GivenUp given) {
        Reader reader = readers.get(number);
        reader.asked = false;
        reader.depth = given.more();
        if (!given.directories().isEmpty()) {
            unassigned.add(new DirectorySplit(given.directories(), SentCounts.NONE));
            context.sendEventToSourceReader(
                    number, new Acknowledged(given.generation(), given.sequence()));
        }
        serve();
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
        readers.remove(reader);
        unassigned.addAll(splits);
        serve();
    }

    private void serve() {
        // Where several fail together, some that were dry are gone before this is told so.
        dry.retainAll(context.registeredReaders().keySet());
        while (!unassigned.isEmpty() && !dry.isEmpty()) {
            int waiting = dry.size() - (unassigned.size() - 1);
            List<DirectorySplit> pieces = unassigned.poll().cut(Math.max(1, waiting));
            for (int i = pieces.size() - 1; i > 0; i--) {
                unassigned.addFirst(pieces.get(i));
            }
            int reader = dry.pollFirst();
            readers.get(reader).depth = Reader.UNKNOWN;
            context.assignSplit(pieces.get(0), reader);
        }
        if (dry.isEmpty()) {
            return;
        }
        if (dry.size() == context.currentParallelism()) {
            for (int reader : dry) {
                RoundOver over = new RoundOver(readers.get(reader).generation);
                context.sendEventToSourceReader(reader, over);
            }
        } else {
            askForWork();
        }
    }

    /** As many readers as there are dry ones, those with the deepest stacks. */
    private void askForWork() {
        long asked = readers.values().stream().filter(reader -> reader.asked).count();
        readers.entrySet().stream()
                .filter(entry -> !dry.contains(entry.getKey()))
                .filter(entry -> context.registeredReaders().containsKey(entry.getKey()))
                .filter(entry -> !entry.getValue().asked && entry.getValue().depth > 0)
                .sorted(Comparator.comparing(entry -> -entry.getValue().depth))
                .limit(Math.max(0, dry.size() - asked))
                .forEach(
                        entry -> {
                            entry.getValue().asked = true;
                            GiveUp ask = new GiveUp(entry.getValue().generation);
                            context.sendEventToSourceReader(entry.getKey(), ask);
                        });
    }

    @Override
    public ScanState snapshotState(long checkpoint) {
        return new ScanState(List.copyOf(unassigned));
    }

    @Override
    public void close() {}
}
