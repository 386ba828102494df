package io.sluice.pipeline.launch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.common.round.Content;
import io.sluice.pipeline.launch.CrashingTransports.Crash;
import io.sluice.pipeline.launch.CrashingTransports.Point;
import io.sluice.ptcomm.archive.Compression;
import io.sluice.ptcomm.codec.EntryDecoder;
import io.sluice.ptcomm.codec.FrameReader;
import io.sluice.ptcomm.codec.RecordingHandler;
import io.sluice.ptcomm.codec.SampleEntry;
import io.sluice.ptcomm.fd.TestBridge;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whole rounds to bridges, of which a connection breaks at each of the protocol's points: the job
 * fails there, comes back from its last checkpoint, and the bridges have each entry once.
 */
@Timeout(600)
class FdCrashITCase {
    private static final int SHARDS = 2;
    private static final int LARGE = 4 << 20;

    @TempDir Path temporary;

    /** An embedded cluster with checkpoints all the time, which does not wait before a restart. */
    private static final class Hasty implements JobCluster.Factory {
        private final JobCluster.Factory embedded = new EmbeddedCluster.Factory();

        @Override
        public int scanParallelism() {
            return embedded.scanParallelism();
        }

        @Override
        public int parallelism() {
            return embedded.parallelism();
        }

        @Override
        public boolean worksInArchive() {
            return embedded.worksInArchive();
        }

        @Override
        public Configuration settings(Configuration job) {
            Configuration settings = new Configuration(job);
            settings.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(50));
            settings.set(
                    RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_INITIAL_BACKOFF,
                    Duration.ofMillis(50));
            return settings;
        }

        @Override
        public JobCluster make(Configuration settings, Path work, int slots) {
            return embedded.make(settings, work, slots);
        }
    }

    /** The source's names with what each file has. */
    private SortedMap<String, String> fill(Path source) throws IOException {
        SortedMap<String, String> expected = new TreeMap<>();
        Random random = new Random(1);
        expected.put("", null);
        for (int d = 0; d < 12; d++) {
            Path directory = Files.createDirectories(source.resolve("d" + d));
            expected.put("d" + d, null);
            for (int f = 0; f < 12; f++) {
                byte[] data = new byte[f == 5 && d % 3 == 0 ? LARGE : 1 + random.nextInt(9000)];
                random.nextBytes(data);
                Files.write(directory.resolve("f" + f), data);
                expected.put("d" + d + "/f" + f, SampleEntry.text(data));
            }
            Files.createLink(directory.resolve("link"), directory.resolve("f7"));
            expected.put("d" + d + "/link", expected.get("d" + d + "/f7"));
        }
        return expected;
    }

    @Test
    void eachEntryIsThereOnceWhereverItBreaks() throws Exception {
        Path source = temporary.toRealPath().resolve("source");
        SortedMap<String, String> expected = fill(source);
        for (Point point : Point.values()) {
            for (boolean behind : new boolean[] {false, true}) {
                if (point == Point.ACCEPTED && behind) {
                    // The same as before it: the task has heard it, or not.
                    continue;
                }
                round(source, expected, new Crash(point, behind));
            }
        }
    }

    private void round(Path source, SortedMap<String, String> expected, Crash crash)
            throws Exception {
        String as = crash.toString();
        Path archive = temporary.resolve("archive-" + crash.point() + crash.behind());
        List<TestBridge> bridges = new ArrayList<>();
        try {
            for (int shard = 0; shard < SHARDS; shard++) {
                bridges.add(new TestBridge(temporary, () -> slowDown(crash)));
            }
            BackupRequest request =
                    BackupRequest.of(bytes(source), bytes(archive))
                            .withLevel(Level.FULL)
                            .withShards(SHARDS)
                            .withWorkers(2)
                            .withContent(Content.FULL, Compression.NONE)
                            .withBridges(
                                    new BackupRequest.Bridges(
                                            bridges.stream().map(TestBridge::address).toList(),
                                            new CrashingTransports(),
                                            TestBridge.SECRET))
                            .build();
            CrashingTransports.arm(crash);
            new Launcher(request, new Hasty()).run();
            assertThat(CrashingTransports.hasStruck()).as(as).isTrue();
            List<String> paths = new ArrayList<>();
            for (TestBridge bridge : bridges) {
                assertThat(bridge.isFinished()).as(as).isTrue();
                paths.addAll(check(as, bridge.stream(), expected));
            }
            assertThat(paths).as(as).containsExactlyInAnyOrderElementsOf(expected.keySet());
        } finally {
            for (TestBridge bridge : bridges) {
                bridge.close();
            }
        }
    }

    /** So that there are checkpoints before the crash; of those the bridge hears once a second. */
    private static void slowDown(Crash crash) {
        if (!CrashingTransports.hasStruck()) {
            int millis = crash.point() == Point.COMPLETED ? 200 : 5;
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
        }
    }

    private static List<String> check(String as, byte[] stream, SortedMap<String, String> expected)
            throws IOException {
        RecordingHandler handler = new RecordingHandler();
        FrameReader frames = new FrameReader(Channels.newChannel(new ByteArrayInputStream(stream)));
        new EntryDecoder(frames, new byte[0], handler).readStream();
        List<String> paths = new ArrayList<>();
        Set<String> carriers = new HashSet<>();
        for (SampleEntry entry : handler.entries()) {
            String name = as + ": " + entry.path();
            paths.add(entry.path());
            assertThat(entry.torn()).as(name).isNull();
            if (entry.linkTo() != null) {
                assertThat(carriers).as(name).contains(entry.linkTo());
                assertThat(expected.get(entry.linkTo()))
                        .as(name)
                        .isEqualTo(expected.get(entry.path()));
                continue;
            }
            carriers.add(entry.path());
            String data = expected.get(entry.path());
            assertThat(data == null || data.equals(entry.data())).as(name).isTrue();
        }
        return paths;
    }

    private static byte[] bytes(Path path) {
        return path.toString().getBytes(UTF_8);
    }
}
