package io.sluice.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.common.text.Text;
import io.sluice.pipeline.index.SavepointIndex;
import io.sluice.restore.SpillSorter;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What the index knows of a directory's children, sorted by name in bounded memory. */
final class ChildList {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final boolean json;

    ChildList(boolean json) {
        this.json = json;
    }

    /** Prints to stdout; whether the directory is known. */
    boolean print(SavepointIndex index, byte[] directory) throws IOException {
        try (SpillSorter sorter =
                new SpillSorter(SpillDirectory.path(), SpillSorter.DEFAULT_RUN_BYTES)) {
            boolean known =
                    index.children(
                            directory,
                            (name, inode, signature, flags) ->
                                    sorter.add(record(name, inode, signature, flags)));
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
            return known;
        }
    }

    /** Name and line, divided by a NUL, which no name holds and which sorts before all others. */
    private byte[] record(byte[] name, long inode, long signature, List<String> flags)
            throws IOException {
        byte[] line = line(name, inode, signature, flags).getBytes(StandardCharsets.UTF_8);
        byte[] record = Arrays.copyOf(name, name.length + 1 + line.length);
        System.arraycopy(line, 0, record, name.length + 1, line.length);
        return record;
    }

    private String line(byte[] name, long inode, long signature, List<String> flags)
            throws IOException {
        String text = Text.escape(name);
        String number = Long.toUnsignedString(inode);
        if (!json) {
            return String.format(
                    Locale.ROOT,
                    "%20s  %016x  %-20s  %s",
                    number,
                    signature,
                    flags.isEmpty() ? "-" : String.join(",", flags),
                    text);
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", text);
        fields.put("inode", number);
        fields.put("signature", String.format(Locale.ROOT, "%016x", signature));
        fields.put("flags", flags);
        return JSON.writeValueAsString(fields);
    }
}
