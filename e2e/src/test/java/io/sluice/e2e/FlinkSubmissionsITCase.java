package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A session cluster that lives through many rounds. */
class FlinkSubmissionsITCase {
    private static final int ROUNDS = 20;

    /** The first ones load what is loaded once. */
    private static final int WARM_UP = 3;

    /** One that JNA's cleaning thread came from, and one in a cache of the JDK's for records. */
    private static final int CLASS_LOADERS = 2;

    @RegisterExtension final Workspace workspace = new Workspace();

    /** What a process holds when it has nothing to do. */
    private record Held(long classLoaders, long classes, List<String> files) {
        static Held by(FlinkProcess process) throws IOException {
            String pid = Long.toString(process.pid());
            Shell.run("jcmd " + pid + " GC.run");
            long loaders =
                    Shell.run("jcmd " + pid + " VM.classloader_stats")
                            .lines()
                            .filter(line -> line.contains("ChildFirstClassLoader"))
                            .count();
            long classes =
                    Shell.run("jcmd " + pid + " VM.classloader_stats")
                            .lines()
                            .filter(line -> line.startsWith("Total"))
                            .mapToLong(line -> Long.parseLong(line.split("\\s+", -1)[3]))
                            .findFirst()
                            .orElseThrow();
            return new Held(loaders, classes, files(process.temporary()));
        }

        private static List<String> files(Path directory) throws IOException {
            try (Stream<Path> files = Files.walk(directory)) {
                return files.filter(Files::isRegularFile)
                        .map(file -> directory.relativize(file).toString())
                        .toList();
            } catch (NoSuchFileException | UncheckedIOException e) {
                // Went meanwhile: look again.
                return files(directory);
            }
        }

        @Override
        public String toString() {
            return classLoaders
                    + " class loaders of jobs, "
                    + classes
                    + " classes, "
                    + files.size()
                    + " files";
        }
    }

    @Test
    void manyRoundsLeaveNeitherClassesNorFilesBehind() throws Exception {
        workspace.smallSource();
        try (FlinkCluster cluster =
                FlinkCluster.start(
                        "FlinkSubmissionsITCase",
                        "dev",
                        Map.of("blob.service.cleanup.interval", "1"),
                        // Caches behind soft references go with each collection, not with need.
                        List.of("-XX:SoftRefLRUPolicyMSPerMB=0"),
                        1)) {
            FlinkProcess taskManager = cluster.taskManagers().get(0);
            Held before = null;
            for (int round = 1; round <= ROUNDS; round++) {
                try (RunningSluice run =
                        cluster.run(
                                List.of(),
                                "--path",
                                workspace.sourcePath(),
                                "--to",
                                workspace.archive())) {
                    run.result().succeeds();
                }
                if (round == WARM_UP) {
                    before = settled(cluster, taskManager);
                    System.out.println("after " + round + " rounds: " + before);
                }
            }
            Held after = settled(cluster, taskManager);
            System.out.println("after " + ROUNDS + " rounds: " + after);
            assertThat(after.classLoaders()).isLessThanOrEqualTo(CLASS_LOADERS);
            assertThat(after.classes()).isLessThan(before.classes() * 11 / 10);
            assertThat(after.files()).hasSizeLessThanOrEqualTo(before.files().size());
            Held jobManager = Held.by(cluster.jobManager());
            System.out.println("the JobManager: " + jobManager);
            assertThat(jobManager.classLoaders()).isLessThanOrEqualTo(CLASS_LOADERS);
            assertThat(jobManager.files()).noneMatch(file -> file.contains("blob_"));
        }
        assertThat(workspace.list("--json").json().findValuesAsText("round")).hasSize(ROUNDS);
    }

    /** When the cluster has put away what the last round needed. */
    private static Held settled(FlinkCluster cluster, FlinkProcess process) throws Exception {
        cluster.awaitNoJob();
        cluster.awaitTaskManagers(1);
        Held[] held = new Held[1];
        try {
            cluster.await(
                    "the end of the round's class loader and jar",
                    () -> {
                        held[0] = Held.by(process);
                        return held[0].classLoaders() <= CLASS_LOADERS
                                && held[0].files().stream().noneMatch(f -> f.contains("blob_p"));
                    });
        } catch (AssertionError late) {
            System.out.println(held[0] + ": " + held[0].files());
        }
        return held[0];
    }
}
