package io.sluice.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.common.text.Text;
import io.sluice.pipeline.index.SavepointIndex;
import java.io.IOException;
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
        try (SortedLines lines = new SortedLines()) {
            boolean known =
                    index.children(
                            directory,
                            (name, inode, signature, flags) ->
                                    lines.add(name, line(name, inode, signature, flags)));
            lines.print();
            return known;
        }
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
