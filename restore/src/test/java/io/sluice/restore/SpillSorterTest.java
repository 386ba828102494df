package io.sluice.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.common.SluiceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpillSorterTest {
    @TempDir Path directory;

    private static List<byte[]> records(int count, long seed) {
        Random random = new Random(seed);
        List<byte[]> records = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] record = new byte[random.nextInt(20)];
            random.nextBytes(record);
            records.add(record);
        }
        return records;
    }

    private void assertSorts(List<byte[]> records, int runBytes, int leastRuns) throws IOException {
        try (SpillSorter sorter = new SpillSorter(directory, runBytes)) {
            for (byte[] record : records) {
                sorter.add(record);
            }
            assertThat(sorter.runs()).isGreaterThanOrEqualTo(leastRuns);
            List<byte[]> found = new ArrayList<>();
            try (SpillSorter.Sorted sorted = sorter.sorted()) {
                for (byte[] r = sorted.next(); r != null; r = sorted.next()) {
                    found.add(r);
                }
            }
            assertThat(sorter.runs()).isLessThanOrEqualTo(128);
            List<byte[]> expected = new ArrayList<>(records);
            expected.sort(Arrays::compareUnsigned);
            assertThat(found.toArray(new byte[0][])).isDeepEqualTo(expected.toArray(new byte[0][]));
        }
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void nothingSortsToNothing() throws IOException {
        assertSorts(List.of(), 100, 0);
    }

    @Test
    void fewRecordsStayInMemory() throws IOException {
        try (SpillSorter sorter = new SpillSorter(directory, 1 << 20)) {
            sorter.add(new byte[] {2});
            sorter.add(new byte[] {(byte) 0xff});
            sorter.add(new byte[] {});
            assertThat(directory).isEmptyDirectory();
        }
        assertSorts(records(1000, 1), 1 << 20, 0);
    }

    @Test
    void manyRunsAreMergedInSteps() throws IOException {
        assertSorts(records(20_000, 2), 1000, 300);
    }

    @Test
    void recordsLargerThanRunMakeRoom() throws IOException {
        List<byte[]> records = new ArrayList<>(records(50, 3));
        records.add(new byte[100_000]);
        records.add(new byte[100_001]);
        assertSorts(records, 500, 2);
    }

    /** What is read at once is two of them, however many runs there are. */
    @Test
    void runsOfLargeRecordsAreMergedTwoByTwo() throws IOException {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        List<byte[]> records = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            byte[] record = new byte[SpillSorter.MIN_MERGE_BYTES - random.nextInt(1000)];
            random.nextBytes(record);
            records.add(record);
        }
        try (SpillSorter sorter = new SpillSorter(directory, SpillSorter.MIN_MERGE_BYTES)) {
            for (byte[] record : records) {
                sorter.add(record);
            }
            assertThat(sorter.runs()).isEqualTo(8);
            try (SpillSorter.Sorted sorted = sorter.sorted()) {
                assertThat(sorter.runs()).isEqualTo(2);
                records.sort(Arrays::compareUnsigned);
                for (byte[] record : records) {
                    assertThat(Arrays.equals(sorted.next(), record)).isTrue();
                }
                assertThat(sorted.next()).isNull();
            }
        }
    }

    /** A process may be killed at any time. */
    @Test
    void whatIsSpilledHasNoName() throws IOException {
        try (SpillSorter sorter = new SpillSorter(directory, 500)) {
            for (byte[] record : records(20_000, 5)) {
                sorter.add(record);
            }
            assertThat(sorter.runs()).isGreaterThan(300);
            assertThat(directory).isEmptyDirectory();
            long held = unlinked();
            assertThat(held).isOne();
            try (SpillSorter.Sorted sorted = sorter.sorted()) {
                assertThat(sorted.next()).isNotNull();
                assertThat(directory).isEmptyDirectory();
            }
        }
        assertThat(unlinked()).isZero();
    }

    /** Descriptors of files that were made in the directory. */
    private long unlinked() throws IOException {
        long found = 0;
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            for (Path fd : open.toList()) {
                found += Files.isSymbolicLink(fd) && isIn(fd) ? 1 : 0;
            }
        }
        return found;
    }

    private boolean isIn(Path fd) {
        try {
            return Files.readSymbolicLink(fd).startsWith(directory);
        } catch (IOException e) {
            // Closed meanwhile.
            return false;
        }
    }

    @Test
    void closingWithoutReadingDeletesRuns() throws IOException {
        try (SpillSorter sorter = new SpillSorter(directory, 500)) {
            for (byte[] record : records(1000, 4)) {
                sorter.add(record);
            }
            assertThat(sorter.runs()).isPositive();
        }
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void directoryThatTakesNoRunsIsNamed() throws IOException {
        try (SpillSorter sorter = new SpillSorter(directory.resolve("none"), 100)) {
            sorter.add(new byte[90]);
            assertThatThrownBy(() -> sorter.add(new byte[90]))
                    .isInstanceOf(SluiceException.class)
                    .hasMessageContaining("none'");
        }
    }
}
