package io.sluice.cli.engine;

import io.sluice.pipeline.launch.Level;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** What happened in all rounds of all seeds, and how long it took. Thread-safe. */
public final class EngineCounts {
    private final Map<String, Integer> actions = new ConcurrentSkipListMap<>();
    private final Map<String, Integer> levels = new ConcurrentSkipListMap<>();
    private final Map<String, Took> took = new ConcurrentSkipListMap<>();
    private final AtomicInteger apart = new AtomicInteger();
    private final AtomicInteger inodesAgain = new AtomicInteger();

    /** How often each thing was done to a tree, by its name; 0 for what could have been. */
    public Map<String, Integer> actions() {
        return Map.copyOf(actions);
    }

    void known(String action) {
        actions.putIfAbsent(action, 0);
    }

    void action(String name) {
        actions.merge(name, 1, Integer::sum);
    }

    void level(Level level) {
        levels.merge(level.text() + " round", 1, Integer::sum);
    }

    void apart(int more) {
        apart.addAndGet(more);
    }

    void inodesAgain(int more) {
        inodesAgain.addAndGet(more);
    }

    void timed(String what, Step step) throws Exception {
        long begun = System.nanoTime();
        step.run();
        took.computeIfAbsent(what, w -> new Took()).add(System.nanoTime() - begun);
    }

    public void print() {
        actions.forEach((action, count) -> System.out.printf("%6d %s%n", count, action));
        levels.forEach((level, count) -> System.out.printf("%6d %s%n", count, level));
        took.forEach((what, each) -> System.out.println(what + ": " + each));
        System.out.println("names of one file restored apart: " + apart);
        System.out.println("inodes made again with their number: " + inodesAgain);
    }

    /** Part of a round. */
    interface Step {
        void run() throws Exception;
    }

    /** What a part took, of all rounds, in nanoseconds. */
    private static final class Took {
        private int times;
        private long nanos;

        synchronized void add(long more) {
            times++;
            nanos += more;
        }

        @Override
        public String toString() {
            return String.format(
                    "%d times, each %d ms", times, TimeUnit.NANOSECONDS.toMillis(nanos / times));
        }
    }
}
