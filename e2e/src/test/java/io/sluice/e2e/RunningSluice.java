package io.sluice.e2e;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/** A started command: the launcher replaces itself by the JVM, so there is one process. */
final class RunningSluice implements AutoCloseable {
    private static final long LIMIT_S = 180;
    private static final long POLL_MS = 2;

    /** Bit of SIGINT in the masks of /proc/PID/status. */
    private static final long INTERRUPT_BIT = 1L << (2 - 1);

    private final String command;
    private final Process process;
    private final Path out;
    private final Path error;

    RunningSluice(String command, Process process, Path out, Path error) {
        this.command = command;
        this.process = process;
        this.out = out;
        this.error = error;
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Waits for a state of the world that the running command is to bring about. */
    RunningSluice await(String what, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_S);
        while (!condition.call()) {
            if (!process.isAlive()) {
                throw new AssertionError("ended before " + what + ": " + result());
            }
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not within " + LIMIT_S + " s: " + what);
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MS);
        }
        return this;
    }

    /** Sends a signal by its name: INT, TERM, STOP, CONT, KILL. */
    RunningSluice signal(String name) throws IOException {
        Shell.run("kill -s " + name + " " + process.pid());
        return this;
    }

    /** False where the command was started with SIGINT ignored and nothing could change that. */
    boolean takesInterrupts() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/" + pid() + "/status"))) {
            if (line.startsWith("SigIgn:")) {
                return (Long.parseUnsignedLong(line.substring(7).strip(), 16) & INTERRUPT_BIT) == 0;
            }
        }
        throw new IOException("no SigIgn in /proc/" + pid() + "/status");
    }

    /** What it has printed to standard error until now. */
    String errorSoFar() throws IOException {
        return text(error);
    }

    /** Waits for its end. */
    Result result() throws IOException {
        try {
            if (!process.waitFor(LIMIT_S, TimeUnit.SECONDS)) {
                throw new AssertionError("no end after " + LIMIT_S + " s: " + command);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
        return new Result(command, process.exitValue(), text(out), text(error));
    }

    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        process.onExit().join();
        Files.deleteIfExists(out);
        Files.deleteIfExists(error);
    }
}
