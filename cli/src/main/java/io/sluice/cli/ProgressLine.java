package io.sluice.cli;

import io.sluice.common.posix.Posix;
import io.sluice.common.thread.Joins;
import io.sluice.pipeline.launch.LiveMetrics;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One line on the terminal that says how far a backup is, rewritten once a second on a thread of
 * its own; nothing when stdout is not a terminal.
 */
final class ProgressLine implements AutoCloseable {
    private static final int STDOUT = 1;
    private static final long PERIOD_MS = 1000;
    private static final String TO_LINE_START_AND_CLEAR = "\r\033[K";

    /** A line that the terminal wraps could not be cleared; one that is too long is cut. */
    private static final String WITHOUT_WRAPPING = "\033[?7l";

    private static final String WRAPPING = "\033[?7h";

    private final long begun;
    private final Thread thread;
    private long lastEntries;
    private long lastBytes;
    private long lastTime;

    private ProgressLine(long begun) {
        this.begun = begun;
        lastTime = begun;
        thread = new Thread(this::show, "sluice-progress");
        thread.setDaemon(true);
    }

    /**
     * @param begun {@link System#nanoTime} of the command's begin
     */
    static ProgressLine start(long begun) {
        ProgressLine line = new ProgressLine(begun);
        if (Posix.isTerminal(STDOUT)) {
            line.thread.start();
        }
        return line;
    }

    private void show() {
        try {
            while (true) {
                TimeUnit.MILLISECONDS.sleep(PERIOD_MS);
                SluiceCommand.OUT.print(
                        TO_LINE_START_AND_CLEAR + WITHOUT_WRAPPING + text() + WRAPPING);
                SluiceCommand.OUT.flush();
            }
        } catch (InterruptedException e) {
            SluiceCommand.OUT.print(TO_LINE_START_AND_CLEAR);
            SluiceCommand.OUT.flush();
        }
    }

    private String text() {
        long now = System.nanoTime();
        long entries = LiveMetrics.sum("stored");
        long bytes = LiveMetrics.sum("bytes");
        double seconds = Math.max(1e-3, (now - lastTime) / 1e9);
        String line =
                String.format(
                        java.util.Locale.ROOT,
                        "%s  %,d entries seen, %,d stored, %,.0f/s, %s, %s/s, %,d directories left",
                        ReportText.duration(TimeUnit.NANOSECONDS.toMillis(now - begun)),
                        LiveMetrics.sum("entries"),
                        entries,
                        (entries - lastEntries) / seconds,
                        ReportText.size(bytes),
                        ReportText.size(Math.round((bytes - lastBytes) / seconds)),
                        LiveMetrics.sum("directories_left"));
        lastTime = now;
        lastEntries = entries;
        lastBytes = bytes;
        return line;
    }

    @Override
    public void close() {
        thread.interrupt();
        Joins.uninterruptibly(List.of(thread));
    }
}
