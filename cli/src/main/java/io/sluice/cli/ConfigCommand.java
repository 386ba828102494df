package io.sluice.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.sluice.bacula.config.PluginLine;
import io.sluice.bacula.config.Resolved;
import io.sluice.bacula.config.Settings;
import io.sluice.bacula.config.Site;
import io.sluice.pipeline.options.RawArguments;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice config}. */
@Command(
        name = "config",
        description = "Tells what Bacula's jobs on this host are configured to do.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true)
final class ConfigCommand implements Runnable {
    private static final String PREFIX = "sluice:";

    @Spec private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "what should be done? 'sluice config show' shows all values");
    }

    @Command(
            name = "show",
            description =
                    "Prints each value and where it came from: Plugin line, environment, file or default.",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    int show(
            @Option(
                            names = "--line",
                            paramLabel = "LINE",
                            description =
                                    "What a job would make of this Plugin line, which is checked as a job checks it.")
                    String line,
            @Option(names = "--json", description = "Print a JSON array.") boolean json)
            throws JsonProcessingException {
        Settings settings =
                line == null ? Settings.of(Site.read()) : Settings.of(pairs(line), Site.read());
        if (json) {
            SluiceCommand.OUT.println(
                    ReportText.json(settings.all().stream().map(ConfigCommand::fields).toList()));
        } else {
            settings.all().forEach(ConfigCommand::print);
        }
        return ExitCode.OK;
    }

    private static PluginLine pairs(String line) {
        String pairs = line.startsWith(PREFIX) ? line.substring(PREFIX.length()) : line;
        return PluginLine.parse(RawArguments.bytes(pairs));
    }

    private static <T> void print(Resolved<T> value) {
        List<String> lines = value.shown().isEmpty() ? List.of("-") : value.shown();
        for (String line : lines) {
            SluiceCommand.OUT.printf(
                    Locale.ROOT, "%-20s %-32s %s%n", value.key(), line, value.origin());
        }
    }

    private static <T> Map<String, Object> fields(Resolved<T> value) {
        Map<String, Object> fields = new LinkedHashMap<>();
        List<String> shown = value.shown();
        fields.put("key", value.key().name());
        if (value.key().isList()) {
            fields.put("value", new ArrayList<>(shown));
        } else {
            fields.put("value", shown.isEmpty() ? null : shown.get(0));
        }
        fields.put("source", value.place().text());
        fields.put("origin", value.origin());
        fields.put("default", value.key().defaultText());
        fields.put("valid", value.key().valid());
        fields.put("description", value.key().description());
        return fields;
    }
}
