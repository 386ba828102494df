package io.sluice.bacula.job;

import io.sluice.bacula.set.Progress;
import io.sluice.bacula.set.SetDirectory;
import io.sluice.common.SluiceException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** From time to time a line that says how far the round is, until the job ends. */
final class ProgressLines {
    private ProgressLines() {}

    /** On a thread of its own: the FD may take nothing for hours. */
    static void start(SetDirectory set, JobLog log, long periodMs, Future<?> end) {
        Thread thread = new Thread(() -> tell(set, log, periodMs, end), "sluice-progress-lines");
        thread.setDaemon(true);
        thread.start();
    }

    private static void tell(SetDirectory set, JobLog log, long periodMs, Future<?> end) {
        try {
            while (true) {
                TimeUnit.MILLISECONDS.sleep(periodMs);
                if (end.isDone()) {
                    return;
                }
                Progress progress = Progress.read(set);
                if (progress != null) {
                    log.information("set " + set.name() + ", " + progress.text());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (SluiceException e) {
            log.say(JobMessage.WARNING, "no more lines of progress: " + e.getMessage());
        }
    }
}
