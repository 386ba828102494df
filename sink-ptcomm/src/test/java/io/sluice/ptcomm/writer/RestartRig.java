package io.sluice.ptcomm.writer;

import io.sluice.common.item.ItemBatch;
import io.sluice.common.round.Failure;
import io.sluice.common.round.Owed;
import io.sluice.common.round.OwedReason;
import io.sluice.common.round.Receipt;
import io.sluice.common.round.RoundEvent;
import io.sluice.common.round.Tally;
import io.sluice.common.text.Text;
import io.sluice.ptcomm.codec.SampleEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;

/**
 * The shard writer of one run into a real store, with all that a job does to it: subtasks that are
 * checkpointed together, die together and come back, perhaps in another number, with a source that
 * goes back and a collector that forgets what it heard since the checkpoint.
 */
final class RestartRig implements AutoCloseable {
    private static final int MAX_PARALLELISM = ShardKeys.KEY_GROUPS;

    /** What a test does before frames are taken; on the writing threads. */
    interface Disturbance {
        void beforeTaking(int shard) throws IOException;
    }

    /** What a committed round holds, and what was told of it. */
    record Result(List<List<SampleEntry>> entries, Map<String, Long> counts, List<String> notes) {}

    private final WriterOptions options;
    private final QueueSizes queues;
    private final RoundStore store;
    private final StateBackend backend;
    private final List<ItemBatch> input;
    private final List<WriterRig> subtasks = new ArrayList<>();

    Disturbance disturbance = shard -> {};
    int attempt;
    int fed;
    private long snapshots;
    private boolean completed;
    private boolean ended;

    private List<RoundEvent> heard = new ArrayList<>();
    private OperatorSubtaskState state;
    private int parallelismOfState;
    private int fedOfState;
    private List<RoundEvent> heardOfState = List.of();

    /**
     * @param store where the streams go; closed with this
     */
    RestartRig(
            WriterOptions options,
            QueueSizes queues,
            RoundStore store,
            StateBackend backend,
            List<ItemBatch> input) {
        this.options = options;
        this.queues = queues;
        this.store = store;
        this.backend = backend;
        this.input = input;
    }

    RestartRig start(int parallelism) throws Exception {
        for (int index = 0; index < parallelism; index++) {
            OperatorSubtaskState own =
                    state == null
                            ? null
                            : AbstractStreamOperatorTestHarness.repartitionOperatorState(
                                    state, MAX_PARALLELISM, parallelismOfState, parallelism, index);
            subtasks.add(
                    WriterRig.subtask(
                            options,
                            queues,
                            store.receivers(attempt, shard -> disturbance.beforeTaking(shard)),
                            backend,
                            parallelism,
                            index,
                            own));
        }
        return this;
    }

    boolean hasInput() {
        return fed < input.size();
    }

    /** Sends the next batch. */
    RestartRig feed() throws Exception {
        ItemBatch batch = input.get(fed++);
        int group = ShardKeys.keyGroup(batch.shard(), options.shards());
        int index =
                KeyGroupRangeAssignment.computeOperatorIndexForKeyGroup(
                        MAX_PARALLELISM, subtasks.size(), group);
        subtasks.get(index).send(batch);
        return this;
    }

    RestartRig feedAll() throws Exception {
        while (hasInput()) {
            feed();
        }
        return this;
    }

    /** The round's watermark comes, to all. */
    void end() throws Exception {
        if (!ended) {
            ended = true;
            for (WriterRig subtask : subtasks) {
                subtask.end();
            }
        }
    }

    /** Processes at most so many mails; does not wait. */
    void mails(int most) throws Exception {
        for (WriterRig subtask : subtasks) {
            for (int n = 0; n < most && subtask.hasMail(); n++) {
                subtask.mail();
            }
        }
    }

    boolean hasPassed() {
        return subtasks.stream().allMatch(WriterRig::hasPassedTheWatermark);
    }

    /** Waits until the round is over for one of the subtasks; all input and the end have come. */
    void untilOneHasPassed() throws Exception {
        while (subtasks.stream().noneMatch(WriterRig::hasPassedTheWatermark)) {
            mails(1);
            Thread.onSpinWait();
        }
    }

    /** A checkpoint that fails elsewhere: this one had its part. */
    OperatorSubtaskState snapshot() throws Exception {
        snapshots++;
        OperatorSubtaskState[] parts = new OperatorSubtaskState[subtasks.size()];
        for (int i = 0; i < parts.length; i++) {
            parts[i] = subtasks.get(i).snapshot(snapshots);
        }
        return AbstractStreamOperatorTestHarness.repackageState(parts);
    }

    void checkpoint() throws Exception {
        state = snapshot();
        completed = false;
        parallelismOfState = subtasks.size();
        fedOfState = fed;
        heardOfState = new ArrayList<>(heard);
        subtasks.forEach(subtask -> heardOfState.addAll(subtask.events()));
    }

    /** What became of the last checkpoint. */
    String checkpointing() {
        if (state == null) {
            return "no checkpoint yet";
        }
        return completed ? "checkpoint completed" : "checkpoint taken, not completed";
    }

    /** The last checkpoint is told to be complete, if nothing has died since. */
    void completed() throws Exception {
        completed = true;
        for (WriterRig subtask : subtasks) {
            subtask.completed(snapshots);
        }
    }

    boolean hasCheckpoint() {
        return state != null;
    }

    /** All subtasks die, and come back from the last checkpoint. */
    void restart(int parallelism) throws Exception {
        kill();
        attempt++;
        start(parallelism);
    }

    void kill() throws Exception {
        for (WriterRig subtask : subtasks) {
            subtask.close();
        }
        subtasks.clear();
        ended = false;
        fed = fedOfState;
        heard = new ArrayList<>(heardOfState);
    }

    /** Lets the round run to its end, commits it, and reads it back. */
    Result finish() throws Exception {
        feedAll();
        end();
        for (WriterRig subtask : subtasks) {
            while (!subtask.hasPassedTheWatermark()) {
                subtask.mail();
            }
            heard.addAll(subtask.events());
        }
        Map<Integer, Receipt> receipts = new TreeMap<>();
        Map<Integer, Tally> tallies = new TreeMap<>();
        List<String> notes = new ArrayList<>();
        for (RoundEvent event : heard) {
            if (event instanceof Receipt receipt) {
                receipts.put(receipt.shard(), receipt);
            } else if (event instanceof Tally tally) {
                tallies.put(tally.number(), tally);
            } else if (event instanceof Failure failure) {
                notes.add("failed " + failure.reason() + " " + Text.escape(failure.path()));
            } else if (event instanceof Owed owed && owed.reason() != OwedReason.RACY) {
                notes.add("owed " + owed.reason() + " " + Text.escape(owed.path()));
            }
        }
        notes.sort(null);
        Map<String, Long> counts = new TreeMap<>();
        for (Tally tally : tallies.values()) {
            requireBalance(tally, receipts.get(tally.number()));
            tally.counts().forEach((name, n) -> counts.merge(name, n, Long::sum));
        }
        // What a test makes is new when it is read first.
        counts.remove("owed.racy");
        return new Result(store.commit(new ArrayList<>(receipts.values())), counts, notes);
    }

    private static void requireBalance(Tally tally, Receipt receipt) {
        long stored = 0;
        long outcomes = 0;
        for (Map.Entry<String, Long> count : tally.counts().entrySet()) {
            String name = count.getKey();
            boolean inStream = name.startsWith("stored.") || name.equals("deleted");
            stored += inStream ? count.getValue() : 0;
            boolean out = name.startsWith("failed.") || name.startsWith("skipped.");
            outcomes += inStream || out ? count.getValue() : 0;
        }
        if (stored != receipt.entries()
                || outcomes
                        != tally.counts().get("items")
                                + tally.counts().getOrDefault("unclaimed", 0L)) {
            throw new AssertionError("the books do not balance: " + tally + ", " + receipt);
        }
    }

    @Override
    public void close() throws Exception {
        kill();
        store.close();
    }
}
