package io.sluice.pipeline.launch;

import io.sluice.common.thread.Joins;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A round's cluster, which goes down while the round is committed: nothing of the commit needs it,
 * and the one waits for threads to end where the other waits for the disk. Used by one thread.
 */
final class LeavingCluster implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LeavingCluster.class);

    private final JobCluster cluster;

    /** Null before it leaves. */
    private Thread leaving;

    LeavingCluster(JobCluster cluster) {
        this.cluster = cluster;
    }

    JobCluster get() {
        return cluster;
    }

    /** Begins to go down. Again without effect. */
    void leave() {
        if (leaving == null) {
            leaving = new Thread(this::goDown, "sluice-cluster-end");
            leaving.start();
        }
    }

    private void goDown() {
        try {
            cluster.close();
        } catch (Exception e) {
            // The job has ended before, and what it leaves behind is removed with the round's work.
            LOG.warn("The round's cluster did not go down well.", e);
        }
    }

    /** Returns when it is down. */
    @Override
    public void close() {
        leave();
        Joins.uninterruptibly(List.of(leaving));
    }
}
