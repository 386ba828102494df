package io.sluice.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** Commands of the system, by bash. */
final class Shell {
    private static final long LIMIT_S = 120;

    private Shell() {}

    /**
     * One word of a command line, whatever its bytes: {@code $'…'} with what is not plain escaped.
     */
    static String quote(Object argument) {
        byte[] bytes =
                argument instanceof byte[] raw
                        ? raw
                        : argument.toString().getBytes(StandardCharsets.UTF_8);
        StringBuilder word = new StringBuilder("$'");
        for (byte b : bytes) {
            if (b > ' ' && b < 0x7f && b != '\'' && b != '\\') {
                word.append((char) b);
            } else {
                word.append(String.format("\\x%02x", b & 0xff));
            }
        }
        return word.append('\'').toString();
    }

    static boolean succeeds(String command) {
        try {
            return call(command).exit() == 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs a command that has to succeed, and gives what it printed. */
    static String run(String command) throws IOException {
        return call(command).exits(0).out();
    }

    private static Result call(String command) throws IOException {
        Process process =
                new ProcessBuilder("bash", "-c", command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (!process.waitFor(LIMIT_S, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException("no end after " + LIMIT_S + " s: " + command);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted: " + command, e);
        }
        return new Result(command, process.exitValue(), out, "");
    }
}
