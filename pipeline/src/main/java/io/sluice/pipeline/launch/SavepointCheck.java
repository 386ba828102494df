package io.sluice.pipeline.launch;

import io.sluice.common.SluiceException;
import io.sluice.common.text.Text;
import io.sluice.pipeline.index.RoundProgress;
import io.sluice.pipeline.report.CollectorOperator;
import io.sluice.pipeline.report.RoundReport;
import io.sluice.pipeline.savepoint.ListStates;
import io.sluice.pipeline.savepoint.Savepoint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Whether a savepoint is what a round's report tells of. A process of the cluster that was frozen
 * and given up may thaw at any moment and put its own report in place of the living one's: then
 * streams and index would be those of two attempts.
 */
final class SavepointCheck {
    private SavepointCheck() {}

    /**
     * Reads the operators' own states, not those of the entries.
     *
     * @return how far the index was
     * @throws SluiceException if the savepoint is not whole, not taken at the round's end, or of
     *     another attempt
     */
    static RoundProgress require(Path savepoint, RoundReport report) throws IOException {
        byte[] path = savepoint.toString().getBytes(StandardCharsets.UTF_8);
        ListStates states = new ListStates(Savepoint.open(savepoint, Text.quote(path)));
        RoundProgress index = RoundProgress.of(states);
        boolean ended =
                index.ended()
                        && index.round() == report.round()
                        && index.run().equals(report.run());
        String attempt = CollectorOperator.attempt(states, report.run());
        if (!ended || !attempt.equals(report.attempt())) {
            throw new SluiceException(
                    "the report of round "
                            + report.round()
                            + " and its savepoint are of two attempts of the job; the round is given"
                            + " up, run again");
        }
        return index;
    }
}
