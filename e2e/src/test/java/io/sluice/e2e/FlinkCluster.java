package io.sluice.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A session cluster of separate processes on the loopback: a JobManager and TaskManagers.
 * Everything that the processes write lies below one directory, which goes with the cluster.
 */
final class FlinkCluster implements AutoCloseable {
    private static final Path ROOT = Path.of(System.getProperty("sluice.root"));
    private static final Path JAR = ROOT.resolve("docker/target/image/sluice-pipeline.jar");
    private static final String JOB_MANAGER =
            "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint";
    private static final String APPLICATION =
            "org.apache.flink.container.entrypoint.StandaloneApplicationClusterEntryPoint";
    private static final String TASK_MANAGER =
            "org.apache.flink.runtime.taskexecutor.TaskManagerRunner";
    private static final String CLIENT = "org.apache.flink.client.cli.CliFrontend";
    private static final long LIMIT_S = 120;
    private static final long POLL_MS = 50;

    private final HttpClient http = HttpClient.newHttpClient();
    private final String name;
    private final Path directory;
    private final FlinkSettings settings;
    private final List<String> flags;
    private final List<FlinkProcess> taskManagers = new ArrayList<>();
    private FlinkProcess jobManager;
    private int started;
    private int clients;

    private FlinkCluster(String name, Path directory, FlinkSettings settings, List<String> flags) {
        this.flags = flags;
        this.name = name;
        this.directory = directory;
        this.settings = settings;
    }

    /**
     * Starts a cluster with two TaskManagers by the settings of flink-conf/dev, and waits until all
     * of it is there.
     *
     * @param name of the folder for its logs
     */
    static FlinkCluster start(String name) throws Exception {
        return start(name, "dev", Map.of(), List.of(), 2);
    }

    /**
     * @param use folder of flink-conf
     * @param otherwise settings in place of that one's; free ports are added
     * @param flags more of them for each JVM
     */
    static FlinkCluster start(
            String name,
            String use,
            Map<String, String> otherwise,
            List<String> flags,
            int taskManagers)
            throws Exception {
        FlinkCluster cluster = make(name, use, otherwise, flags);
        boolean up = false;
        try {
            cluster.startJobManager();
            for (int i = 0; i < taskManagers; i++) {
                cluster.startTaskManager();
            }
            cluster.awaitTaskManagers(taskManagers);
            up = true;
            return cluster;
        } finally {
            if (!up) {
                cluster.close();
            }
        }
    }

    /**
     * Starts a cluster with one TaskManager for one round, as {@code standalone-job} does.
     *
     * @param otherwise settings in place of those of flink-conf/application
     * @param arguments of the round
     */
    static FlinkCluster startApplication(
            String name, Map<String, String> otherwise, List<String> arguments) throws IOException {
        FlinkCluster cluster = make(name, "application", otherwise, List.of());
        List<String> all = new ArrayList<>();
        all.add("--job-classname");
        all.add("io.sluice.pipeline.run.FlinkRun");
        all.addAll(arguments);
        cluster.jobManager =
                cluster.start("jobmanager", cluster.settings.jobManagerSizes(), APPLICATION, all);
        cluster.startTaskManager();
        return cluster;
    }

    private static FlinkCluster make(
            String name, String use, Map<String, String> otherwise, List<String> flags)
            throws IOException {
        Path directory = Files.createTempDirectory("sluice-flink-").toRealPath();
        Map<String, String> all = new HashMap<>(otherwise);
        String rest = Integer.toString(Ports.free());
        all.put("rest.port", rest);
        all.put("rest.bind-port", rest);
        all.put("jobmanager.rpc.port", Integer.toString(Ports.free()));
        FlinkSettings settings = FlinkSettings.of(use, all, directory.resolve("conf"));
        return new FlinkCluster(name, directory, settings, flags);
    }

    FlinkProcess startJobManager() throws IOException {
        jobManager = start("jobmanager", settings.jobManagerSizes(), JOB_MANAGER, List.of());
        return jobManager;
    }

    FlinkProcess startTaskManager() throws IOException {
        FlinkProcess process =
                start(
                        "taskmanager",
                        settings.taskManagerSizes(),
                        TASK_MANAGER,
                        settings.taskManagerArguments());
        taskManagers.add(process);
        return process;
    }

    private FlinkProcess start(String kind, List<String> sizes, String main, List<String> more)
            throws IOException {
        String process = kind + "-" + started++;
        List<String> arguments =
                new ArrayList<>(List.of("--configDir", settings.directory().toString()));
        arguments.addAll(List.of("-D", "io.tmp.dirs=" + directory.resolve(process + ".tmp")));
        arguments.addAll(more);
        return FlinkProcess.start(directory, process, jvm(sizes), main, arguments);
    }

    private List<String> jvm(List<String> sizes) {
        List<String> all = new ArrayList<>(settings.jvmFlags());
        all.addAll(sizes);
        all.add("-XX:+UseSerialGC");
        // They run for seconds, of which the optimising compiler would take a good part.
        all.add("-XX:TieredStopAtLevel=1");
        all.addAll(flags);
        return all;
    }

    FlinkProcess jobManager() {
        return jobManager;
    }

    /** Kills and forgets one. */
    void killTaskManager(int index) {
        taskManagers.remove(index).kill();
    }

    /** Those that were not killed. */
    List<FlinkProcess> taskManagers() {
        return taskManagers;
    }

    FlinkSettings settings() {
        return settings;
    }

    /** Waits until so many TaskManagers, and no others, offer all their slots. */
    void awaitTaskManagers(int count) throws Exception {
        int slots = Integer.parseInt(settings.get("taskmanager.numberOfTaskSlots"));
        await(
                count + " TaskManagers with free slots",
                () -> {
                    JsonNode overview = rest("overview");
                    return overview.path("taskmanagers").asInt() == count
                            && overview.path("slots-available").asInt() == count * slots;
                });
    }

    /** Waits until no job runs or is about to. */
    void awaitNoJob() throws Exception {
        await("the end of all jobs", () -> runningJobs().isEmpty());
    }

    /** The ids of jobs that have not ended. */
    List<String> runningJobs() throws IOException {
        List<String> ids = new ArrayList<>();
        for (JsonNode job : rest("jobs").path("jobs")) {
            String state = job.path("status").textValue();
            if (!List.of("FINISHED", "CANCELED", "FAILED").contains(state)) {
                ids.add(job.path("id").textValue());
            }
        }
        return ids;
    }

    /** Waits for a state of the cluster; a REST endpoint that does not answer yet is none. */
    void await(String what, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_S);
        Exception last = null;
        while (System.nanoTime() < deadline) {
            try {
                if (condition.call()) {
                    return;
                }
            } catch (IOException e) {
                last = e;
                if (!jobManager.isAlive()) {
                    throw new AssertionError(
                            "the JobManager has ended: " + Files.readString(jobManager.log()), e);
                }
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MS);
        }
        throw new AssertionError(
                "not within " + LIMIT_S + " s: " + what + "; logs in " + directory, last);
    }

    /** What the REST endpoint answers. */
    JsonNode rest(String path) throws IOException {
        return ask(path, "GET", HttpRequest.BodyPublishers.noBody());
    }

    /** Asks it to do something. */
    JsonNode rest(String method, String path, String json) throws IOException {
        return ask(path, method, HttpRequest.BodyPublishers.ofString(json));
    }

    private JsonNode ask(String path, String method, HttpRequest.BodyPublisher body)
            throws IOException {
        URI uri = URI.create("http://localhost:" + settings.get("rest.port") + "/" + path);
        HttpRequest request =
                HttpRequest.newBuilder(uri)
                        .timeout(Duration.ofSeconds(10))
                        .header("Content-Type", "application/json")
                        .method(method, body)
                        .build();
        try {
            HttpResponse<String> response =
                    http.send(request, HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() / 100 != 2) {
                throw new IOException(
                        uri + " answers " + response.statusCode() + ": " + response.body());
            }
            return new ObjectMapper().readTree(response.body());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    /** {@code flink run [OPTIONS] sluice-pipeline.jar ARGUMENTS}. */
    RunningSluice run(List<String> options, Object... arguments) throws IOException {
        List<Object> words = new ArrayList<>();
        words.add("run");
        words.addAll(options);
        words.add(JAR);
        words.addAll(List.of(arguments));
        return client(words.toArray());
    }

    /** {@code flink WORDS}, as a process of its own. */
    RunningSluice client(Object... words) throws IOException {
        String client = "client-" + clients++;
        Path temporary = Files.createDirectories(directory.resolve(client + ".tmp"));
        List<String> own =
                List.of(
                        "-Xmx256m",
                        "-Dlog4j.configurationFile="
                                + ROOT.resolve("flink-conf/log4j-client.properties"),
                        "-Dlog.file=" + directory.resolve(client + ".log"));
        List<String> command = FlinkProcess.java(temporary, jvm(own));
        command.add(CLIENT);
        List<String> quoted = new ArrayList<>();
        command.forEach(word -> quoted.add(Shell.quote(word)));
        for (Object word : words) {
            quoted.add(Shell.quote(word));
        }
        Path out = directory.resolve(client + ".out");
        Path error = directory.resolve(client + ".err");
        ProcessBuilder builder =
                new ProcessBuilder("bash", "-c", "exec " + String.join(" ", quoted))
                        .redirectInput(Path.of("/dev/null").toFile())
                        .redirectOutput(out.toFile())
                        .redirectError(error.toFile());
        builder.environment().put("FLINK_CONF_DIR", settings.directory().toString());
        return new RunningSluice("flink " + List.of(words), builder.start(), out, error);
    }

    /** Ends all processes, and puts their logs into e2e/target/flink-logs. */
    @Override
    public void close() throws IOException {
        taskManagers.forEach(FlinkProcess::close);
        if (jobManager != null) {
            jobManager.close();
        }
        Path kept = Files.createDirectories(ROOT.resolve("e2e/target/flink-logs/" + name));
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(
                        file,
                        kept.resolve(file.getFileName()),
                        StandardCopyOption.REPLACE_EXISTING);
            }
        }
        Shell.run("rm -r " + Shell.quote(directory));
    }
}
