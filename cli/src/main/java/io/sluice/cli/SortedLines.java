package io.sluice.cli;

import io.sluice.restore.SpillSorter;
import java.io.Closeable;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Lines that come in any order and are printed by what they are about, in bounded memory. */
final class SortedLines implements Closeable {
    private final SpillSorter sorter =
            new SpillSorter(SpillDirectory.path(), SpillSorter.DEFAULT_RUN_BYTES);

    /**
     * Takes a line.
     *
     * @param about a path or a name: no NUL is in it, and a NUL sorts before all others
     */
    void add(byte[] about, String line) throws IOException {
        byte[] text = line.getBytes(StandardCharsets.UTF_8);
        byte[] record = Arrays.copyOf(about, about.length + 1 + text.length);
        System.arraycopy(text, 0, record, about.length + 1, text.length);
        sorter.add(record);
    }

    /** Prints all to stdout, once. */
    void print() throws IOException {
        try (PrintStream out = SluiceCommand.bufferedOut();
                SpillSorter.Sorted sorted = sorter.sorted()) {
            for (byte[] record = sorted.next(); record != null; record = sorted.next()) {
                int end = 0;
                while (record[end] != 0) {
                    end++;
                }
                out.write(record, end + 1, record.length - end - 1);
                out.write('\n');
            }
        }
    }

    @Override
    public void close() throws IOException {
        sorter.close();
    }
}
