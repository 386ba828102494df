package io.sluice.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A cluster for one round, whose client is the JobManager. */
class FlinkApplicationITCase {
    @RegisterExtension final Workspace workspace = new Workspace();

    private FlinkCluster start(String... more) throws IOException {
        Map<String, String> here =
                Map.of(
                        "jobmanager.rpc.address", "localhost",
                        "rest.address", "localhost",
                        "jobmanager.bind-host", "127.0.0.1",
                        "taskmanager.bind-host", "127.0.0.1",
                        "taskmanager.host", "localhost",
                        "taskmanager.memory.process.size", "1500m",
                        "taskmanager.memory.task.off-heap.size", "256m",
                        "metrics.reporter.prom.port", "0");
        List<String> arguments =
                new java.util.ArrayList<>(
                        List.of(
                                "--path",
                                workspace.sourcePath().toString(),
                                "--to",
                                workspace.archive().toString()));
        arguments.addAll(List.of(more));
        return FlinkCluster.startApplication("FlinkApplicationITCase", here, arguments);
    }

    @Test
    void clusterEndsWithItsRound() throws Exception {
        workspace.smallSource();
        try (FlinkCluster cluster = start()) {
            assertThat(cluster.jobManager().exit()).isZero();
            assertThat(Files.readString(cluster.jobManager().log())).contains("files=3 bytes=11 ");
        }
        workspace.verify("--against", workspace.sourcePath()).succeeds();
    }

    @Test
    void failureEndsItToo() throws Exception {
        Files.createDirectory(workspace.sourcePath());
        try (FlinkCluster cluster = start()) {
            assertThat(cluster.jobManager().exit()).isNotZero();
            assertThat(Files.readString(cluster.jobManager().log()))
                    .contains("is empty; if no filesystem is missing there, say --allow-empty");
        }
        assertThat(workspace.archive()).doesNotExist();
    }
}
