package io.sluice.pipeline.index;

import io.sluice.common.change.Change;
import io.sluice.common.item.ItemBatch;
import io.sluice.common.round.RoundEvent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.executiongraph.ExecutionAttemptID;
import org.apache.flink.runtime.messages.Acknowledge;
import org.apache.flink.runtime.operators.coordination.OperatorCoordinator;
import org.apache.flink.runtime.operators.coordination.OperatorEvent;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.tasks.mailbox.TaskMailbox;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;

/**
 * Several subtasks of the index with their coordinator, in one thread and in an order that a seed
 * decides: mails, events, checkpoints whose snapshots lie apart, and failures that take all
 * subtasks back to the last checkpoint while the coordinator stays. As Flink does, events that the
 * coordinator sent before a checkpoint reach a subtask before its snapshot, later ones after it.
 */
final class IndexCluster implements AutoCloseable {
    private static final int KEY_GROUPS = 128;

    private final Random random;
    private final IndexOptions options;
    private final int parallelism;
    private final EndCoordinator coordinator;
    private final List<Subtask> subtasks = new ArrayList<>();
    private final Deque<Runnable> toCoordinator = new ArrayDeque<>();
    private int attempt;
    private OperatorSubtaskState checkpoint;

    /** What had been put out by the snapshots of the last checkpoint, and is not taken back. */
    private final List<ItemBatch> items = new ArrayList<>();

    private final List<RoundEvent> events = new ArrayList<>();

    IndexCluster(
            Random random,
            IndexOptions options,
            int parallelism,
            int former,
            OperatorSubtaskState base)
            throws Exception {
        this.random = random;
        this.options = options;
        this.parallelism = parallelism;
        coordinator = new EndCoordinator(() -> parallelism, options.deletions(), KEY_GROUPS);
        coordinator.start();
        start(base, former);
    }

    private final class Subtask implements OperatorCoordinator.SubtaskGateway {
        private final int number;
        private final KeyedOneInputStreamOperatorTestHarness<DirectoryKey, Change, ItemBatch> task;
        private final Deque<OperatorEvent> heard = new ArrayDeque<>();
        private boolean held;
        private OperatorSubtaskState snapshot;

        Subtask(int number, OperatorSubtaskState state) throws Exception {
            this.number = number;
            int of = attempt;
            task =
                    new KeyedOneInputStreamOperatorTestHarness<>(
                            new IndexRig.LoopedFactory(
                                    options,
                                    event ->
                                            toCoordinator.add(
                                                    () ->
                                                            coordinator.handleEventFromOperator(
                                                                    number, of, event))),
                            change -> DirectoryKey.of(change.directory()),
                            DirectoryKey.TYPE,
                            KEY_GROUPS,
                            parallelism,
                            number);
            task.setStateBackend(new EmbeddedRocksDBStateBackend(false));
            task.setup(IndexRig.ITEMS);
            if (state != null) {
                task.initializeState(state);
            }
            task.open();
        }

        boolean owns(Change change) {
            return KeyGroupRangeAssignment.assignKeyToParallelOperator(
                            DirectoryKey.of(change.directory()), KEY_GROUPS, parallelism)
                    == number;
        }

        boolean step() throws Exception {
            if (!held && !heard.isEmpty() && random.nextBoolean()) {
                hear();
                return true;
            }
            if (task.getTaskMailbox().hasMail()) {
                task.getTaskMailbox().take(TaskMailbox.MIN_PRIORITY).run();
                return true;
            }
            if (!held && !heard.isEmpty()) {
                hear();
                return true;
            }
            return false;
        }

        void hear() {
            ((DirectoryIndexOperator) task.getOperator()).handleOperatorEvent(heard.remove());
        }

        List<ItemBatch> items() {
            return task.extractOutputValues();
        }

        List<RoundEvent> events() {
            var side = task.getSideOutput(DirectoryIndexOperator.EVENTS);
            return side == null ? List.of() : side.stream().map(StreamRecord::getValue).toList();
        }

        @Override
        public CompletableFuture<Acknowledge> sendEvent(OperatorEvent event) {
            heard.add(event);
            return CompletableFuture.completedFuture(Acknowledge.get());
        }

        @Override
        public ExecutionAttemptID getExecution() {
            throw new UnsupportedOperationException();
        }

        @Override
        public int getSubtask() {
            return number;
        }
    }

    private void start(OperatorSubtaskState state, int former) throws Exception {
        for (int i = 0; i < parallelism; i++) {
            OperatorSubtaskState own =
                    state == null
                            ? null
                            : AbstractStreamOperatorTestHarness.repartitionOperatorState(
                                    state, KEY_GROUPS, former, parallelism, i);
            Subtask subtask = new Subtask(i, own);
            subtasks.add(subtask);
            coordinator.executionAttemptReady(i, attempt, subtask);
        }
    }

    void send(Change change) throws Exception {
        for (Subtask subtask : subtasks) {
            if (subtask.owns(change)) {
                subtask.task.processElement(new StreamRecord<>(change));
            }
        }
    }

    void watermark() throws Exception {
        for (Subtask subtask : subtasks) {
            subtask.task.processWatermark(new Watermark(options.round()));
        }
    }

    /** One thing happens somewhere; false when nothing is left to happen. */
    boolean step() throws Exception {
        int first = random.nextInt(parallelism + 1);
        for (int i = 0; i <= parallelism; i++) {
            int who = (first + i) % (parallelism + 1);
            if (who == parallelism) {
                if (!toCoordinator.isEmpty()) {
                    toCoordinator.remove().run();
                    return true;
                }
            } else if (subtasks.get(who).step()) {
                return true;
            }
        }
        return false;
    }

    /** A whole checkpoint, with other things in between. */
    void checkpoint() throws Exception {
        for (Subtask subtask : subtasks) {
            while (!subtask.heard.isEmpty()) {
                subtask.hear();
            }
            subtask.held = true;
        }
        List<Subtask> left = new ArrayList<>(subtasks);
        List<ItemBatch> itemsThen = new ArrayList<>();
        List<RoundEvent> eventsThen = new ArrayList<>();
        while (!left.isEmpty()) {
            if (random.nextInt(3) > 0) {
                step();
                continue;
            }
            Subtask next = left.remove(random.nextInt(left.size()));
            next.snapshot = next.task.snapshot(1, 1);
            next.held = false;
            itemsThen.addAll(next.items());
            eventsThen.addAll(next.events());
        }
        checkpoint =
                AbstractStreamOperatorTestHarness.repackageState(
                        subtasks.stream()
                                .map(subtask -> subtask.snapshot)
                                .toArray(OperatorSubtaskState[]::new));
        pendingItems = itemsThen;
        pendingEvents = eventsThen;
    }

    private List<ItemBatch> pendingItems = List.of();
    private List<RoundEvent> pendingEvents = List.of();

    /** All subtasks go back to the last checkpoint; the coordinator goes on. */
    void fail() throws Exception {
        closeSubtasks();
        items.addAll(pendingItems);
        events.addAll(pendingEvents);
        pendingItems = List.of();
        pendingEvents = List.of();
        for (int i = 0; i < parallelism; i++) {
            coordinator.executionAttemptFailed(i, attempt, null);
            coordinator.subtaskReset(i, 1);
        }
        attempt++;
        start(checkpoint, parallelism);
    }

    boolean hasCheckpoint() {
        return checkpoint != null;
    }

    boolean isOver() {
        return subtasks.stream()
                .allMatch(
                        subtask ->
                                subtask.task.getOutput().stream()
                                        .anyMatch(Watermark.class::isInstance));
    }

    List<ItemBatch> items() {
        List<ItemBatch> all = new ArrayList<>(items);
        subtasks.forEach(subtask -> all.addAll(subtask.items()));
        return all;
    }

    List<RoundEvent> events() {
        List<RoundEvent> all = new ArrayList<>(events);
        subtasks.forEach(subtask -> all.addAll(subtask.events()));
        return all;
    }

    OperatorSubtaskState savepoint() throws Exception {
        OperatorSubtaskState[] states = new OperatorSubtaskState[parallelism];
        for (int i = 0; i < parallelism; i++) {
            states[i] = subtasks.get(i).task.snapshot(2, 2);
        }
        return AbstractStreamOperatorTestHarness.repackageState(states);
    }

    private void closeSubtasks() throws Exception {
        toCoordinator.clear();
        for (Subtask subtask : subtasks) {
            subtask.task.close();
        }
        subtasks.clear();
    }

    @Override
    public void close() throws Exception {
        closeSubtasks();
    }
}
