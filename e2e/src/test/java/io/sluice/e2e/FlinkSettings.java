package io.sluice.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessUtils;
import org.apache.flink.runtime.jobmanager.JobManagerProcessUtils;
import org.apache.flink.runtime.util.config.memory.ProcessMemoryUtils;

/** A {@code config.yaml} of the tree, with what a test says otherwise, and what follows from it. */
final class FlinkSettings {
    private static final Path ROOT = Path.of(System.getProperty("sluice.root"));

    private final Configuration configuration;
    private final Path directory;

    private FlinkSettings(Configuration configuration, Path directory) {
        this.configuration = configuration;
        this.directory = directory;
    }

    /**
     * @param use folder of flink-conf
     * @param directory to write the result to; made
     */
    static FlinkSettings of(String use, Map<String, String> otherwise, Path directory)
            throws IOException {
        Configuration configuration =
                GlobalConfiguration.loadConfiguration(ROOT.resolve("flink-conf/" + use).toString());
        otherwise.forEach(configuration::setString);
        Files.createDirectories(directory);
        List<String> lines = new ArrayList<>();
        new TreeMap<>(configuration.toMap())
                .forEach((key, value) -> lines.add(key + ": '" + value.replace("'", "''") + "'"));
        Files.write(directory.resolve("config.yaml"), lines);
        return new FlinkSettings(configuration, directory);
    }

    /** Where config.yaml is. */
    Path directory() {
        return directory;
    }

    String get(String key) {
        return configuration.toMap().get(key);
    }

    /** Of every process. */
    List<String> jvmFlags() {
        return words(configuration.get(CoreOptions.FLINK_JVM_OPTIONS));
    }

    /** As Flink's scripts work them out. */
    List<String> jobManagerSizes() {
        return words(
                JobManagerProcessUtils.generateJvmParametersStr(
                        JobManagerProcessUtils.processSpecFromConfig(configuration),
                        configuration));
    }

    List<String> taskManagerSizes() {
        return words(
                ProcessMemoryUtils.generateJvmParametersStr(
                        TaskExecutorProcessUtils.processSpecFromConfig(configuration)));
    }

    /** The {@code -D} arguments that a TaskManager insists on. */
    List<String> taskManagerArguments() {
        return words(
                TaskExecutorProcessUtils.generateDynamicConfigsStr(
                        TaskExecutorProcessUtils.processSpecFromConfig(configuration)));
    }

    private static List<String> words(String line) {
        return List.of(line.strip().split("\\s+", -1));
    }
}
