package io.sluice.pipeline.index;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.IntSupplier;
import org.apache.flink.runtime.operators.coordination.OperatorCoordinator;
import org.apache.flink.runtime.operators.coordination.OperatorEvent;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leads the subtasks of the index through the end of a round.
 *
 * <ol>
 *   <li>Each subtask {@link EndEvent.Arrived arrives}, with the number of names that it knows to be
 *       gone.
 *   <li>Descent: subtasks name directories that are gone ({@link EndEvent.Roots}); each goes to the
 *       subtask that owns its key ({@link EndEvent.Descend}), which counts its children and answers
 *       with the directories among them ({@link EndEvent.Found}), until none is left. Those that
 *       are something else now come first, since below them all goes whatever the judgement: an
 *       answer about a single name there may say "gone" too.
 *   <li>Judgement: so many names are gone; beyond the limit they are withheld. All subtasks are
 *       told ({@link EndEvent.Judge}) and act.
 * </ol>
 *
 * <p>Nothing of it is checkpointed. When a subtask fails, the phase is given up and another begins
 * when all have arrived again; every message carries the phase's number, a random one, so that no
 * message of an earlier one counts. A subtask that had acted upon a verdict before the failure says
 * so, and that verdict stands.
 *
 * <p>What is sent here before a checkpoint has reached the subtask before that takes its snapshot,
 * and what is sent later reaches it afterwards: Flink holds it back. So no snapshot has one subtask
 * acting and another that has not yet been descended.
 *
 * <p>Runs in the JobManager's scheduler thread, which must not wait. Memory: a subtask has one
 * request at a time, and what waits is taken from its youngest end, so it stays at the depth of the
 * tree times the directories of {@link EndEvent#MOST_DESCENDED} pages.
 */
final class EndCoordinator implements OperatorCoordinator {
    private static final Logger LOG = LoggerFactory.getLogger(EndCoordinator.class);

    private final IntSupplier parallelism;
    private final DeletionLimit limit;
    private final int maxParallelism;
    private Subtask[] subtasks;

    /** 0 outside of a descent. */
    private long phase;

    /** Which directories the descent begins with. */
    private Departures.Whole pass;

    private long gone;

    EndCoordinator(IntSupplier parallelism, DeletionLimit limit, int maxParallelism) {
        this.parallelism = parallelism;
        this.limit = limit;
        this.maxParallelism = maxParallelism;
    }

    private static final class Subtask {
        SubtaskGateway gateway;
        int attempt;
        EndEvent.Arrived arrived;
        boolean busy;
        boolean noMoreRoots;
        final Deque<EndEvent.Work> waiting = new ArrayDeque<>();

        void forget() {
            busy = false;
            noMoreRoots = false;
            waiting.clear();
        }
    }

    @Override
    public void start() {
        subtasks = new Subtask[parallelism.getAsInt()];
        for (int i = 0; i < subtasks.length; i++) {
            subtasks[i] = new Subtask();
        }
    }

    @Override
    public void executionAttemptReady(int subtask, int attempt, SubtaskGateway gateway) {
        lost(subtask);
        subtasks[subtask].gateway = gateway;
        subtasks[subtask].attempt = attempt;
    }

    @Override
    public void executionAttemptFailed(int subtask, int attempt, Throwable reason) {
        if (subtasks[subtask].attempt == attempt) {
            lost(subtask);
        }
    }

    @Override
    public void subtaskReset(int subtask, long checkpointId) {
        lost(subtask);
    }

    @Override
    public void resetToCheckpoint(long checkpointId, byte[] checkpointData) {
        if (subtasks != null) {
            for (int i = 0; i < subtasks.length; i++) {
                lost(i);
            }
        }
    }

    private void lost(int subtask) {
        subtasks[subtask].gateway = null;
        subtasks[subtask].arrived = null;
        phase = 0;
    }

    @Override
    public void handleEventFromOperator(int from, int attempt, OperatorEvent event) {
        Subtask subtask = subtasks[from];
        if (subtask.gateway == null || subtask.attempt != attempt) {
            return;
        }
        if (event instanceof EndEvent.Arrived arrived) {
            subtask.arrived = arrived;
            beginPhase();
        } else if (event instanceof EndEvent.Found found && found.phase() == phase) {
            found(subtask, found);
        }
    }

    private void beginPhase() {
        EndEvent.Verdict verdict = null;
        gone = 0;
        for (Subtask subtask : subtasks) {
            if (subtask.arrived == null) {
                return;
            }
            gone += subtask.arrived.gone();
            verdict = verdict == null ? subtask.arrived.verdict() : verdict;
            subtask.forget();
        }
        do {
            phase = ThreadLocalRandom.current().nextLong();
        } while (phase == 0);
        if (verdict != null) {
            judge(verdict);
        } else {
            pass = Departures.Whole.REPLACED;
            advance();
        }
    }

    private void found(Subtask subtask, EndEvent.Found found) {
        for (EndEvent.Work work : found.directories()) {
            owner(work).waiting.push(work);
        }
        gone += found.gone();
        if (found.last()) {
            subtask.busy = false;
            subtask.noMoreRoots |= found.noMoreRoots();
            advance();
        }
    }

    private Subtask owner(EndEvent.Work work) {
        return subtasks[
                KeyGroupRangeAssignment.assignKeyToParallelOperator(
                        DirectoryKey.of(work.path()), maxParallelism, subtasks.length)];
    }

    private void advance() {
        boolean through = true;
        boolean waiting = false;
        for (Subtask subtask : subtasks) {
            if (!subtask.busy && !subtask.waiting.isEmpty()) {
                request(subtask, new EndEvent.Descend(phase, take(subtask.waiting)));
            }
            waiting |= subtask.busy;
            through &= !subtask.busy && subtask.noMoreRoots;
        }
        if (through && pass == Departures.Whole.GONE) {
            judge(limit.judge(gone));
            return;
        }
        if (through) {
            pass = Departures.Whole.GONE;
            for (Subtask subtask : subtasks) {
                subtask.noMoreRoots = false;
            }
        }
        // New roots only when all below the former ones has been visited: so little waits.
        for (Subtask subtask : subtasks) {
            if (!waiting && !subtask.noMoreRoots) {
                request(subtask, new EndEvent.Roots(phase, pass));
            }
        }
    }

    private static List<EndEvent.Work> take(Deque<EndEvent.Work> waiting) {
        List<EndEvent.Work> taken = new ArrayList<>();
        long bytes = 0;
        while (!waiting.isEmpty()
                && taken.size() < EndEvent.MOST_DESCENDED
                && bytes < EndEvent.MOST_BYTES) {
            EndEvent.Work work = waiting.pop();
            bytes += work.path().length;
            taken.add(work);
        }
        return taken;
    }

    private void request(Subtask subtask, EndEvent event) {
        subtask.busy = true;
        send(subtask, event);
    }

    private void judge(EndEvent.Verdict verdict) {
        if (verdict.withheld()) {
            LOG.info("{} deletions are withheld.", verdict.gone());
        }
        EndEvent.Judge judgement = new EndEvent.Judge(phase, verdict);
        for (Subtask subtask : subtasks) {
            send(subtask, judgement);
        }
    }

    /** One that cannot be sent fails the subtask, by Flink's own doing, which tells it. */
    private static void send(Subtask subtask, EndEvent event) {
        CompletableFuture<?> unused =
                subtask.gateway
                        .sendEvent(event)
                        .whenComplete(
                                (sent, failure) -> {
                                    if (failure != null) {
                                        LOG.debug(
                                                "A subtask of the index was not reached.", failure);
                                    }
                                });
    }

    @Override
    public void checkpointCoordinator(long checkpointId, CompletableFuture<byte[]> result) {
        result.complete(new byte[0]);
    }

    @Override
    public void notifyCheckpointComplete(long checkpointId) {}

    @Override
    public void close() {}
}
