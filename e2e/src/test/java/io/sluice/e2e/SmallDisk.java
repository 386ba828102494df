package io.sluice.e2e;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.common.posix.Posix;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A small tmpfs that only the commands run {@link #in} see: it is mounted in a mount namespace of
 * its own, which a waiting process keeps. Nothing of it outlives that process, however it ends.
 */
final class SmallDisk implements AutoCloseable {
    private final Process holder;
    private final Path mountPoint;

    private SmallDisk(Process holder, Path mountPoint) {
        this.holder = holder;
        this.mountPoint = mountPoint;
    }

    /** Mounts it, or skips the test where that is not allowed. */
    static SmallDisk mountedAt(Path mountPoint, int kibibytes) throws IOException {
        String mount =
                "mount -t tmpfs -o size="
                        + kibibytes
                        + "k,mode=0755 tmpfs "
                        + Shell.quote(mountPoint)
                        + " && echo mounted && exec cat";
        String user = Posix.effectiveUser() == 0 ? "" : "--map-root-user ";
        Process holder =
                new ProcessBuilder(
                                "bash",
                                "-c",
                                "exec unshare " + user + "--mount bash -c " + Shell.quote(mount))
                        .redirectErrorStream(true)
                        .start();
        BufferedReader said =
                new BufferedReader(
                        new InputStreamReader(holder.getInputStream(), StandardCharsets.UTF_8));
        String line = said.readLine();
        SmallDisk disk = new SmallDisk(holder, mountPoint);
        if (!"mounted".equals(line)) {
            disk.close();
            assumeTrue(false, "no tmpfs can be mounted in a namespace here: " + line);
        }
        return disk;
    }

    /** What lets a command see the disk, for root. */
    String words() {
        return "nsenter -t " + pid() + " --mount --";
    }

    /** Lets a command see the disk. */
    Sluice in(Sluice sluice) {
        return Posix.effectiveUser() == 0
                ? sluice.by("nsenter", "-t", pid(), "--mount", "--")
                : sluice.by(
                        "nsenter",
                        "-t",
                        pid(),
                        "--user",
                        "--preserve-credentials",
                        "--mount",
                        "--");
    }

    /** Runs a shell command there. */
    String shell(String command) throws IOException {
        String user = Posix.effectiveUser() == 0 ? "" : "--user --preserve-credentials ";
        return Shell.run(
                "nsenter -t " + pid() + " " + user + "--mount -- bash -c " + Shell.quote(command));
    }

    /** All names on the disk, one a line, relative to it. */
    String names() throws IOException {
        return shell("cd " + Shell.quote(mountPoint) + " && find . -mindepth 1 | sort");
    }

    private String pid() {
        return Long.toString(holder.pid());
    }

    @Override
    public void close() {
        holder.destroyForcibly();
        holder.onExit().join();
    }
}
