package io.sluice.cli;

import io.sluice.common.SluiceException;
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
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
        versionProvider = Version.class)
public final class SluiceCommand implements Runnable {
    @Spec private CommandSpec spec;

    /** Output is UTF-8 whatever the locale: names are escaped, so nothing else can come of it. */
    static final PrintStream OUT;

    static final PrintStream ERR = utf8(new FileOutputStream(FileDescriptor.err));

    private static final CheckedOutput WRITTEN = new CheckedOutput(FileDescriptor.out);

    static {
        OUT = utf8(WRITTEN);
    }

    /** By name, in the order of the help. */
    static final Map<String, Class<?>> COMMANDS = new LinkedHashMap<>();

    static {
        COMMANDS.put("backup", BackupCommand.class);
        COMMANDS.put("restore", RestoreCommand.class);
        COMMANDS.put("verify", VerifyCommand.class);
        COMMANDS.put("list", ListCommand.class);
        COMMANDS.put("diff", DiffCommand.class);
        COMMANDS.put("history", HistoryCommand.class);
        COMMANDS.put("prune", PruneCommand.class);
        COMMANDS.put("inspect", InspectCommand.class);
        COMMANDS.put("fd-bridge", FdBridgeCommand.class);
        COMMANDS.put("fd-backend", FdBackendCommand.class);
        COMMANDS.put("fd-round", FdRoundCommand.class);
        COMMANDS.put("set", SetCommand.class);
        COMMANDS.put("status", StatusCommand.class);
        COMMANDS.put("restore-plan", RestorePlanCommand.class);
        COMMANDS.put("config", ConfigCommand.class);
        COMMANDS.put("gen-fileset", GenFilesetCommand.class);
        COMMANDS.put("doctor", DoctorCommand.class);
        COMMANDS.put("lustre", LustreCommand.class);
        COMMANDS.put("shard-probe", ShardProbeCommand.class);
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
        int code = wantsVersion(arguments) ? version() : execute(arguments);
        OUT.flush();
        if (WRITTEN.failure() != null) {
            ERR.println("sluice: standard output could not be written: " + WRITTEN.failure());
            code = code == ExitCode.OK ? ExitCode.PARTIAL : code;
        }
        Interruption.through();
        System.exit(code);
    }

    /** Nothing of the options, and no native library, is needed to tell it. */
    static boolean wantsVersion(String... arguments) {
        return arguments.length == 1
                && (arguments[0].equals("--version") || arguments[0].equals("-V"));
    }

    private static int version() {
        OUT.println(Version.text());
        return ExitCode.OK;
    }

    private static int execute(String... arguments) throws Exception {
        Preparation preparation = Preparation.begin(arguments);
        String[] read = RawArguments.read(arguments);
        CommandLine line = commandLine(read);
        preparation.await();
        try {
            return line.execute(read);
        } finally {
            preparation.end();
        }
    }

    /**
     * The command that the first argument names, and no other: to read the options of all is most
     * of the time that a short command takes. All of them where it names none.
     */
    static CommandLine commandLine(String... arguments) {
        CommandLine line = new CommandLine(new SluiceCommand());
        Class<?> named = arguments.length == 0 ? null : COMMANDS.get(arguments[0]);
        Collection<Class<?>> wanted = named == null ? COMMANDS.values() : List.of(named);
        wanted.forEach(line::addSubcommand);
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
