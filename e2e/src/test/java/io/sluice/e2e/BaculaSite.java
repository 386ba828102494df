package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/** A rig whose jobs are fed by the real backend, for all tests of a class. */
final class BaculaSite implements AutoCloseable {
    static final int SHARDS = 4;

    private static final long LIMIT_S = 90;
    private static final int FILES = 80;
    private static final int MEGABYTES = 60;

    private final BaculaRig rig;
    private final Path state;
    private final Path backend;

    /**
     * Starts it.
     *
     * @param directory new
     */
    BaculaSite(Path directory, int acceptSeconds) throws IOException {
        state = directory.resolve("state");
        backend = Files.createDirectories(directory).resolve("backend");
        backend("");
        rig =
                new BaculaRig(directory.resolve("rig"))
                        .with("SLUICE_BACKEND", backend)
                        .with("SLUICE_STATE_DIR", state)
                        .with("SLUICE_ACCEPT_TIMEOUT_SECS", acceptSeconds);
    }

    BaculaSite up() throws IOException {
        rig.plugins(BaculaRig.plugin()).up();
        return this;
    }

    /** Has backends started by other words from now on. */
    void backend(String words) throws IOException {
        Path part = backend.resolveSibling("backend.part");
        String call = words + " " + Shell.quote(Sluice.executable()) + " \"$@\"";
        Files.writeString(part, "#!/bin/bash\nexec " + call + "\n");
        Files.setPosixFilePermissions(part, PosixFilePermissions.fromString("rwx------"));
        Shell.run("mv -f " + Shell.quote(part) + " " + Shell.quote(backend));
    }

    BaculaRig rig() {
        return rig;
    }

    Path state() {
        return state;
    }

    /** Many small files, so that each shard has some. */
    static void fill(Path tree) throws IOException {
        Files.createDirectories(tree.resolve("sub"));
        for (int i = 0; i < FILES; i++) {
            Files.writeString(tree.resolve("sub/" + i), "first " + i);
        }
    }

    /** What a night brings: changes, new names, a deletion. */
    static void change(Path tree, int night) throws IOException {
        for (int i = 0; i < FILES; i += 4) {
            Files.writeString(tree.resolve("sub/" + i), "changed in night " + night);
            Files.writeString(tree.resolve("new-" + night + "-" + i), "new");
        }
        Files.delete(tree.resolve("sub/" + (4 * night + 1)));
    }

    /**
     * Has a round that reads the tree take a minute, until the pace is removed: a large file, and a
     * pause behind each of its megabytes.
     *
     * @param pace the throttle file of the set
     */
    static void slow(Path tree, Path pace) throws IOException {
        Files.writeString(pace, "pause_ms = 1000\nreason = \"a test\"\n");
        Shell.run(
                "head -c " + MEGABYTES + "M /dev/urandom > " + Shell.quote(tree.resolve("large")));
    }

    static void eventually(String what, Callable<Boolean> there) throws Exception {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_S);
        while (!there.call()) {
            assertThat(System.nanoTime()).as(what).isLessThan(until);
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    /** The FD's backends, and what they started. */
    List<ProcessHandle> processes() throws IOException {
        return rig.fd().descendants().toList();
    }

    /**
     * Checks that the FD is up, and that nothing is left of its backends: nor a round's process,
     * which would be an orphan when its backend has died.
     */
    void isIdle() throws Exception {
        ProcessHandle fd = rig.fd();
        eventually("no backend", () -> fd.children().findAny().isEmpty());
        eventually("no round", () -> ProcessHandle.allProcesses().noneMatch(this::isOurRound));
    }

    private boolean isOurRound(ProcessHandle process) {
        Path files = Path.of("/proc", Long.toString(process.pid()));
        try {
            return text(files.resolve("cmdline")).contains("\0fd-round\0")
                    && text(files.resolve("environ")).contains("SLUICE_STATE_DIR=" + state + "\0");
        } catch (IOException e) {
            // It has just ended, or is somebody else's.
            return false;
        }
    }

    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        rig.close();
    }
}
