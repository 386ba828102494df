package io.sluice.pipeline.index;

import io.sluice.pipeline.savepoint.ListStates;
import java.io.IOException;
import java.util.List;

/**
 * How far the round was of which a savepoint is.
 *
 * @param ended whether that holds for all subtasks
 * @param judged whether there was a verdict on what is gone
 * @param withheld whether that was left as it is
 * @param gone names that the verdict is about
 */
public record RoundProgress(
        long round, String run, boolean ended, boolean judged, boolean withheld, long gone) {
    /**
     * Reads it.
     *
     * @throws io.sluice.common.SluiceException if the savepoint is another program's
     */
    public static RoundProgress of(ListStates states) throws IOException {
        List<IndexProgress> subtasks =
                states.union(
                        DirectoryIndexOperator.NAME,
                        DirectoryIndexOperator.PROGRESS,
                        IndexProgress.Serializer.INSTANCE);
        boolean ended = true;
        EndEvent.Verdict verdict = null;
        for (IndexProgress subtask : subtasks) {
            ended &= subtask.ended();
            verdict = subtask.verdict() == null ? verdict : subtask.verdict();
        }
        if (subtasks.isEmpty()) {
            return new RoundProgress(0, "", false, false, false, 0);
        }
        return new RoundProgress(
                subtasks.get(0).round(),
                subtasks.get(0).run(),
                ended,
                verdict != null,
                verdict != null && verdict.withheld(),
                verdict == null ? 0 : verdict.gone());
    }
}
