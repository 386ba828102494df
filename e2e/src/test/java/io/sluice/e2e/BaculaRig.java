package io.sluice.e2e;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A Bacula of its own: Director, Storage Daemon and File Daemon on free ports, by {@code
 * e2e/bacula/rig}. Close it: its daemons are no children of this JVM.
 */
final class BaculaRig implements AutoCloseable {
    private static final Path ROOT = Path.of(System.getProperty("sluice.root"));
    static final Path SCRIPT = ROOT.resolve("e2e/bacula/rig");
    private static final Path TARGET = ROOT.resolve("fd-plugin/target");
    private static final long LIMIT_S = 900;
    private static final Pattern ROW =
            Pattern.compile(
                    "JobId=(\\d+) Status=(.) Level=(.) Files=(\\d+) Bytes=(\\d+) Errors=(\\d+)"
                            + " Name=(\\S+)");

    private final Map<String, String> environment = new LinkedHashMap<>();
    private final Path home;

    /**
     * A job that has ended, as the catalog has it.
     *
     * @param status T for a good one, also with errors; f for one that failed, A for a canceled one
     * @param log all lines of its log
     */
    record Ended(
            int id,
            char status,
            char level,
            long files,
            long bytes,
            int errors,
            String name,
            String log) {
        /** Checks that it ended well, and without an error. */
        Ended succeeds() {
            if (status != 'T' || errors != 0) {
                throw new AssertionError(this);
            }
            return this;
        }
    }

    /**
     * @param home new; gets all that the daemons keep
     */
    BaculaRig(Path home) throws IOException {
        this.home = home;
        environment.put("RIG_HOME", home.toString());
        environment.put("RIG_PORTS", freePorts());
    }

    /** Skips the test where Bacula or the plugin cannot be had. */
    static void assumePossible() throws IOException {
        assumeBacula();
        assumeTrue(
                Files.exists(plugin()),
                "sluice-fd.so is not built: there is no compiler, or no make");
    }

    /** Skips the test where Bacula cannot be had; fetches its packages where it can. */
    static void assumeBacula() throws IOException {
        assumeTrue(Shell.succeeds("command -v apt-get && command -v dpkg-deb"), "there is no apt");
        assumeTrue(
                Shell.succeeds("[ \"$(dpkg --print-architecture)\" = amd64 ]"),
                "Bacula's packages are taken for amd64");
        assumeTrue(
                Shell.succeeds("command -v flock && command -v setsid"), "there is no util-linux");
        String fetching = Shell.quote(SCRIPT) + " fetch";
        assumeTrue(Shell.succeeds(fetching), "Bacula's packages cannot be fetched");
    }

    static Path plugin() {
        return TARGET.resolve("sluice-fd.so");
    }

    /** A backend that does what scripts say; fd-plugin/test/scripted-backend.c tells which. */
    static Path scriptedBackend() {
        return TARGET.resolve("scripted-backend");
    }

    private static String freePorts() throws IOException {
        return Ports.free() + " " + Ports.free() + " " + Ports.free();
    }

    /** For the rig, and for the FD and what its plugins start, from its next start on. */
    BaculaRig with(String variable, Object value) {
        environment.put(variable, value.toString());
        return this;
    }

    Path home() {
        return home;
    }

    /** Calls the rig's script, which has to succeed, and gives what it printed. */
    String call(Object... words) throws IOException {
        return result(words).exits(0).out();
    }

    Result result(Object... words) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(SCRIPT.toString());
        for (Object word : words) {
            command.add(word.toString());
        }
        Path out = Files.createTempFile("bacula-rig-", ".txt");
        Path error = Files.createTempFile("bacula-rig-", ".txt");
        try {
            // Daemons that it starts would hold a pipe open.
            ProcessBuilder builder =
                    new ProcessBuilder(command)
                            .redirectInput(Path.of("/dev/null").toFile())
                            .redirectOutput(out.toFile())
                            .redirectError(error.toFile());
            builder.environment().putAll(environment);
            Process process = builder.start();
            if (!process.waitFor(LIMIT_S, TimeUnit.SECONDS)) {
                process.destroy();
                throw new IOException("no end after " + LIMIT_S + " s: " + command);
            }
            return new Result(
                    String.join(" ", command), process.exitValue(), text(out), text(error));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted: " + command, e);
        } finally {
            Files.delete(out);
            Files.delete(error);
        }
    }

    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    }

    /** Starts what is down. Its first call in a machine's life fetches the packages. */
    BaculaRig up() throws IOException {
        call("up");
        return this;
    }

    /** The FD's plugins from now on; it starts anew if it runs. */
    BaculaRig plugins(Path... files) throws IOException {
        List<Object> words = new ArrayList<>(List.of("plugins"));
        words.addAll(List.of(files));
        call(words.toArray());
        return this;
    }

    /** Makes a job, or one anew, with one Plugin line. */
    void job(String name, String line, Object... more) throws IOException {
        List<Object> words = new ArrayList<>(List.of("addjob", name, "--plugin", line));
        words.addAll(List.of(more));
        call(words.toArray());
    }

    Ended run(String name, String level) throws IOException {
        return ended(result("run", name, level));
    }

    /** Starts a job, and gives its number. */
    int begin(String name, String level) throws IOException {
        return Integer.parseInt(call("begin", name, level).strip());
    }

    /** Waits for a job's end. */
    Ended await(int job) throws IOException {
        return ended(result("result", job));
    }

    /**
     * Restores to {@code where}, by bconsole.
     *
     * @param jobs numbers, parted by commas
     * @param words more of bconsole's
     */
    Ended restore(Object jobs, Object where, Object... words) throws IOException {
        List<Object> command = new ArrayList<>(List.of("restore", jobs, where));
        command.addAll(List.of(words));
        return ended(result(command.toArray()));
    }

    private Ended ended(Result result) throws IOException {
        Matcher row = ROW.matcher(result.out());
        if (!row.find()) {
            throw new AssertionError(result);
        }
        int id = Integer.parseInt(row.group(1));
        return new Ended(
                id,
                row.group(2).charAt(0),
                row.group(3).charAt(0),
                Long.parseLong(row.group(4)),
                Long.parseLong(row.group(5)),
                Integer.parseInt(row.group(6)),
                row.group(7),
                call("joblog", id));
    }

    /** The rows of a query of the catalog, their columns parted by bars. */
    List<String> sql(String statement) throws IOException {
        return call("sql", statement).lines().toList();
    }

    ProcessHandle fd() throws IOException {
        return daemon("fd");
    }

    /**
     * @param name dir, sd or fd
     */
    ProcessHandle daemon(String name) throws IOException {
        return ProcessHandle.of(Long.parseLong(call("pid", name).strip())).orElseThrow();
    }

    /** Stops a daemon, and starts it with what its environment is now. */
    void restart(String daemon) throws IOException {
        call("stop", daemon);
        call("start", daemon);
    }

    @Override
    public void close() throws IOException {
        call("destroy");
    }
}
