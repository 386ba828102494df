package io.sluice.pipeline.launch;

import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A round's cluster, which goes down while the round is committed: nothing of the commit needs it,
 * and the one waits for threads to end where the other waits for the disk. Used by one thread.
 */
final class LeavingCluster implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LeavingCluster.class);

    /** What hangs is not to hold up a round that stands: its job has ended well. */
    private static final long COMMITTED_MS = TimeUnit.SECONDS.toMillis(60);

    /**
     * Flink gives a task up that does not end within three minutes; its files are used till then.
     */
    private static final long FAILED_MS = TimeUnit.SECONDS.toMillis(240);

    private final JobCluster cluster;
    private long downMs;

    /** Null before it leaves. */
    private Thread leaving;

    LeavingCluster(JobCluster cluster) {
        this(cluster, FAILED_MS);
    }

    LeavingCluster(JobCluster cluster, long downMs) {
        this.cluster = cluster;
        this.downMs = downMs;
    }

    JobCluster get() {
        return cluster;
    }

    /** The round stands. */
    void committed() {
        downMs = Math.min(downMs, COMMITTED_MS);
    }

    /** Begins to go down. Again without effect. */
    void leave() {
        if (leaving != null) {
            return;
        }
        leaving = new Thread(this::goDown, "sluice-cluster-end");
        leaving.setDaemon(true);
        try {
            leaving.start();
        } catch (OutOfMemoryError e) {
            // There can be no more threads; the process ends.
            LOG.warn("The round's cluster cannot be shut down.", e);
        }
    }

    private void goDown() {
        try {
            cluster.close();
        } catch (Throwable e) {
            // The job has ended before, and what it leaves behind is removed with the round's work.
            LOG.warn("The round's cluster did not go down well.", e);
        }
    }

    /** Returns when it is down, or does not come to that. */
    @Override
    public void close() {
        leave();
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(downMs);
        boolean interrupted = false;
        while (leaving.isAlive()) {
            long leftMs = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
            if (leftMs <= 0) {
                LOG.warn("The round's cluster has not gone down within {} ms.", downMs);
                break;
            }
            try {
                leaving.join(leftMs);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
