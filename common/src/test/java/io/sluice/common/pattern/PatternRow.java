package io.sluice.common.pattern;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A row of {@code patterns.txt}, which says what its cells are. */
record PatternRow(String text, List<byte[]> lines, byte[] path, boolean directory, String result) {

    static List<PatternRow> all() throws IOException {
        try (InputStream in = PatternRow.class.getResourceAsStream("patterns.txt")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> line.startsWith("|"))
                    .map(PatternRow::of)
                    .toList();
        }
    }

    boolean isOut() {
        return result.startsWith("out");
    }

    boolean isRefused() {
        return result.equals("bad");
    }

    boolean isUnlikeGit() {
        return result.endsWith("unlike git");
    }

    private static PatternRow of(String row) {
        String[] cells = row.split("\\|", -1);
        if (cells.length != 5 || !cells[4].isEmpty()) {
            throw new IllegalArgumentException("not a row of three cells: " + row);
        }
        List<byte[]> lines = new ArrayList<>();
        for (String line : cells[1].split("⏎", -1)) {
            lines.add(bytes(line));
        }
        byte[] path = bytes(cells[2]);
        boolean directory = path[path.length - 1] == '/';
        return new PatternRow(
                row,
                lines,
                directory ? Arrays.copyOf(path, path.length - 1) : path,
                directory,
                cells[3]);
    }

    private static byte[] bytes(String cell) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int i = 0;
        while (i < cell.length()) {
            if (cell.charAt(i) == '<') {
                bytes.write(Integer.parseInt(cell.substring(i + 1, i + 3), 16));
                i += 4;
            } else {
                int next = cell.offsetByCodePoints(i, 1);
                bytes.writeBytes(cell.substring(i, next).getBytes(StandardCharsets.UTF_8));
                i = next;
            }
        }
        return bytes.toByteArray();
    }

    @Override
    public String toString() {
        return text;
    }
}
