package io.sluice.pipeline.launch;

import io.sluice.pipeline.index.DeletionLimit;
import io.sluice.pipeline.report.RoundReport;
import java.util.ArrayList;
import java.util.List;

/** What the operator should look at although a round stands. */
final class RoundWarnings {
    private RoundWarnings() {}

    /**
     * One line each.
     *
     * @param accepted whether any number of deletions is meant
     */
    static List<String> of(RoundReport report, Chain chain, boolean accepted) {
        List<String> warnings = new ArrayList<>();
        report.doubt().forEach(doubt -> warnings.add("everything was looked at: " + doubt));
        if (report.withheld() > 0) {
            warnings.add(
                    report.withheld()
                            + " of "
                            + report.known()
                            + " names are gone and were kept in the backup, since these are many at"
                            + " once; if they were meant to go, run again with --accept-deletes");
        }
        Chain.Round before = before(chain, report);
        if (report.base() == null && before != null && !accepted) {
            long fewer = before.known() - report.known();
            if (fewer > 0 && new DeletionLimit(before.known(), 0, false).isBeyond(fewer)) {
                warnings.add(
                        "this full round has "
                                + report.known()
                                + " names, and round "
                                + before.round()
                                + " had "
                                + before.known()
                                + "; is everything mounted? If so, nothing is to be done");
            }
        }
        return warnings;
    }

    private static Chain.Round before(Chain chain, RoundReport report) {
        Chain.Round before = null;
        for (Chain.Round round : chain.rounds()) {
            if (round.round() < report.round() && round.content().equals(report.content())) {
                before = round;
            }
        }
        return before;
    }
}
