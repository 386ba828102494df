package io.sluice.pipeline.report;

import io.sluice.common.round.RoundEvent;
import java.util.List;

/**
 * What a collector knows at a checkpoint. State of another run counts as empty.
 *
 * @param run identity of the run
 * @param attempt whose files they are; empty if it was before attempts had names
 * @param owedBytes length of the owed file so far
 * @param failedBytes length of the file of failures so far
 * @param events tallies, receipts, and the failures that the report names, in their order
 */
record CollectorState(
        String run, String attempt, long owedBytes, long failedBytes, List<RoundEvent> events) {
    CollectorState {
        events = List.copyOf(events);
    }
}
