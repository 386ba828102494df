package io.sluice.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.bacula.config.Keys;
import io.sluice.bacula.config.Settings;
import io.sluice.bacula.config.ShardForm;
import io.sluice.bacula.config.Site;
import io.sluice.bacula.director.Doctor;
import io.sluice.bacula.director.Finding;
import io.sluice.bacula.director.Finding.Level;
import io.sluice.pipeline.options.RawArguments;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice doctor}. */
@Command(
        name = "doctor",
        description = "Looks for what is in the way of a backup.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true)
final class DoctorCommand implements Runnable {
    private static final Path DEFAULTS = Path.of("/etc/bacula");
    private static final String DEFAULT_BACKEND = "/opt/sluice/sluice";
    private static final String DEFAULT_PROGRAM = "/usr/sbin/bacula-fd";

    @Spec private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "what should be looked at? 'sluice doctor bacula'");
    }

    @Command(
            name = "bacula",
            description =
                    "Checks the configuration of Bacula's daemons for jobs with Sluice's plugin. Ends with 1 when a check fails.",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    int bacula(
            @Option(
                            names = "--director-conf",
                            paramLabel = "FILE",
                            description =
                                    "The Director's configuration; may be repeated (default: /etc/bacula/bacula-dir.conf).")
                    List<String> director,
            @Option(
                            names = "--sd-conf",
                            paramLabel = "FILE",
                            description =
                                    "The Storage Daemon's (default: /etc/bacula/bacula-sd.conf).")
                    List<String> storage,
            @Option(
                            names = "--fd-conf",
                            paramLabel = "FILE",
                            description =
                                    "The File Daemon's (default: /etc/bacula/bacula-fd.conf).")
                    List<String> file,
            @Option(names = "--set", paramLabel = "NAME", description = "Check this set only.")
                    String set,
            @Option(
                            names = "--shards",
                            paramLabel = "N",
                            description =
                                    "Jobs that must run at once (default: those of the largest set).")
                    Integer shards,
            @Option(
                            names = "--names",
                            paramLabel = "N",
                            description =
                                    "Names in each set (default: what this host knows of its last round).")
                    Long names,
            @Option(
                            names = "--backend",
                            paramLabel = "FILE",
                            description =
                                    "What the plugin starts (default: SLUICE_BACKEND in the environment, else /opt/sluice/sluice).")
                    String backend,
            @Option(
                            names = "--bacula-fd",
                            paramLabel = "FILE",
                            defaultValue = DEFAULT_PROGRAM,
                            description = "The File Daemon's program (default: ${DEFAULT-VALUE}).")
                    String program,
            @Option(names = "--json", description = "Print a JSON array.") boolean json)
            throws IOException {
        if (shards != null && (shards < 1 || shards > ShardForm.MAX_SHARDS)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--shards must be 1 to " + ShardForm.MAX_SHARDS + ", not " + shards);
        }
        Settings site = Settings.of(Site.read());
        String started = backend == null ? System.getenv("SLUICE_BACKEND") : backend;
        List<Finding> findings =
                Doctor.look(
                        new Doctor.Request(
                                files(director, "bacula-dir.conf"),
                                files(storage, "bacula-sd.conf"),
                                files(file, "bacula-fd.conf"),
                                set,
                                shards == null ? 0 : shards,
                                each -> names == null ? known(site, each) : OptionalLong.of(names),
                                RawArguments.path(started == null ? DEFAULT_BACKEND : started),
                                RawArguments.path(program)));
        if (json) {
            SluiceCommand.OUT.println(
                    ReportText.json(findings.stream().map(DoctorCommand::fields).toList()));
        } else {
            findings.forEach(DoctorCommand::print);
        }
        return findings.stream().anyMatch(finding -> finding.level() == Level.FAIL)
                ? ExitCode.FAILED
                : ExitCode.OK;
    }

    /** What was named, or the file where Debian's packages have it, if it is there. */
    private static List<Path> files(List<String> named, String otherwise) {
        if (named != null) {
            return named.stream().map(RawArguments::path).toList();
        }
        Path file = DEFAULTS.resolve(otherwise);
        return Files.exists(file) ? List.of(file) : List.of();
    }

    /** Names in the set's index, as the chain file of its rounds on this host says. */
    private static OptionalLong known(Settings site, String set) {
        byte[] shared = site.get(Keys.SHARED_DIR);
        byte[] state = shared == null ? site.get(Keys.STATE_DIR) : shared;
        Path chain =
                Path.of(new String(state, StandardCharsets.UTF_8))
                        .resolve("sets")
                        .resolve(set)
                        .resolve("chain/state/chain.json");
        long known = -1;
        try {
            for (JsonNode round : new ObjectMapper().readTree(chain.toFile()).path("rounds")) {
                known = round.path("known").asLong(known);
            }
        } catch (IOException e) {
            return OptionalLong.empty();
        }
        return known < 0 ? OptionalLong.empty() : OptionalLong.of(known);
    }

    private static void print(Finding finding) {
        SluiceCommand.OUT.printf(
                Locale.ROOT,
                "%-4s %-11s %s%s%n",
                finding.level(),
                finding.check(),
                finding.text(),
                finding.mend().isEmpty() ? "" : "; " + finding.mend());
    }

    private static Map<String, Object> fields(Finding finding) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("level", finding.level().name());
        fields.put("check", finding.check());
        fields.put("text", finding.text());
        fields.put("mend", finding.mend());
        return fields;
    }
}
