package io.sluice.bench;

import io.sluice.lustre.resolve.CreatedFiles;
import io.sluice.pipeline.index.IndexOptions;
import io.sluice.scan.ScanOptions;
import java.nio.file.Path;

/**
 * A round from a changelog without a filesystem: its records decoded and brought down to names, and
 * the answers about these through the product's index and its state to a sink that counts.
 */
public final class RecordBench {
    private static final int PER_DIRECTORY = 50;

    private RecordBench() {}

    /**
     * What a run cost.
     *
     * @param seconds from the first record to the last item
     * @param cpuUsPerRecord processor time of the whole process therein, that of making the records
     *     up too
     */
    public record Result(
            long known,
            long records,
            int parallelism,
            double seconds,
            double recordsPerSecond,
            double cpuUsPerRecord) {}

    /**
     * Arguments: entries that the index knows, a multiple of 50; new files, a multiple of 2,048,
     * with two records each; a new directory for the state.
     */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 3) {
            System.err.println("usage: RecordBench KNOWN NEW WORK-DIRECTORY");
            System.exit(2);
        }
        Result result =
                run(
                        Long.parseLong(arguments[0]),
                        Long.parseLong(arguments[1]),
                        Path.of(arguments[2]));
        System.out.printf(
                "cores=%d known=%d entries=%d seconds=%.3f records_per_s=%.0f"
                        + " cpu_us_per_record=%.2f%n",
                result.parallelism,
                result.known,
                result.records,
                result.seconds,
                result.recordsPerSecond,
                result.cpuUsPerRecord);
        System.exit(0);
    }

    /** Runs it on as many cores as there are; {@code work} is made, and removed afterwards. */
    static Result run(long known, long files, Path work) throws Exception {
        if (files % CreatedFiles.FILES != 0) {
            throw new IllegalArgumentException(
                    files + " files are no multiple of " + CreatedFiles.FILES);
        }
        SyntheticTree tree =
                new SyntheticTree(known, PER_DIRECTORY, ScanOptions.DEFAULT_ENTRIES_PER_LISTING, 1);
        int parallelism = Runtime.getRuntime().availableProcessors();
        Clock clock = Clock.CLOCK;
        clock.reset(0, parallelism);
        IndexOptions options = Job.OPTIONS.withoutScan();
        Job.run(Job.source(new RecordFeed(tree, files)), options, parallelism, work);
        long items = clock.finished().items();
        if (items != known + files) {
            throw new IllegalStateException(items + " of " + (known + files) + " items arrived");
        }
        double seconds = (clock.finished().nanos() - clock.started().nanos()) / 1e9;
        double cpuUs = (clock.finished().cpuNanos() - clock.started().cpuNanos()) / 1e3;
        long records = 2 * files;
        return new Result(known, records, parallelism, seconds, records / seconds, cpuUs / records);
    }
}
