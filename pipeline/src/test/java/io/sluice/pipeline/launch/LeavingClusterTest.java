package io.sluice.pipeline.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LeavingClusterTest {
    /** How a cluster ends. */
    private interface End {
        void run() throws Exception;
    }

    private static JobCluster endingBy(End end) {
        return new JobCluster() {
            @Override
            public void start() {}

            @Override
            public RunningJob submit(StreamGraph graph) {
                throw new AssertionError("there is no job");
            }

            @Override
            public void close() throws Exception {
                end.run();
            }
        };
    }

    @Test
    void itGoesDownOnceAndIsWaitedFor() {
        CountDownLatch committed = new CountDownLatch(1);
        AtomicInteger down = new AtomicInteger();
        JobCluster slow =
                endingBy(
                        () -> {
                            committed.await();
                            down.incrementAndGet();
                        });
        try (LeavingCluster cluster = new LeavingCluster(slow)) {
            cluster.leave();
            cluster.leave();
            assertThat(down).hasValue(0);
            committed.countDown();
        }
        assertThat(down).hasValue(1);
    }

    @Test
    void oneThatFailsOrHangsDoesNotHoldUpWhatIsCommitted() {
        JobCluster failing =
                endingBy(
                        () -> {
                            throw new LinkageError("as the test wants it");
                        });
        new LeavingCluster(failing).close();
        CountDownLatch never = new CountDownLatch(1);
        new LeavingCluster(endingBy(never::await), 50).close();
        never.countDown();
    }

    /** As for a bridge that is lost while the cluster ends. */
    @Test
    void anInterruptMeanwhileIsKept() {
        AtomicInteger down = new AtomicInteger();
        JobCluster slow =
                endingBy(
                        () -> {
                            Thread.sleep(200);
                            down.incrementAndGet();
                        });
        LeavingCluster cluster = new LeavingCluster(slow);
        Thread.currentThread().interrupt();
        cluster.close();
        assertThat(Thread.interrupted()).isTrue();
        assertThat(down).hasValue(1);
    }
}
