package io.sluice.cli;

import io.sluice.common.SluiceException;
import io.sluice.common.posix.Posix;
import io.sluice.common.text.Text;
import io.sluice.pipeline.options.RawArguments;
import io.sluice.ptcomm.archive.ArchiveLockedException;
import io.sluice.ptcomm.archive.Damage;
import io.sluice.restore.TargetLockedException;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code sluice} command. */
@Command(
        name = "sluice",
        description = "Backs up directory trees in parallel, and restores them.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        subcommands = {
            BackupCommand.class,
            RestoreCommand.class,
            VerifyCommand.class,
            ListCommand.class,
            DiffCommand.class,
            HistoryCommand.class,
            PruneCommand.class,
            InspectCommand.class,
            FdBridgeCommand.class
        })
public final class SluiceCommand implements Runnable {
    @Spec private CommandSpec spec;

    /** Output is UTF-8 whatever the locale: names are escaped, so nothing else can come of it. */
    static final PrintStream OUT;

    static final PrintStream ERR = utf8(new FileOutputStream(FileDescriptor.err));

    private static final CheckedOutput WRITTEN = new CheckedOutput(FileDescriptor.out);

    static {
        OUT = utf8(WRITTEN);
    }

    private static PrintStream utf8(OutputStream stream) {
        return new PrintStream(stream, true, StandardCharsets.UTF_8);
    }

    /** For much output; to be closed, which leaves stdout open. */
    static PrintStream bufferedOut() {
        return new PrintStream(
                new BufferedOutputStream(OUT, 64 * 1024) {
                    @Override
                    public void close() throws IOException {
                        flush();
                    }
                },
                false,
                StandardCharsets.UTF_8);
    }

    static void warnOf(Damage damage) {
        ERR.println(
                "sluice: segment "
                        + damage.segment()
                        + " of round "
                        + damage.round()
                        + " is damaged: "
                        + damage.detail()
                        + (damage.unseenEntries() > 0
                                ? "; "
                                        + ReportText.number(damage.unseenEntries())
                                        + " of its entries are lost"
                                : "")
                        + "; restore the file from a copy");
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "what should be done? Name a command");
    }

    public static void main(String[] arguments) throws Exception {
        // Logging must also start while the process is being interrupted; it has nothing to do at
        // the end.
        System.setProperty("log4j.shutdownHookEnabled", "false");
        // JNA asks ldconfig when it loads the first library, and swallows an interrupt that comes
        // then.
        Posix.effectiveUser();
        int code = commandLine().execute(RawArguments.read(arguments));
        OUT.flush();
        if (WRITTEN.failure() != null) {
            ERR.println("sluice: standard output could not be written: " + WRITTEN.failure());
            code = code == ExitCode.OK ? ExitCode.PARTIAL : code;
        }
        Interruption.through();
        System.exit(code);
    }

    static CommandLine commandLine() {
        CommandLine line = new CommandLine(new SluiceCommand());
        line.setOut(new PrintWriter(OUT, true, StandardCharsets.UTF_8));
        line.setErr(new PrintWriter(ERR, true, StandardCharsets.UTF_8));
        // A name may begin with an at sign.
        line.setExpandAtFiles(false);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setParameterExceptionHandler(SluiceCommand::badUsage);
        line.setExecutionExceptionHandler((e, command, parsed) -> failed(e));
        return line;
    }

    /**
     * Arguments stand in picocli's messages one character a byte; they are shown as what they are.
     */
    private static int badUsage(ParameterException e, String[] arguments) {
        String message = Text.escape(RawArguments.bytes(String.valueOf(e.getMessage())));
        ERR.println("sluice: " + message);
        ERR.println(
                "sluice: see '" + e.getCommandLine().getCommandSpec().qualifiedName() + " --help'");
        return ExitCode.USAGE;
    }

    private static int failed(Exception e) {
        ERR.println("sluice: " + message(e));
        if (System.getenv("SLUICE_DEBUG") != null) {
            e.printStackTrace(ERR);
        }
        boolean locked = e instanceof ArchiveLockedException || e instanceof TargetLockedException;
        return locked ? ExitCode.LOCKED : ExitCode.FAILED;
    }

    private static String message(Exception e) {
        if (e instanceof SluiceException) {
            return e.getMessage();
        }
        return "unexpected failure: "
                + e
                + "; run again with SLUICE_DEBUG=1 in the environment to see where";
    }
}
