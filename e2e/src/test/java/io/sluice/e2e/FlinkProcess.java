package io.sluice.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A JVM of a Flink cluster, with its own directory for temporary files and a log. */
final class FlinkProcess implements AutoCloseable {
    private static final Path ROOT = Path.of(System.getProperty("sluice.root"));
    private static final Path LIBRARIES = ROOT.resolve("docker/target/flink/lib");

    private static final long LIMIT_S = 180;

    private final Process process;
    private final Path temporary;
    private final Path log;

    private FlinkProcess(Process process, Path temporary, Path log) {
        this.process = process;
        this.temporary = temporary;
        this.log = log;
    }

    /**
     * @param directory that gets NAME.log and NAME.tmp
     * @param flags of the JVM
     */
    static FlinkProcess start(
            Path directory, String name, List<String> flags, String main, List<String> arguments)
            throws IOException {
        Path temporary = Files.createDirectories(directory.resolve(name + ".tmp"));
        Path log = directory.resolve(name + ".log");
        List<String> command = java(temporary, flags);
        command.add("-Dlog4j.configurationFile=" + ROOT.resolve("flink-conf/log4j.properties"));
        command.add(main);
        command.addAll(arguments);
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                        .redirectInput(Path.of("/dev/null").toFile());
        // Beside it lies usrlib, with the jars of an application cluster.
        builder.environment().put("FLINK_LIB_DIR", LIBRARIES.toString());
        return new FlinkProcess(builder.start(), temporary, log);
    }

    /** The start of a command line: java with Flink's class path. */
    static List<String> java(Path temporary, List<String> flags) {
        String home = System.getProperty("java.home");
        List<String> command = new ArrayList<>();
        command.add(home + "/bin/java");
        command.addAll(flags);
        command.add("-Djava.io.tmpdir=" + temporary);
        command.add("-cp");
        command.add(LIBRARIES + "/*");
        return command;
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Where this process puts what it needs on a local disk. */
    Path temporary() {
        return temporary;
    }

    Path log() {
        return log;
    }

    /** Waits for its end. */
    int exit() throws IOException {
        try {
            if (!process.waitFor(LIMIT_S, TimeUnit.SECONDS)) {
                throw new AssertionError("no end after " + LIMIT_S + " s; see " + log);
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    /** SIGKILL; returns when it is gone. */
    void kill() {
        process.destroyForcibly();
        process.onExit().join();
    }

    @Override
    public void close() {
        kill();
    }
}
