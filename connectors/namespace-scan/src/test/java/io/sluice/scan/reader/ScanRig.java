package io.sluice.scan.reader;

import io.sluice.common.change.Change;
import io.sluice.common.change.SourceTotals;
import io.sluice.scan.ScanOptions;
import io.sluice.scan.enumerator.ScanEnumerator;
import io.sluice.scan.enumerator.ScanState;
import io.sluice.scan.enumerator.ScanStateSerializer;
import io.sluice.scan.split.DirectorySplit;
import io.sluice.scan.split.DirectorySplitSerializer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.ReaderInfo;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.connector.source.SplitsAssignment;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.metrics.groups.SourceReaderMetricGroup;
import org.apache.flink.metrics.groups.SplitEnumeratorMetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.util.SimpleUserCodeClassLoader;
import org.apache.flink.util.UserCodeClassLoader;

/**
 * Real readers and a real enumerator, driven by hand on the test's thread, which is mailbox and
 * coordinator at once. Messages between them wait in one queue until {@link #deliver}.
 */
final class ScanRig implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 60;

    final List<Seat> seats = new ArrayList<>();
    final ScanEnumerator enumerator;
    private final ScanOptions options;
    private final WalkBounds bounds;
    private final LongSupplier nanoTime;
    private final Map<Integer, ReaderInfo> registered = new HashMap<>();
    private final Deque<Message> messages = new ArrayDeque<>();

    ScanRig(ScanOptions options, int parallelism) {
        this(options, parallelism, WalkBounds.DEFAULT, null);
    }

    ScanRig(ScanOptions options, int parallelism, WalkBounds bounds, Snapshot restored) {
        this(options, parallelism, bounds, restored, System::nanoTime);
    }

    ScanRig(
            ScanOptions options,
            int parallelism,
            WalkBounds bounds,
            Snapshot restored,
            LongSupplier nanoTime) {
        this.options = options;
        this.bounds = bounds;
        this.nanoTime = nanoTime;
        for (int i = 0; i < parallelism; i++) {
            seats.add(new Seat(i));
        }
        ScanState whole = new ScanState(List.of(DirectorySplit.whole()));
        enumerator =
                new ScanEnumerator(
                        new Coordinator(), restored == null ? whole : restored.enumerator());
        enumerator.start();
        for (Seat seat : seats) {
            seat.open(restored == null ? List.of() : restored.readers().get(seat.number));
        }
    }

    /** A checkpoint of the whole, as it comes back through the serializers. */
    record Snapshot(ScanState enumerator, List<List<DirectorySplit>> readers) {}

    Snapshot snapshot() throws Exception {
        deliver();
        List<List<DirectorySplit>> readers = new ArrayList<>();
        for (Seat seat : seats) {
            readers.add(seat.snapshot());
        }
        return new Snapshot(enumeratorSnapshot(), readers);
    }

    private static List<DirectorySplit> copy(List<DirectorySplit> splits) throws Exception {
        List<DirectorySplit> copies = new ArrayList<>();
        for (DirectorySplit split : splits) {
            byte[] bytes = DirectorySplitSerializer.INSTANCE.serialize(split);
            copies.add(DirectorySplitSerializer.INSTANCE.deserialize(1, bytes));
        }
        return copies;
    }

    /**
     * From the enumerator to a reader, or from there to the enumerator; each way keeps its order.
     */
    record Message(int reader, boolean toReader, Letter letter) {}

    interface Letter {
        void run() throws Exception;
    }

    void deliver() throws Exception {
        while (!messages.isEmpty()) {
            messages.poll().letter().run();
        }
    }

    /**
     * Delivers the oldest message that goes one way between a reader and the enumerator, if any.
     */
    void deliver(int reader, boolean toReader) throws Exception {
        for (Message message : messages) {
            if (message.reader() == reader && message.toReader() == toReader) {
                messages.remove(message);
                message.letter().run();
                return;
            }
        }
    }

    void send(int reader, boolean toReader, Letter letter) {
        messages.add(new Message(reader, toReader, letter));
    }

    boolean isSilent() {
        return messages.isEmpty();
    }

    /** All tasks fail: what was under way is lost. */
    void fail() {
        messages.clear();
        registered.clear();
    }

    ScanState enumeratorSnapshot() throws Exception {
        return ScanStateSerializer.INSTANCE.deserialize(
                1, ScanStateSerializer.INSTANCE.serialize(enumerator.snapshotState(1)));
    }

    /** Until nothing moves without the test. */
    void rest() {
        for (Seat seat : seats) {
            while (!seat.reader.isAtRest()) {
                Thread.onSpinWait();
            }
        }
    }

    /** Polls each reader until none has anything, then waits for one that has. */
    void runUntilAllEnded() throws Exception {
        while (!seats.stream().allMatch(Seat::hasEnded)) {
            deliver();
            for (Seat seat : seats) {
                seat.pollUntilNothing();
            }
            if (messages.isEmpty() && !seats.stream().allMatch(Seat::hasEnded)) {
                awaitAny();
            }
        }
    }

    private void awaitAny() throws Exception {
        CompletableFuture.anyOf(
                        seats.stream()
                                .map(seat -> seat.reader.isAvailable())
                                .toArray(CompletableFuture<?>[]::new))
                .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    /** Lets the first reader emit {@code count} listings, or all that it has. */
    void emit(int count) throws Exception {
        Seat seat = seats.get(0);
        int until = seat.changes.size() + count;
        while (seat.changes.size() < until && !seat.hasEnded()) {
            deliver();
            if (seat.reader.pollNext(seat) == InputStatus.NOTHING_AVAILABLE) {
                for (Seat other : seats.subList(1, seats.size())) {
                    other.pollUntilNothing();
                }
                if (messages.isEmpty() && !seat.hasEnded()) {
                    awaitAny();
                }
            }
        }
    }

    /** Of all readers. */
    Listings listings() {
        Listings all = new Listings();
        seats.forEach(seat -> seat.changes.forEach(all::add));
        return all;
    }

    SourceTotals totals() {
        return seats.stream()
                .map(Seat::lastTotals)
                .reduce(
                        (a, b) ->
                                new SourceTotals(
                                        a.source(),
                                        a.reader(),
                                        a.names() + b.names(),
                                        a.directories() + b.directories(),
                                        a.unreadableDirectories() + b.unreadableDirectories()))
                .orElseThrow();
    }

    /** Reads the whole tree with one reader. */
    static Listings readAll(ScanOptions options) throws Exception {
        try (ScanRig rig = new ScanRig(options, 1)) {
            rig.runUntilAllEnded();
            return rig.listings();
        }
    }

    @Override
    public void close() throws Exception {
        for (Seat seat : seats) {
            seat.reader.close();
        }
    }

    /** One subtask: its reader, and what it emitted. */
    final class Seat implements SourceReaderContext, ReaderOutput<Change> {
        final int number;
        final List<Change> changes = new ArrayList<>();
        final List<Long> watermarks = new ArrayList<>();
        final List<SourceEvent> events = new ArrayList<>();

        /** All splits that it was ever given by the enumerator. */
        final List<DirectorySplit> assigned = new ArrayList<>();

        final SourceReaderMetricGroup metrics =
                UnregisteredMetricsGroup.createSourceReaderMetricGroup();
        ScanReader reader;
        int polls;
        private boolean onlyTotals;

        Seat(int number) {
            this.number = number;
        }

        void open(List<DirectorySplit> restored) {
            reader = new ScanReader(this, options, bounds, nanoTime);
            if (!restored.isEmpty()) {
                reader.addSplits(restored);
            }
            send(
                    number,
                    false,
                    () -> {
                        registered.put(number, new ReaderInfo(number, "localhost"));
                        enumerator.addReader(number);
                    });
            reader.start();
        }

        List<DirectorySplit> snapshot() throws Exception {
            return copy(reader.snapshotState(1));
        }

        /** The task fails and comes back with {@code restored}; {@code back} was never in it. */
        void failOver(List<DirectorySplit> restored, List<DirectorySplit> back) throws Exception {
            reader.close();
            changes.clear();
            watermarks.clear();
            enumerator.addSplitsBack(back, number);
            open(restored);
        }

        /** For trees whose listings would not fit in memory. */
        void keepOnlyTotals() {
            onlyTotals = true;
        }

        /** Later ones replace earlier ones. */
        private SourceTotals lastTotals() {
            SourceTotals last = null;
            for (Change change : changes) {
                last = change instanceof SourceTotals totals ? totals : last;
            }
            return last;
        }

        boolean hasEnded() {
            return !watermarks.isEmpty();
        }

        void pollUntilNothing() {
            InputStatus status;
            do {
                status = reader.pollNext(this);
                polls++;
            } while (status == InputStatus.MORE_AVAILABLE);
            if (status == InputStatus.END_OF_INPUT) {
                throw new AssertionError("a scan never ends its input");
            }
        }

        @Override
        public void collect(Change change) {
            if (!onlyTotals || change instanceof SourceTotals) {
                changes.add(change);
            }
        }

        @Override
        public void collect(Change change, long timestamp) {
            throw new AssertionError("listings have no time");
        }

        @Override
        public void emitWatermark(Watermark watermark) {
            watermarks.add(watermark.getTimestamp());
        }

        @Override
        public void markIdle() {
            throw new AssertionError("a scan is never idle");
        }

        @Override
        public void markActive() {}

        @Override
        public SourceOutput<Change> createOutputForSplit(String split) {
            throw new AssertionError("one output");
        }

        @Override
        public void releaseOutputForSplit(String split) {}

        @Override
        public SourceReaderMetricGroup metricGroup() {
            return metrics;
        }

        @Override
        public Configuration getConfiguration() {
            return new Configuration();
        }

        @Override
        public String getLocalHostName() {
            return "localhost";
        }

        @Override
        public int getIndexOfSubtask() {
            return number;
        }

        @Override
        public void sendSplitRequest() {
            throw new AssertionError("readers say that they are dry");
        }

        @Override
        public void sendSourceEventToCoordinator(SourceEvent event) {
            Seat.this.events.add(event);
            send(number, false, () -> enumerator.handleSourceEvent(number, event));
        }

        @Override
        public UserCodeClassLoader getUserCodeClassLoader() {
            return SimpleUserCodeClassLoader.create(getClass().getClassLoader());
        }
    }

    private final class Coordinator implements SplitEnumeratorContext<DirectorySplit> {
        @Override
        public SplitEnumeratorMetricGroup metricGroup() {
            return UnregisteredMetricsGroup.createSplitEnumeratorMetricGroup();
        }

        @Override
        public void sendEventToSourceReader(int reader, SourceEvent event) {
            requireRegistered(reader);
            send(reader, true, () -> seats.get(reader).reader.handleSourceEvents(event));
        }

        @Override
        public int currentParallelism() {
            return seats.size();
        }

        @Override
        public Map<Integer, ReaderInfo> registeredReaders() {
            return registered;
        }

        @Override
        public void assignSplits(SplitsAssignment<DirectorySplit> assignment) {
            assignment.assignment().forEach((reader, splits) -> assign(reader, splits));
        }

        private void requireRegistered(int reader) {
            if (!registered.containsKey(reader)) {
                throw new AssertionError("reader " + reader + " is not there");
            }
        }

        private void assign(int reader, List<DirectorySplit> splits) {
            requireRegistered(reader);
            seats.get(reader).assigned.addAll(splits);
            send(reader, true, () -> seats.get(reader).reader.addSplits(splits));
        }

        @Override
        public void signalNoMoreSplits(int reader) {
            throw new AssertionError("a scan never ends its input");
        }

        @Override
        public <T> void callAsync(Callable<T> call, BiConsumer<T, Throwable> handler) {
            throw new AssertionError("nothing is asked in the background");
        }

        @Override
        public <T> void callAsync(
                Callable<T> call, BiConsumer<T, Throwable> handler, long delay, long period) {
            throw new AssertionError("nothing is asked in the background");
        }

        @Override
        public void runInCoordinatorThread(Runnable runnable) {
            runnable.run();
        }
    }
}
