package io.sluice.bacula.set;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.bacula.job.JobLevel;
import io.sluice.common.SluiceException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * The process of a round ({@link RoundMain}), from the side of the job that leads it. It ends with
 * this one, whatever becomes of it: its input ends then.
 */
public final class RoundProcess {
    private static final String LEVEL = "SLUICE_ROUND";
    private static final long END_MS = 15_000;

    private final Process process;
    private final OutputStream input;
    private final Path log;
    private final CompletableFuture<String> failure = new CompletableFuture<>();

    private RoundProcess(Process process, Path log) {
        this.process = process;
        this.log = log;
        input = process.getOutputStream();
        Thread hearing = new Thread(this::hear, "sluice-round-process");
        hearing.setDaemon(true);
        hearing.start();
    }

    /**
     * Starts it; it waits for {@link #order}.
     *
     * @param command that runs {@link RoundMain}
     * @param likely the round's level as far as it is known: the start script chooses the JVM's
     *     flags by it
     * @throws SluiceException if it cannot be started
     */
    static RoundProcess start(List<String> command, SetDirectory set, JobLevel likely) {
        Path log = set.rendezvous().resolve("round.log");
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().put(LEVEL, likely.name().toLowerCase(Locale.ROOT));
        try {
            return new RoundProcess(builder.start(), log);
        } catch (IOException e) {
            throw failed("cannot start the round's process '" + command.get(0) + "'", e);
        }
    }

    private static SluiceException failed(String what, IOException e) {
        return new SluiceException(what + ": " + e.getMessage(), e);
    }

    /**
     * Has it run a round, whose log takes the place of the former one's.
     *
     * @throws SluiceException if it is not there any more, with the reason
     */
    void order(RoundOrder order) throws InterruptedException {
        try (FileChannel former = FileChannel.open(log, StandardOpenOption.WRITE)) {
            requireAlive();
            former.truncate(0);
            say(new ObjectMapper().writeValueAsString(order));
        } catch (IOException e) {
            try {
                failure.get(END_MS, TimeUnit.MILLISECONDS);
                requireAlive();
            } catch (ExecutionException | TimeoutException unknown) {
                e.addSuppressed(unknown);
            }
            throw failed("cannot give the round's process its order", e);
        }
    }

    /**
     * It ends by itself where its JVM cannot start.
     *
     * @throws SluiceException if it has ended, with the reason
     */
    void requireAlive() {
        String reason = failure.getNow(null);
        if (reason != null) {
            throw new SluiceException(reason);
        }
    }

    /** Ends one that has no order, and so has done nothing yet. */
    void dismiss() {
        process.destroyForcibly();
        awaitGone();
    }

    private synchronized void say(String line) throws IOException {
        input.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        input.flush();
    }

    private void hear() {
        String last = null;
        try (BufferedReader lines =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                last = line;
            }
        } catch (IOException e) {
            // As if it had said nothing.
            last = null;
        }
        int code = process.onExit().join().exitValue();
        if (RoundMain.DONE.equals(last)) {
            failure.complete(null);
        } else if (last != null && last.startsWith(RoundMain.FAILED)) {
            failure.complete(last.substring(RoundMain.FAILED.length()));
        } else {
            failure.complete(
                    "the round's process ended with "
                            + code
                            + " and said nothing; see '"
                            + log
                            + "'");
        }
    }

    /** Calls that, on another thread, when it has ended without a round, with the reason. */
    public void whenFailed(Consumer<String> told) {
        Thread thread =
                new Thread(
                        () -> {
                            String reason = failure.join();
                            if (reason != null) {
                                told.accept(reason);
                            }
                        },
                        "sluice-round-failure");
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Waits for its end.
     *
     * @return why there is no round; null if it stands
     */
    public String awaitEnd(long millis) throws InterruptedException, TimeoutException {
        try {
            return failure.get(millis, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Ends it, and waits; the round's other jobs hear the reason from it. */
    public void abort(String reason) {
        try {
            say(reason.replace('\n', ' '));
        } catch (IOException e) {
            // It has ended.
        }
        awaitGone();
    }

    private void awaitGone() {
        try {
            if (!process.waitFor(END_MS, TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
