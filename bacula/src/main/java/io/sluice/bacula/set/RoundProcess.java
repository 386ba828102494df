package io.sluice.bacula.set;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.common.SluiceException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
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
    private static final long END_MS = 15_000;

    private final Process process;
    private final OutputStream input;
    private final CompletableFuture<String> failure = new CompletableFuture<>();

    private RoundProcess(Process process, Path log) {
        this.process = process;
        input = process.getOutputStream();
        Thread hearing = new Thread(() -> hear(log), "sluice-round-process");
        hearing.setDaemon(true);
        hearing.start();
    }

    /**
     * Starts it.
     *
     * @param command that runs {@link RoundMain}
     * @throws SluiceException if it cannot be started
     */
    static RoundProcess start(List<String> command, SetDirectory set, RoundOrder order) {
        Path log = set.rendezvous().resolve("round.log");
        try {
            RoundProcess process =
                    new RoundProcess(
                            new ProcessBuilder(command).redirectError(log.toFile()).start(), log);
            process.say(new ObjectMapper().writeValueAsString(order));
            return process;
        } catch (IOException e) {
            throw new SluiceException(
                    "cannot start the round's process '" + command.get(0) + "': " + e.getMessage(),
                    e);
        }
    }

    private synchronized void say(String line) throws IOException {
        input.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        input.flush();
    }

    private void hear(Path log) {
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
