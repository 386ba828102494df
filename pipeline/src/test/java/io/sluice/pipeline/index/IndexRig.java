package io.sluice.pipeline.index;

import static io.sluice.common.posix.RawTree.bytes;

import io.sluice.common.change.Change;
import io.sluice.common.change.Listing;
import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.item.ItemBatch;
import io.sluice.common.round.Failure;
import io.sluice.common.round.Owed;
import io.sluice.common.round.RoundEvent;
import io.sluice.common.round.Tally;
import io.sluice.common.serial.ItemBatchSerializer;
import io.sluice.common.text.Text;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.flink.api.common.ExecutionConfig;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.executiongraph.ExecutionAttemptID;
import org.apache.flink.runtime.messages.Acknowledge;
import org.apache.flink.runtime.operators.coordination.OperatorCoordinator;
import org.apache.flink.runtime.operators.coordination.OperatorEvent;
import org.apache.flink.runtime.operators.coordination.OperatorEventGateway;
import org.apache.flink.runtime.state.KeyedStateBackend;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.apache.flink.streaming.api.operators.AbstractStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.OneInputStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.StreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.tasks.mailbox.TaskMailbox;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;

/** A directory index over RocksDB, without a job around it. */
final class IndexRig implements AutoCloseable {
    static final long ROUND = 4;

    private static final int KEY_GROUPS = 128;

    private final KeyedOneInputStreamOperatorTestHarness<DirectoryKey, Change, ItemBatch> harness;
    private final long round;
    private final EndCoordinator coordinator;
    private final Deque<Runnable> events = new ArrayDeque<>();

    IndexRig(int shards) throws Exception {
        this(shards, ROUND, null);
    }

    /** A round that begins anew, or goes on after a failure. */
    IndexRig(int shards, long round, OperatorSubtaskState state) throws Exception {
        this(options(shards, round, null), state, change -> DirectoryKey.of(change.directory()));
    }

    /** A round that goes on from another one's state. */
    IndexRig(IndexOptions options, OperatorSubtaskState state) throws Exception {
        this(options, state, change -> DirectoryKey.of(change.directory()));
    }

    static IndexOptions options(int shards, long round, IndexOptions.Base base) {
        return new IndexOptions(round, "run-" + round, shards, base, false);
    }

    /** The round after {@code base}, which knew so many names. */
    static IndexOptions after(long base, long known, int shards) {
        return options(shards, base + 1, new IndexOptions.Base(base, "run-" + base, known, 0));
    }

    IndexRig(
            IndexOptions options,
            OperatorSubtaskState state,
            KeySelector<Change, DirectoryKey> keys)
            throws Exception {
        round = options.round();
        coordinator = new EndCoordinator(() -> 1, options.deletions(), KEY_GROUPS);
        harness =
                new KeyedOneInputStreamOperatorTestHarness<>(
                        new LoopedFactory(
                                options,
                                event ->
                                        events.add(
                                                () ->
                                                        coordinator.handleEventFromOperator(
                                                                0, 0, event))),
                        keys,
                        DirectoryKey.TYPE,
                        KEY_GROUPS,
                        1,
                        0);
        harness.setStateBackend(new EmbeddedRocksDBStateBackend(true));
        harness.setup(ITEMS);
        if (state != null) {
            harness.initializeState(state);
        }
        harness.open();
        coordinator.start();
        coordinator.executionAttemptReady(0, 0, new Gateway());
    }

    static final TypeSerializer<ItemBatch> ITEMS =
            ItemBatchSerializer.TYPE.createSerializer(new ExecutionConfig().getSerializerConfig());

    /** Makes the operator with a gateway to a coordinator of the test. */
    static final class LoopedFactory extends AbstractStreamOperatorFactory<ItemBatch>
            implements OneInputStreamOperatorFactory<Change, ItemBatch> {
        private static final long serialVersionUID = 1L;
        private final IndexOptions options;
        private final transient OperatorEventGateway gateway;

        LoopedFactory(IndexOptions options, OperatorEventGateway gateway) {
            this.options = options;
            this.gateway = gateway;
        }

        @Override
        @SuppressWarnings("unchecked")
        public <T extends StreamOperator<ItemBatch>> T createStreamOperator(
                StreamOperatorParameters<ItemBatch> parameters) {
            return (T) new DirectoryIndexOperator(parameters, options, gateway);
        }

        @Override
        @SuppressWarnings("rawtypes")
        public Class<? extends StreamOperator> getStreamOperatorClass(ClassLoader classLoader) {
            return DirectoryIndexOperator.class;
        }
    }

    private final class Gateway implements OperatorCoordinator.SubtaskGateway {
        @Override
        public CompletableFuture<Acknowledge> sendEvent(OperatorEvent event) {
            events.add(
                    () ->
                            ((DirectoryIndexOperator) harness.getOperator())
                                    .handleOperatorEvent(event));
            return CompletableFuture.completedFuture(Acknowledge.get());
        }

        @Override
        public ExecutionAttemptID getExecution() {
            throw new UnsupportedOperationException();
        }

        @Override
        public int getSubtask() {
            return 0;
        }
    }

    /** Runs mails and events until there are none. */
    private void settle() throws Exception {
        while (true) {
            if (harness.getTaskMailbox().hasMail()) {
                harness.getTaskMailbox().take(TaskMailbox.MIN_PRIORITY).run();
            } else if (!events.isEmpty()) {
                events.remove().run();
            } else {
                return;
            }
        }
    }

    IndexRig send(Change change) throws Exception {
        harness.processElement(new StreamRecord<>(change));
        return this;
    }

    IndexRig list(String directory, Children children) throws Exception {
        return send(
                Listing.whole(
                        bytes(directory),
                        false,
                        children.packed().count(),
                        children.packed().toBytes()));
    }

    /**
     * A numbered part of a reading.
     *
     * @param parts 0 but in the last one
     */
    IndexRig part(String directory, long id, int part, int parts, int errno, Children children)
            throws Exception {
        return send(
                new Listing(
                        bytes(directory),
                        id,
                        part,
                        parts,
                        false,
                        errno,
                        children.packed().count(),
                        children.packed().toBytes()));
    }

    /** Sets the clock that the operator sees. */
    void clock(long ms) throws Exception {
        harness.setProcessingTime(ms);
    }

    void watermark(long time) throws Exception {
        harness.processWatermark(new Watermark(time));
        settle();
    }

    /** Entries of readings that have not come to their end, and of these readings' parts. */
    int partsLeft() throws Exception {
        KeyedStateBackend<DirectoryKey> backend =
                ((DirectoryIndexOperator) harness.getOperator()).getKeyedStateBackend();
        int left = 0;
        for (String state : List.of("parts", "readings")) {
            try (Stream<DirectoryKey> keys = backend.getKeys(state, VoidNamespace.INSTANCE)) {
                for (DirectoryKey key : keys.toList()) {
                    backend.setCurrentKey(key);
                    left += entries(backend, state);
                }
            }
        }
        return left;
    }

    private static int entries(KeyedStateBackend<DirectoryKey> backend, String state)
            throws Exception {
        MapState<?, ?> entries =
                state.equals("parts")
                        ? backend.getPartitionedState(
                                VoidNamespace.INSTANCE,
                                VoidNamespaceSerializer.INSTANCE,
                                new MapStateDescriptor<>(
                                        state,
                                        PartKey.KeySerializer.INSTANCE,
                                        BytePrimitiveArraySerializer.INSTANCE))
                        : backend.getPartitionedState(
                                VoidNamespace.INSTANCE,
                                VoidNamespaceSerializer.INSTANCE,
                                new MapStateDescriptor<>(
                                        state,
                                        LongSerializer.INSTANCE,
                                        BytePrimitiveArraySerializer.INSTANCE));
        int count = 0;
        for (Object key : entries.keys()) {
            count += key == null ? 0 : 1;
        }
        return count;
    }

    OperatorSubtaskState snapshot() throws Exception {
        return harness.snapshot(1, 1);
    }

    List<ItemBatch> batches() {
        return harness.extractOutputValues();
    }

    boolean hasPassedTheWatermark() {
        return harness.getOutput().stream().anyMatch(Watermark.class::isInstance);
    }

    /** {@code <reason> <path>} of each item that went out. */
    List<String> items() {
        List<String> items = new ArrayList<>();
        for (ItemBatch batch : batches()) {
            ItemBatch.Cursor cursor = batch.cursor();
            while (cursor.hasNext()) {
                cursor.advance();
                byte[] path = DirectoryPath.child(batch.directory(), cursor.entry().name());
                items.add(cursor.reason() + " " + Text.escape(path));
            }
        }
        return items;
    }

    List<RoundEvent> events() {
        var events = harness.getSideOutput(DirectoryIndexOperator.EVENTS);
        return events == null ? List.of() : events.stream().map(StreamRecord::getValue).toList();
    }

    /** Owed paths and failures as text. */
    List<String> notes() {
        List<String> notes = new ArrayList<>();
        for (RoundEvent event : events()) {
            if (event instanceof Owed owed) {
                notes.add("owed " + owed.reason().text() + " " + Text.escape(owed.path()));
            } else if (event instanceof Failure failure) {
                notes.add(
                        "failed "
                                + failure.operation()
                                + " "
                                + failure.errno()
                                + " "
                                + Text.escape(failure.path()));
            }
        }
        return notes;
    }

    /** Ends the round; the index's own counts. */
    Map<String, Long> counts() throws Exception {
        watermark(round);
        return events().stream()
                .filter(Tally.class::isInstance)
                .map(Tally.class::cast)
                .filter(tally -> tally.operator().equals(DirectoryIndexOperator.NAME))
                .findFirst()
                .orElseThrow()
                .counts();
    }

    @Override
    public void close() throws Exception {
        harness.close();
    }
}
