package io.sluice.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.scan.ScanOptions;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A full round without a filesystem and without a receiver: a {@link SyntheticSource}, the
 * product's directory index and its state under the product's settings, items shuffled by shard,
 * and a sink that counts.
 */
public final class SyntheticBench {
    private static final long GENERATED = 200_000;

    private SyntheticBench() {}

    /**
     * What a run cost.
     *
     * @param seconds of the steady part, the last four fifths of the entries
     * @param cpuUsPerEntry processor time of the whole process in the steady part, µs
     * @param wholeSeconds from the first listing to the last item
     * @param wholeCpuUsPerEntry processor time of the whole process therein, the compiler's too
     * @param generatorCpuUsPerEntry of both, what the synthetic source takes to make an entry
     * @param stateBytesPerEntry size of a savepoint in native format
     * @param peakRssKib largest resident set of this process
     */
    public record Result(
            long entries,
            int perDirectory,
            int readings,
            int parallelism,
            double seconds,
            double entriesPerSecond,
            double cpuUsPerEntry,
            double wholeSeconds,
            double wholeCpuUsPerEntry,
            double generatorCpuUsPerEntry,
            double stateBytesPerEntry,
            long peakRssKib) {}

    /**
     * Arguments: entries, entries of a directory, readings of each, a new directory for the state,
     * a file for the JSON.
     */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 5) {
            System.err.println(
                    "usage: SyntheticBench ENTRIES PER-DIRECTORY READINGS WORK-DIRECTORY JSON");
            System.exit(2);
        }
        SyntheticTree tree =
                new SyntheticTree(
                        Long.parseLong(arguments[0]),
                        Integer.parseInt(arguments[1]),
                        ScanOptions.DEFAULT_ENTRIES_PER_LISTING,
                        Integer.parseInt(arguments[2]));
        Result result = run(tree, Path.of(arguments[3]));
        String json = new ObjectMapper().writeValueAsString(result) + "\n";
        Files.writeString(Path.of(arguments[4]), json);
        System.out.print(json);
    }

    /** Runs the tree through the index; {@code work} is made, and removed afterwards. */
    public static Result run(SyntheticTree tree, Path work) throws Exception {
        double generator = generatorCpuUs(tree);
        int parallelism = Runtime.getRuntime().availableProcessors();
        Clock clock = Clock.CLOCK;
        clock.reset(tree.entries(), parallelism);
        long stateBytes = Job.run(Job.source(new TreeFeed(tree)), Job.OPTIONS, parallelism, work);
        if (clock.finished().items() != tree.entries()) {
            throw new IllegalStateException(
                    clock.finished().items() + " of " + tree.entries() + " entries arrived");
        }
        Spent steady = Spent.between(clock.begun(), clock.finished());
        Spent whole = Spent.between(clock.started(), clock.finished());
        return new Result(
                tree.entries(),
                tree.perDirectory(),
                tree.readings(),
                parallelism,
                steady.seconds,
                steady.items / steady.seconds,
                steady.cpuUs / steady.items,
                whole.seconds,
                whole.cpuUs / whole.items,
                generator,
                (double) stateBytes / tree.entries(),
                Job.peakRssKib());
    }

    private record Spent(double seconds, double cpuUs, long items) {
        static Spent between(Clock.Reading from, Clock.Reading to) {
            return new Spent(
                    (to.nanos() - from.nanos()) / 1e9,
                    (to.cpuNanos() - from.cpuNanos()) / 1e3,
                    to.items() - from.items());
        }
    }

    /** Makes the first listings of directories, about 200,000 entries, twice: the second counts. */
    private static double generatorCpuUs(SyntheticTree tree) {
        SyntheticTree.Generator generator = tree.new Generator();
        double us = 0;
        for (int run = 0; run < 2; run++) {
            long begun = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
            long entries = 0;
            for (long directory = 0; entries < GENERATED; directory++) {
                entries += generator.listing(directory, 0, 0).count();
            }
            us =
                    (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - begun)
                            / 1e3
                            / entries;
        }
        return us;
    }
}
