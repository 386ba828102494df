package io.sluice.e2e;

import io.sluice.common.posix.Posix;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A call of the launcher script as a process of its own. Arguments are bytes: a string stands for
 * its UTF-8 bytes. A shell passes them on, since Java encodes arguments by the locale.
 *
 * <p>The child takes SIGINT also where this JVM ignores it, as a shell's background jobs do.
 */
final class Sluice {
    private static final Path ROOT = Path.of(System.getProperty("sluice.root"));
    private static final String NOBODY = "65534";
    private static final boolean RESETS_SIGNALS = Shell.succeeds("env --default-signal=INT true");

    /**
     * Hundreds of runs of a few seconds: the optimising compiler would take a third of their time.
     */
    private static final String QUICK = "-XX:TieredStopAtLevel=1";

    private static Path installation;

    private final List<String> words = new ArrayList<>();
    private final List<String> prefix = new ArrayList<>();
    private final Map<String, String> environment = new LinkedHashMap<>();
    private String umask = "0022";
    private Path home = ROOT;

    private Sluice() {}

    /**
     * @param arguments byte arrays, or what is turned into text
     */
    static Sluice command(Object... arguments) {
        Sluice sluice = new Sluice();
        sluice.environment.put("SLUICE_JAVA_OPTS", QUICK);
        for (Object argument : arguments) {
            sluice.words.add(Shell.quote(argument));
        }
        return sluice;
    }

    /** What {@code fd-backend} is started by. */
    static Path executable() {
        return ROOT.resolve("sluice");
    }

    /** Runs it to its end. */
    static Result run(Object... arguments) throws IOException {
        return command(arguments).run();
    }

    Sluice with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    /** With the optimising compiler, as users run it. */
    Sluice asShipped() {
        return with("SLUICE_JAVA_OPTS", "");
    }

    Sluice umask(String octal) {
        umask = octal;
        return this;
    }

    /** Runs it by another command, which gets it as its last arguments. */
    Sluice by(String... command) {
        for (String word : command) {
            prefix.add(Shell.quote(word));
        }
        return this;
    }

    /**
     * Runs it as a user whom permissions bind. The tree's own build may lie where that user cannot
     * go, so a copy is used.
     */
    Sluice asOrdinaryUser() throws IOException {
        if (Posix.effectiveUser() != 0) {
            return this;
        }
        home = installation();
        return by("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups");
    }

    /** Why {@link #asOrdinaryUser} cannot be had, or null. */
    static String noOrdinaryUser() {
        if (Posix.effectiveUser() != 0) {
            return null;
        }
        String tried = "setpriv --reuid=" + NOBODY + " --regid=" + NOBODY + " --clear-groups -- ";
        return Shell.succeeds(tried + "\"${JAVA_HOME:+$JAVA_HOME/bin/}java\" -version")
                ? null
                : "setpriv is missing, or java cannot be run by user " + NOBODY;
    }

    private static synchronized Path installation() throws IOException {
        if (installation == null) {
            Path copy = Files.createTempDirectory("sluice-installation-");
            Shell.run(
                    "mkdir -p "
                            + Shell.quote(copy + "/cli/target")
                            + " && cd "
                            + Shell.quote(ROOT)
                            + " && cp sluice "
                            + Shell.quote(copy)
                            + " && cp -r cli/target/lib cli/target/sluice-cli.jar "
                            + Shell.quote(copy + "/cli/target")
                            + " && chmod -R a+rX "
                            + Shell.quote(copy));
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(copy)));
            installation = copy;
        }
        return installation;
    }

    private static void delete(Path tree) {
        try (Stream<Path> files = Files.walk(tree)) {
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    Result run() throws IOException {
        try (RunningSluice running = start()) {
            return running.result();
        }
    }

    RunningSluice start() throws IOException {
        String call = Shell.quote(home + "/sluice") + " " + String.join(" ", words);
        String resetting = RESETS_SIGNALS ? "env --default-signal=INT " : "";
        String before = String.join(" ", prefix) + (prefix.isEmpty() ? "" : " ");
        List<String> bash =
                List.of("bash", "-c", "umask " + umask + "; exec " + resetting + before + call);
        Path out = Files.createTempFile("sluice-out-", ".txt");
        Path error = Files.createTempFile("sluice-error-", ".txt");
        ProcessBuilder builder =
                new ProcessBuilder(bash)
                        .redirectInput(Path.of("/dev/null").toFile())
                        .redirectOutput(out.toFile())
                        .redirectError(error.toFile());
        builder.environment().putAll(environment);
        return new RunningSluice("sluice " + String.join(" ", words), builder.start(), out, error);
    }

    /** The UTF-8 bytes of a text. */
    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
