package io.sluice.pipeline.index;

import io.sluice.common.SluiceException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.runtime.operators.coordination.OperatorEventGateway;
import org.apache.flink.runtime.state.KeyedStateBackend;
import org.apache.flink.util.function.ThrowingRunnable;

/**
 * The end of a round in one subtask of the index, from its watermark on. Belongs to the task's
 * thread, and works in mails of at most {@link EndEvent#MOST_DIRECTORIES} directories, so that
 * checkpoints and cancels pass in between.
 *
 * <ol>
 *   <li>Answers about single names are resolved ({@link DueNames}): what contradicts the listings
 *       is dropped and owed, what is gone is marked.
 *   <li>The subtask arrives, and does what the {@link EndCoordinator} asks: tells the roots of what
 *       is gone, and descends.
 *   <li>On its verdict all that goes is sent as tombstones and forgotten ({@link Deletion}); or it
 *       is kept, and only the marks go.
 *   <li>Answers about single names that are due go out, and the round is over.
 * </ol>
 *
 * <p>Each step may be repeated after a failure: a mark is removed in the very mail that acts on it.
 */
final class RoundEnd {
    private final IndexState state;
    private final KeyedStateBackend<DirectoryKey> backend;
    private final DueNames due;
    private final Deletion deletion;
    private final MailboxExecutor mailbox;
    private final OperatorEventGateway coordinator;
    private final ThrowingRunnable<Exception> over;

    private EndEvent.Verdict verdict;
    private long phase;
    private Departures.Whole pass;
    private long goneHere;
    private IndexState.KeysOf roots;
    private IndexState.KeysOf sweep;

    /**
     * @param verdict that was acted upon before a failure; else null
     * @param over to be called when all has been sent
     */
    RoundEnd(
            IndexState state,
            KeyedStateBackend<DirectoryKey> backend,
            DueNames due,
            Deletion deletion,
            MailboxExecutor mailbox,
            OperatorEventGateway coordinator,
            EndEvent.Verdict verdict,
            ThrowingRunnable<Exception> over) {
        this.state = state;
        this.backend = backend;
        this.due = due;
        this.deletion = deletion;
        this.mailbox = mailbox;
        this.coordinator = coordinator;
        this.verdict = verdict;
        this.over = over;
    }

    /** The verdict that is being acted upon, or null before there is one. */
    EndEvent.Verdict verdict() {
        return verdict;
    }

    /** The round's watermark has come. */
    void begin() throws Exception {
        if (verdict != null) {
            coordinator.sendEventToCoordinator(new EndEvent.Arrived(0, verdict));
            return;
        }
        sweep(
                IndexState.withDue(backend),
                due::resolve,
                () -> {
                    goneHere = 0;
                    sweep(
                            IndexState.withDepartures(backend),
                            this::countGone,
                            () ->
                                    coordinator.sendEventToCoordinator(
                                            new EndEvent.Arrived(goneHere, null)));
                });
    }

    private void countGone() throws Exception {
        Departures departures = state.departures();
        if (departures.whole() == Departures.Whole.NO) {
            goneHere += departures.gone();
        }
    }

    /** What the coordinator asks. */
    void handle(EndEvent event) throws Exception {
        if (event instanceof EndEvent.Judge judge) {
            judge(judge.verdict());
        } else if (verdict != null) {
            throw new IllegalStateException("asked for what is gone, behind the verdict about it");
        } else if (event instanceof EndEvent.Roots request) {
            roots(request);
        } else if (event instanceof EndEvent.Descend request) {
            descend(request);
        }
    }

    private void roots(EndEvent.Roots request) throws Exception {
        if (request.phase() != phase || request.why() != pass || roots == null) {
            close(roots);
            phase = request.phase();
            pass = request.why();
            roots = IndexState.withDepartures(backend);
        }
        Answer answer = new Answer();
        boolean more = true;
        for (int i = 0; i < EndEvent.MOST_DIRECTORIES && more; i++) {
            more = roots.next();
            if (more) {
                deletion.roots(pass, phase, answer);
            }
        }
        answer.send(!more);
    }

    private void descend(EndEvent.Descend request) throws Exception {
        phase = request.phase();
        Answer answer = new Answer();
        for (EndEvent.Work work : request.directories()) {
            backend.setCurrentKey(DirectoryKey.of(work.path()));
            answer.gone += deletion.descend(work, phase, answer);
        }
        answer.send(false);
    }

    private void judge(EndEvent.Verdict judgement) throws Exception {
        close(roots);
        roots = null;
        verdict = judgement;
        deletion.judged(judgement);
        sweep(
                IndexState.withDepartures(backend),
                () -> deletion.act(judgement.withheld()),
                () -> sweep(IndexState.withDue(backend), due::announce, over));
    }

    /** Directories for the coordinator, in as many messages as they need. */
    private final class Answer implements Deletion.Directories {
        private List<EndEvent.Work> directories = new ArrayList<>();
        private long bytes;
        private long gone;

        @Override
        public void add(EndEvent.Work work) {
            directories.add(work);
            bytes += work.path().length;
            if (directories.size() >= EndEvent.MOST_DIRECTORIES || bytes >= EndEvent.MOST_BYTES) {
                coordinator.sendEventToCoordinator(
                        new EndEvent.Found(phase, directories, 0, false, false));
                directories = new ArrayList<>();
                bytes = 0;
            }
        }

        void send(boolean noMoreRoots) {
            coordinator.sendEventToCoordinator(
                    new EndEvent.Found(phase, directories, gone, true, noMoreRoots));
        }
    }

    /** Visits the keys in mails, then goes on with {@code then}. */
    private void sweep(
            IndexState.KeysOf keys,
            ThrowingRunnable<Exception> visit,
            ThrowingRunnable<Exception> then) {
        if (sweep != null) {
            throw new SluiceException("two sweeps at once");
        }
        sweep = keys;
        mailbox.execute(() -> step(visit, then), "end of the round");
    }

    private void step(ThrowingRunnable<Exception> visit, ThrowingRunnable<Exception> then)
            throws Exception {
        for (int i = 0; i < EndEvent.MOST_DIRECTORIES; i++) {
            if (!sweep.next()) {
                close(sweep);
                sweep = null;
                then.run();
                return;
            }
            visit.run();
        }
        mailbox.execute(() -> step(visit, then), "end of the round");
    }

    private static void close(IndexState.KeysOf keys) {
        if (keys != null) {
            keys.close();
        }
    }

    /** Lets go of the state, before that is closed. */
    void close() {
        close(roots);
        close(sweep);
        roots = null;
        sweep = null;
    }
}
