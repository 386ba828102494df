package io.sluice.pipeline.launch;

import io.sluice.pipeline.report.RoundReport;
import java.io.IOException;
import java.nio.file.Path;

/** Hears of a round's life, on the thread that runs it. What it throws fails the round. */
public interface RoundListener {
    /**
     * Before anything of the round is made.
     *
     * @param round its number, which no other round ever has
     * @param level never {@link Level#AUTO}
     * @param base null for a full round
     */
    default void begun(int round, Level level, Integer base) throws IOException {}

    /**
     * All streams are complete and the savepoint is there; nothing is released yet.
     *
     * @param directory of the round in the archive, with the lists that the report names
     */
    default void ending(RoundReport report, Path directory) throws IOException {}
}
