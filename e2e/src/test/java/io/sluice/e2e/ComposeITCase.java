package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * docker/ without Docker: what its files say is checked against each other, and what its containers
 * would run is run as processes, as the entry point of Flink's image does.
 */
class ComposeITCase {
    private static final Path DOCKER = Path.of(System.getProperty("sluice.root"), "docker");
    private static final Pattern METRIC = Pattern.compile("flink_[A-Za-z_]+");

    /** There only when something fails. */
    private static final Set<String> OF_FAILURES =
            Set.of(
                    "flink_taskmanager_job_task_operator_sluice_kind_errors",
                    "flink_taskmanager_job_task_operator_sluice_kind_scan_errors");

    @RegisterExtension final Workspace workspace = new Workspace();

    private Map<String, Map<String, Object>> services;

    @BeforeEach
    void readCompose() throws IOException {
        services = cast(cast(yaml("compose.yaml")).get("services"));
    }

    private static Object yaml(String file) throws IOException {
        return new Yaml(new SafeConstructor(new LoaderOptions()))
                .load(Files.readString(DOCKER.resolve(file)));
    }

    @SuppressWarnings("unchecked")
    private static <V> Map<String, V> cast(Object map) {
        return (Map<String, V>) map;
    }

    private static List<?> list(Object list) {
        return (List<?>) list;
    }

    @Test
    void imageIsMadeOfWhatTheBuildLeaves() throws IOException {
        Map<String, Object> build = cast(services.get("jobmanager").get("build"));
        Path context = DOCKER.resolve((String) build.get("context"));
        assertThat(context.resolve((String) build.get("dockerfile")).normalize())
                .isEqualTo(DOCKER.resolve("Dockerfile"));
        int copied = 0;
        for (String line : Files.readAllLines(DOCKER.resolve("Dockerfile"))) {
            if (line.startsWith("FROM")) {
                assertThat(line)
                        .isEqualTo("FROM flink:" + EnvironmentInformation.getVersion() + "-java17");
            } else if (line.startsWith("COPY")) {
                String[] words = line.split(" ", -1);
                assertThat(context.resolve(words[2])).exists();
                assertThat(words[3]).startsWith("/opt/flink/");
                copied++;
            } else {
                assertThat(line).matches("(#.*)?");
            }
        }
        assertThat(copied).isEqualTo(3);
        assertThat(context.resolve("lib").toFile().list())
                .hasSize(3)
                .contains("sluice-libc.jar")
                .anyMatch(jar -> jar.startsWith("jna-"))
                .anyMatch(jar -> jar.startsWith("zstd-jni-"));
    }

    @Test
    void portsAreForThisHostOnlyAndMountsTheSameEverywhere() throws IOException {
        List<String> published = new ArrayList<>();
        for (Map<String, Object> service : services.values()) {
            if (service.containsKey("ports")) {
                list(service.get("ports")).forEach(port -> published.add((String) port));
            }
        }
        assertThat(published).hasSize(3).allMatch(port -> port.startsWith("127.0.0.1:"));
        assertThat(services.get("jobmanager").get("volumes"))
                .isEqualTo(services.get("taskmanager").get("volumes"))
                .asString()
                .contains(":/source:ro")
                .contains(":/archives");
        for (String service : List.of("prometheus", "grafana")) {
            for (Object volume : list(services.get(service).get("volumes"))) {
                String file = ((String) volume).split(":", -1)[0];
                assertThat(DOCKER.resolve(file)).exists();
            }
        }
    }

    @Test
    void roundRunsOnWhatTheContainersRunAndItsMetricsAreOnTheDashboard() throws Exception {
        workspace.source();
        workspace.backup("--allow-empty").succeeds();
        SlowSource.fill(workspace.sourcePath(), SlowSource.random("ComposeITCase"));
        Map<String, String> settings = new HashMap<>(properties("jobmanager"));
        assertThat(properties("taskmanager")).isEqualTo(settings);
        assertThat(services.get("jobmanager").get("command")).isEqualTo("jobmanager");
        assertThat(services.get("taskmanager").get("command")).isEqualTo("taskmanager");
        Map<String, Object> deploy = cast(services.get("taskmanager").get("deploy"));

        int port = Ports.freeRange(51);
        settings.put("metrics.reporter.prom.port", port + "-" + (port + 50));
        settings.put("rest.bind-address", "127.0.0.1");
        // Half a minute for a round, on few cores.
        settings.put("taskmanager.memory.process.size", "1500m");
        settings.put("taskmanager.memory.task.off-heap.size", "256m");
        try (FlinkCluster cluster =
                FlinkCluster.start(
                        "ComposeITCase",
                        "session",
                        settings,
                        List.of("-Djdk.net.hosts.file=" + hosts()),
                        (Integer) deploy.get("replicas"))) {
            assertThat(list(services.get("jobmanager").get("ports")))
                    .singleElement()
                    .asString()
                    .endsWith(":8081");
            Set<String> seen = new TreeSet<>();
            try (RunningSluice run =
                    cluster.run(
                            List.of(),
                            "--workers",
                            "1",
                            "--path",
                            workspace.sourcePath(),
                            "--to",
                            workspace.archive())) {
                run.await("the round's first bytes", () -> workspace.writes(2));
                while (run.isAlive()) {
                    seen.addAll(metrics(port));
                    Thread.sleep(200);
                }
                run.result().succeeds();
            }
            workspace.verify("--against", workspace.sourcePath()).succeeds();
            Set<String> shown = dashboard();
            assertThat(shown).hasSizeGreaterThan(8);
            shown.removeAll(OF_FAILURES);
            assertThat(seen).containsAll(shown);
        }
    }

    /** The environment variable that the image's entry point adds to config.yaml. */
    private Map<String, String> properties(String service) {
        Map<String, Object> environment = cast(services.get(service).get("environment"));
        Map<String, String> properties = new HashMap<>();
        for (String line : ((String) environment.get("FLINK_PROPERTIES")).lines().toList()) {
            String[] halves = line.split(": ", 2);
            properties.put(halves[0], halves[1]);
        }
        return properties;
    }

    /** The containers' names, all on the loopback. */
    private Path hosts() throws IOException {
        StringBuilder lines = new StringBuilder("127.0.0.1 localhost\n");
        services.keySet().forEach(name -> lines.append("127.0.0.1 ").append(name).append('\n'));
        lines.append("127.0.0.1 ").append(InetAddress.getLocalHost().getHostName()).append('\n');
        return Files.writeString(workspace.base().resolve("hosts"), lines.toString());
    }

    /** The names that the processes' Prometheus endpoints give now. */
    private static Set<String> metrics(int firstPort) throws Exception {
        Set<String> names = new TreeSet<>();
        HttpClient http = HttpClient.newHttpClient();
        for (int port = firstPort; port < firstPort + 4; port++) {
            HttpRequest request =
                    HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/metrics"))
                            .timeout(Duration.ofSeconds(10))
                            .build();
            try {
                String text = http.send(request, HttpResponse.BodyHandlers.ofString()).body();
                Matcher name = METRIC.matcher(text);
                while (name.find()) {
                    names.add(name.group());
                }
            } catch (IOException e) {
                // No process has that port.
                continue;
            }
        }
        return names;
    }

    private static Set<String> dashboard() throws IOException {
        JsonNode dashboard =
                new ObjectMapper()
                        .readTree(DOCKER.resolve("grafana/dashboards/sluice.json").toFile());
        Set<String> metrics = new TreeSet<>();
        for (JsonNode expression : dashboard.findValues("expr")) {
            Matcher name = METRIC.matcher(expression.textValue());
            assertThat(name.find()).as(expression.textValue()).isTrue();
            metrics.add(name.group());
        }
        return metrics;
    }

    @Test
    void prometheusAsksTheProcessesAndGrafanaPrometheus() throws IOException {
        Map<String, Object> prometheus = cast(yaml("prometheus/prometheus.yml"));
        Map<String, Object> job = cast(list(prometheus.get("scrape_configs")).get(0));
        Map<String, Object> found = cast(list(job.get("dns_sd_configs")).get(0));
        assertThat(list(found.get("names")))
                .allSatisfy(name -> assertThat(services).containsKey((String) name));
        assertThat(
                        FlinkSettings.of("session", Map.of(), workspace.base().resolve("conf"))
                                .get("metrics.reporter.prom.port"))
                .isEqualTo(found.get("port").toString());
        Map<String, Object> sources =
                cast(yaml("grafana/provisioning/datasources/prometheus.yaml"));
        Map<String, Object> source = cast(list(sources.get("datasources")).get(0));
        assertThat(source.get("url")).isEqualTo("http://prometheus:9090");
        Map<String, Object> boards = cast(yaml("grafana/provisioning/dashboards/sluice.yaml"));
        Map<String, Object> options =
                cast(
                        ComposeITCase.<Object>cast(list(boards.get("providers")).get(0))
                                .get("options"));
        assertThat(services.get("grafana").get("volumes").toString())
                .contains(":" + options.get("path") + ":ro");
        String dashboard = Files.readString(DOCKER.resolve("grafana/dashboards/sluice.json"));
        assertThat(dashboard).contains("\"uid\": \"" + source.get("uid") + "\"");
    }
}
