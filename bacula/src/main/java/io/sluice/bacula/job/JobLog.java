package io.sluice.bacula.job;

import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;

/**
 * Lines for a job's log. Those that entries make, warnings and what is not saved, are a hundred of
 * a kind at most. Thread-safe.
 */
final class JobLog {
    static final int MOST = 100;

    private final FdOutput out;
    private final Map<JobMessage, Integer> said = new EnumMap<>(JobMessage.class);

    JobLog(FdOutput out) {
        this.out = out;
    }

    void information(String line) {
        say(JobMessage.INFORMATION, line);
    }

    /** A line that does not reach the FD is lost: then so is the job, and its own end says why. */
    void say(JobMessage kind, String line) {
        boolean ofEntries = kind == JobMessage.WARNING || kind == JobMessage.NOT_SAVED;
        int number = 0;
        if (ofEntries) {
            synchronized (said) {
                number = said.merge(kind, 1, Integer::sum);
            }
        }
        try {
            if (number <= MOST) {
                out.message(kind, line);
            } else if (number == MOST + 1) {
                out.message(
                        JobMessage.INFORMATION,
                        "more lines like these are not shown here: the round's report has them all");
            }
        } catch (IOException e) {
            return;
        }
    }
}
