package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.FallbackKey;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.configuration.MetricOptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The settings in flink-conf, as the Flink that they are for understands them. */
class FlinkConfITCase {
    private static final Path ROOT = Path.of(System.getProperty("sluice.root"));
    private static final Path LIBRARIES = ROOT.resolve("docker/target/flink/lib");
    private static final Pattern REPORTER = Pattern.compile("metrics\\.reporter\\.(\\w+)\\.(.*)");

    private static final Map<String, ConfigOption<?>> OPTIONS = new TreeMap<>();

    @TempDir Path directory;

    /** All that Flink's own classes declare. */
    @BeforeAll
    static void collectOptions() throws Exception {
        List<Path> jars;
        try (Stream<Path> files = Files.list(LIBRARIES)) {
            jars =
                    files.filter(file -> file.getFileName().toString().startsWith("flink-"))
                            .toList();
        }
        List<URL> urls = new ArrayList<>();
        for (Path jar : jars) {
            urls.add(jar.toUri().toURL());
        }
        try (URLClassLoader flink =
                new URLClassLoader(
                        urls.toArray(new URL[0]), FlinkConfITCase.class.getClassLoader())) {
            for (Path jar : jars) {
                try (JarFile file = new JarFile(jar.toFile())) {
                    List<String> classes =
                            file.stream()
                                    .map(entry -> entry.getName())
                                    .filter(
                                            name ->
                                                    name.matches(
                                                            "org/apache/flink/(?!shaded).*Options\\.class"))
                                    .toList();
                    for (String name : classes) {
                        collect(flink.loadClass(name.replace(".class", "").replace('/', '.')));
                    }
                }
            }
        }
        assertThat(OPTIONS).hasSizeGreaterThan(300);
    }

    private static void collect(Class<?> options) throws ReflectiveOperationException {
        for (Field field : options.getDeclaredFields()) {
            if (Modifier.isPublic(field.getModifiers())
                    && Modifier.isStatic(field.getModifiers())
                    && Modifier.isPublic(options.getModifiers())
                    && field.getType() == ConfigOption.class) {
                ConfigOption<?> option = (ConfigOption<?>) field.get(null);
                OPTIONS.put(option.key(), option);
                for (FallbackKey old : option.fallbackKeys()) {
                    OPTIONS.putIfAbsent(old.getKey(), option);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"dev", "session", "application"})
    void everyKeyIsAnOptionAndItsValueIsOneOfIt(String use) {
        Configuration configuration =
                GlobalConfiguration.loadConfiguration(ROOT.resolve("flink-conf/" + use).toString());
        assertThat(configuration.keySet()).hasSizeGreaterThan(30);
        for (String key : configuration.keySet()) {
            Matcher reporter = REPORTER.matcher(key);
            if (reporter.matches()) {
                String inner = reporter.group(2);
                boolean known =
                        inner.equals("port")
                                || MetricOptions.forReporter(configuration, reporter.group(1))
                                        .containsKey(inner);
                assertThat(known).as(key).isTrue();
            } else {
                assertThat(OPTIONS).containsKey(key);
                // Deprecated names are for files of others.
                assertThat(OPTIONS.get(key).key()).isEqualTo(key);
                assertThat(configuration.getOptional(OPTIONS.get(key))).as(key).isPresent();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"dev", "session", "application"})
    void memoryAddsUpAndTheJvmIsTheProjects(String use) throws Exception {
        FlinkSettings settings = FlinkSettings.of(use, Map.of(), directory);
        assertThat(settings.jobManagerSizes()).anyMatch(flag -> flag.startsWith("-Xmx"));
        assertThat(settings.taskManagerSizes())
                .anyMatch(flag -> flag.startsWith("-XX:MaxDirectMemorySize="));
        String pom = Files.readString(ROOT.resolve("pom.xml"));
        String flags =
                pom.substring(
                        pom.indexOf("<flink.jvm.flags>") + "<flink.jvm.flags>".length(),
                        pom.indexOf("</flink.jvm.flags>"));
        assertThat(settings.jvmFlags()).containsAll(List.of(flags.strip().split("\\s+", -1)));
    }
}
