package io.sluice.bench;

import io.sluice.common.serial.ChangeSerializer;
import io.sluice.scan.NamespaceScanSource;
import io.sluice.scan.ScanOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;

/**
 * A walk of a mounted tree through the index and the shuffle by shard into a sink that counts: what
 * a full round does but for looking at each entry again and storing it.
 */
final class WalkBench {
    private WalkBench() {}

    /** Arguments: path, workers of a reader, readers, a new directory for the state. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 4) {
            System.err.println("usage: WalkBench PATH WORKERS READERS WORK-DIRECTORY");
            System.exit(2);
        }
        byte[] root = arguments[0].getBytes(StandardCharsets.UTF_8);
        int workers = Integer.parseInt(arguments[1]);
        int readers = Integer.parseInt(arguments[2]);
        int parallelism = Math.max(readers, Runtime.getRuntime().availableProcessors());
        Clock clock = Clock.CLOCK;
        clock.reset(0, parallelism);
        Job.run(
                environment ->
                        environment
                                .fromSource(
                                        new NamespaceScanSource(
                                                ScanOptions.of(root, Job.ROUND, workers)),
                                        WatermarkStrategy.noWatermarks(),
                                        "namespace scan",
                                        ChangeSerializer.TYPE)
                                .setParallelism(readers)
                                .uid("namespace-scan"),
                Job.OPTIONS,
                parallelism,
                Path.of(arguments[3]));
        Clock.Reading begun = clock.started();
        Clock.Reading ended = clock.finished();
        double seconds = (ended.nanos() - begun.nanos()) / 1e9;
        System.out.printf(
                "workers=%d readers=%d entries=%d seconds=%.3f entries_per_s=%.0f cpu_us=%.2f"
                        + " peak_kib=%d%n",
                workers,
                readers,
                ended.items(),
                seconds,
                ended.items() / seconds,
                (ended.cpuNanos() - begun.cpuNanos()) / 1e3 / ended.items(),
                Job.peakRssKib());
        System.exit(0);
    }
}
