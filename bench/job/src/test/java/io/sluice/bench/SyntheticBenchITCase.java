package io.sluice.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SyntheticBenchITCase {
    @TempDir Path directory;

    @Test
    void everyEntryReachesTheSinkOnce() throws Exception {
        SyntheticTree small = new SyntheticTree(20_000, 50, 4096, 1);
        SyntheticBench.Result result = SyntheticBench.run(small, directory.resolve("work"));
        assertThat(result.entries()).isEqualTo(20_000);
        assertThat(result.entriesPerSecond()).isPositive();
        assertThat(result.stateBytesPerEntry()).isBetween(10.0, 60.0);
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void directoriesInPartsThatAreReadTwiceReachItOnceToo() throws Exception {
        SyntheticTree large = new SyntheticTree(40_000, 20_000, 4096, 2);
        SyntheticBench.Result result = SyntheticBench.run(large, directory.resolve("work"));
        assertThat(result.entries()).isEqualTo(40_000);
    }

    @Test
    void theFilesOfChangelogRecordsReachItOnceToo() throws Exception {
        RecordBench.Result result = RecordBench.run(5_000, 4_096, directory.resolve("work"));
        assertThat(result.records()).isEqualTo(8_192);
        assertThat(result.recordsPerSecond()).isPositive();
        assertThat(directory).isEmptyDirectory();
    }
}
