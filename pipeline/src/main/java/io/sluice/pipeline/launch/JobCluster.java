package io.sluice.pipeline.launch;

import java.nio.file.Path;
import java.util.Optional;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.graph.StreamGraph;

/** Where a round's job runs: inside this process, or on a cluster that is there already. */
public interface JobCluster extends AutoCloseable {
    /** Takes what time it needs to be ready for a job. */
    void start() throws Exception;

    /** Submits the job. */
    RunningJob submit(StreamGraph graph) throws Exception;

    /** Makes the cluster of a round, and knows beforehand what the job must know of it. */
    interface Factory {
        /** Readers of the scan. */
        int scanParallelism();

        /** Subtasks of the index, and at most so many of the shard writer. */
        int parallelism();

        /** The savepoint that whoever started the round wants it to begin from, a URI or a path. */
        default Optional<String> savepoint() {
            return Optional.empty();
        }

        /** Whether all that the job puts on a disk lies in the archive. */
        default boolean worksInArchive() {
            return false;
        }

        /**
         * The job's settings on this cluster.
         *
         * @param job what the job takes where nobody says otherwise
         */
        default Configuration settings(Configuration job) {
            return job;
        }

        /**
         * @param settings the job's, as {@link #settings} gave them
         * @param work directory of this round alone in the archive, which every process of the
         *     cluster sees at this path; exists
         * @param slots that the job needs
         */
        JobCluster make(Configuration settings, Path work, int slots);
    }
}
