package io.sluice.e2e;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.common.testing.Privileges;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * A tree shown by {@code bench/latencyfs} to the commands run {@link #in} it: each metadata request
 * takes its time, and is counted. The mount is in a mount namespace of its own, and the
 * filesystem's process in a process namespace of its own, whose first process reads from this JVM:
 * so nothing of it outlives the test, however that ends.
 */
final class LatencyMirror implements AutoCloseable {
    private static final Path PROGRAM_SOURCE =
            Path.of(System.getProperty("sluice.root"), "bench/latencyfs/latencyfs.c");

    private final Process holder;
    private final Path mountPoint;

    private LatencyMirror(Process holder, Path mountPoint) {
        this.holder = holder;
        this.mountPoint = mountPoint;
    }

    /** Skips the test where there can be none. */
    static void assumePossible() {
        assumeTrue(Privileges.isRoot(), "mounting needs root");
        assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "there is no /dev/fuse");
        assumeTrue(Shell.succeeds("command -v gcc"), "there is no gcc");
        assumeTrue(
                Shell.succeeds("pkg-config --exists 'fuse3 >= 3.12'"),
                "there is no libfuse3-dev 3.12, or no pkg-config");
        assumeTrue(
                Shell.succeeds("unshare --mount --pid --fork --kill-child true"),
                "no namespaces can be had");
    }

    /**
     * Compiles and mounts it.
     *
     * @param directory for the program and the mount point
     * @param options of latencyfs
     */
    static LatencyMirror of(Path source, Path directory, String options) throws IOException {
        Path program = directory.resolve("latencyfs");
        Shell.run(
                "gcc -O2 -Wall -Wextra -Werror -o "
                        + Shell.quote(program)
                        + " "
                        + Shell.quote(PROGRAM_SOURCE)
                        + " $(pkg-config --cflags --libs fuse3) -lpthread");
        Path mountPoint = Files.createDirectory(directory.resolve("mirror"));
        // Without -f it returns when it is mounted.
        String mount =
                Shell.quote(program)
                        + " "
                        + Shell.quote(source)
                        + " "
                        + Shell.quote(mountPoint)
                        + " -o "
                        + Shell.quote(options)
                        + " && echo mounted && exec cat";
        Process holder =
                new ProcessBuilder(
                                "bash",
                                "-c",
                                "exec unshare --mount --pid --fork --kill-child bash -c "
                                        + Shell.quote(mount))
                        .redirectErrorStream(true)
                        .start();
        BufferedReader said =
                new BufferedReader(
                        new InputStreamReader(holder.getInputStream(), StandardCharsets.UTF_8));
        String line = said.readLine();
        LatencyMirror mirror = new LatencyMirror(holder, mountPoint);
        if (!"mounted".equals(line)) {
            mirror.close();
            throw new IOException("latencyfs does not mount: " + line);
        }
        return mirror;
    }

    Path path() {
        return mountPoint;
    }

    /** What lets a command see the mirror. */
    String words() {
        return "nsenter -t " + holder.pid() + " --mount --";
    }

    /** Lets a command see the mirror. */
    Sluice in(Sluice sluice) {
        return sluice.by("nsenter", "-t", Long.toString(holder.pid()), "--mount", "--");
    }

    /** The requests since it was mounted, by kind; asking is not one. */
    Map<String, Long> requests() throws IOException {
        return figures("requests");
    }

    /**
     * The most requests of each kind that waited at once since the call before; of {@code
     * directories}, to open and read them, and of {@code files}.
     */
    Map<String, Long> mostAtOnce() throws IOException {
        return figures("at_once");
    }

    private Map<String, Long> figures(String name) throws IOException {
        String text =
                Shell.run(
                        "nsenter -t "
                                + holder.pid()
                                + " --mount -- getfattr --absolute-names --only-values"
                                + " -n user.latencyfs."
                                + name
                                + " "
                                + Shell.quote(mountPoint));
        Map<String, Long> figures = new TreeMap<>();
        for (String word : text.strip().split(" ", -1)) {
            int equals = word.indexOf('=');
            figures.put(word.substring(0, equals), Long.valueOf(word.substring(equals + 1)));
        }
        return figures;
    }

    @Override
    public void close() {
        holder.destroyForcibly();
        holder.onExit().join();
    }
}
