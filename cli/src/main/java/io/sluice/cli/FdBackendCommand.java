package io.sluice.cli;

import io.sluice.bacula.config.Site;
import io.sluice.bacula.job.Backend;
import io.sluice.common.posix.Posix;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import sun.misc.Signal;

/** {@code sluice fd-backend}. */
@Command(
        name = "fd-backend",
        description = {
            "The process behind a Plugin line of a Bacula job: started by the File Daemon's plugin, with which it"
                    + " speaks PTCOMM through standard input and output.",
            "Ends with 0, whatever becomes of the job: that stands in the job's log."
        },
        mixinStandardHelpOptions = true)
final class FdBackendCommand implements Callable<Integer> {
    /** Stock plugins cancel by SIGUSR1. */
    private static final List<String> SIGNALS = List.of("USR1", "TERM", "INT", "HUP");

    /** Set by the start script: its own path. */
    private static final String SCRIPT = "sluice.script";

    @Override
    public Integer call() throws Exception {
        FileInputStream in = new FileInputStream(FileDescriptor.in);
        FileOutputStream out = new FileOutputStream(FileDescriptor.out);
        // A stray byte would be taken for a frame.
        System.setOut(new PrintStream(System.err, true, StandardCharsets.UTF_8));
        Posix.umask(0077);
        Backend backend =
                new Backend(
                        in.getChannel(),
                        out.getChannel(),
                        Site::read,
                        List.of(System.getProperty(SCRIPT, "sluice"), "fd-round"));
        for (String name : SIGNALS) {
            Signal.handle(new Signal(name), signal -> backend.cancel("signal " + name));
        }
        backend.run();
        // Threads that wait for a dead FD must not hold the process.
        Runtime.getRuntime().halt(ExitCode.OK);
        return ExitCode.OK;
    }
}
