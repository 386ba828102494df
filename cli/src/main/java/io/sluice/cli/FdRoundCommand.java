package io.sluice.cli;

import io.sluice.bacula.set.RoundMain;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code sluice fd-round}: what the leading {@code fd-backend} starts, and nobody else. */
@Command(
        name = "fd-round",
        hidden = true,
        description = "Runs one round for 'sluice fd-backend', which says what to do.",
        mixinStandardHelpOptions = true)
final class FdRoundCommand implements Callable<Integer> {
    @Override
    public Integer call() throws Exception {
        // What else is printed must not come into the one line that is read.
        PrintStream out = System.out;
        System.setOut(new PrintStream(System.err, true, StandardCharsets.UTF_8));
        RoundMain.run(System.in, out);
        return ExitCode.OK;
    }
}
