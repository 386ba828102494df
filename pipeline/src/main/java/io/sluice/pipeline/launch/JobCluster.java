package io.sluice.pipeline.launch;

import org.apache.flink.streaming.api.graph.StreamGraph;

/** Where a round's job runs: inside this process, or on a cluster that is there already. */
public interface JobCluster extends AutoCloseable {
    /** Takes what time it needs to be ready for a job. */
    void start() throws Exception;

    /** Submits the job. */
    RunningJob submit(StreamGraph graph) throws Exception;
}
