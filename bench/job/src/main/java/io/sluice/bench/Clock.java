package io.sluice.bench;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Measures the steady part of a run: from the moment when the first fifth of the items has arrived,
 * which the cluster's start and the compiler take their time for, until the last one has. One for
 * the process, since Flink makes the sinks. Thread-safe.
 */
final class Clock {
    static final Clock CLOCK = new Clock();

    private final OperatingSystemMXBean process =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private final AtomicLong received = new AtomicLong();
    private volatile long warm;
    private volatile Reading started;
    private volatile Reading begun;
    private volatile Reading finished;
    private volatile CountDownLatch sinks;

    /** Wall clock, processor time of all threads, and items so far. */
    record Reading(long nanos, long cpuNanos, long items) {}

    private Clock() {}

    void reset(long entries, int numberOfSinks) {
        received.set(0);
        warm = entries / 5;
        started = null;
        begun = null;
        sinks = new CountDownLatch(numberOfSinks);
    }

    private Reading read() {
        return new Reading(System.nanoTime(), process.getProcessCpuTime(), received.get());
    }

    /** The first listing is about to be made, or has come; only the first call counts. */
    synchronized void start() {
        if (started == null) {
            started = read();
        }
    }

    void received(int items) {
        if (started == null) {
            start();
        }
        long now = received.addAndGet(items);
        if (now >= warm && now - items < warm) {
            begun = read();
        }
    }

    void ended() {
        // Before the latch opens; the last sink's reading stands.
        finished = read();
        sinks.countDown();
    }

    void await() throws InterruptedException {
        sinks.await();
    }

    boolean isOver() {
        return sinks.getCount() == 0;
    }

    Reading started() {
        return started;
    }

    Reading begun() {
        return begun;
    }

    Reading finished() {
        return finished;
    }
}
