package io.sluice.pipeline.run;

import io.sluice.pipeline.job.RoundJob;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.client.deployment.ClusterClientFactory;
import org.apache.flink.client.deployment.ClusterDescriptor;
import org.apache.flink.client.deployment.DefaultClusterClientServiceLoader;
import org.apache.flink.client.program.ClusterClient;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.client.JobStatusMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Jobs of rounds into the same archive whose clients died. Whoever holds the archive's lock knows
 * that they are; Flink notices some minutes later, and until then they hold slots.
 */
final class OrphanedJobs {
    private static final Logger LOG = LoggerFactory.getLogger(OrphanedJobs.class);
    private static final long ANSWER_WAIT_S = 30;
    private static final long END_POLL_MS = 100;
    private static final int END_POLLS = 300;

    private OrphanedJobs() {}

    /** Cancels those on the cluster, and waits some time for their end. */
    static void cancel(Configuration cluster, String job) throws Exception {
        cancel(
                new DefaultClusterClientServiceLoader().getClusterClientFactory(cluster),
                cluster,
                job);
    }

    private static <T> void cancel(
            ClusterClientFactory<T> factory, Configuration configuration, String job)
            throws Exception {
        try (ClusterDescriptor<T> descriptor = factory.createClusterDescriptor(configuration);
                ClusterClient<T> client =
                        descriptor
                                .retrieve(factory.getClusterId(configuration))
                                .getClusterClient()) {
            for (JobStatusMessage orphan : orphans(client, job)) {
                LOG.warn(
                        "Cancelling job {} ({}): its client is gone.",
                        orphan.getJobId(),
                        orphan.getJobName());
                client.cancel(orphan.getJobId()).get(ANSWER_WAIT_S, TimeUnit.SECONDS);
            }
            for (int poll = 0; poll < END_POLLS && !orphans(client, job).isEmpty(); poll++) {
                TimeUnit.MILLISECONDS.sleep(END_POLL_MS);
            }
        }
    }

    private static List<JobStatusMessage> orphans(ClusterClient<?> client, String job)
            throws Exception {
        List<JobStatusMessage> orphans = new ArrayList<>();
        for (JobStatusMessage other : client.listJobs().get(ANSWER_WAIT_S, TimeUnit.SECONDS)) {
            JobStatus state = other.getJobState();
            if (!state.isGloballyTerminalState()
                    && RoundJob.isOfSameArchive(other.getJobName(), job)) {
                orphans.add(other);
            }
        }
        return orphans;
    }
}
