package io.sluice.bacula.config;

import io.sluice.common.SluiceException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The pairs of a Plugin line: {@code key=value;key=value}. Blanks, newlines and backslashes before
 * newlines may stand around a pair; {@code \;} is a semicolon within a value, and every other
 * backslash stands for itself. A key alone, which must be that of a flag, means yes.
 *
 * @param pairs in the line's order
 */
public record PluginLine(List<Pair> pairs) {
    /**
     * One of them, with one character for each byte.
     *
     * @param value null where there is no equals sign
     */
    public record Pair(String key, String value) {}

    public PluginLine {
        pairs = List.copyOf(pairs);
    }

    /**
     * @param line what follows {@code sluice:}
     * @throws SluiceException when a pair has no key
     */
    public static PluginLine parse(byte[] line) {
        List<Pair> pairs = new ArrayList<>();
        for (String part : split(new String(line, StandardCharsets.ISO_8859_1))) {
            String text = strip(part);
            if (text.isEmpty()) {
                continue;
            }
            int equals = text.indexOf('=');
            String key = strip(equals < 0 ? text : text.substring(0, equals));
            if (key.isEmpty()) {
                throw new SluiceException(
                        "the Plugin line has "
                                + Kind.quote(text)
                                + ", which has no key; write key=value;key=value");
            }
            pairs.add(new Pair(key, equals < 0 ? null : strip(text.substring(equals + 1))));
        }
        return new PluginLine(pairs);
    }

    /**
     * Whether {@link #parse} gives the value back from {@link #quote}: blanks at its ends, a
     * backslash at its end or before a semicolon, and control characters are not carried.
     */
    public static boolean carries(String value) {
        return strip(value).equals(value)
                && !value.endsWith("\\")
                && !value.contains("\\;")
                && value.chars().noneMatch(c -> c < 0x20 || c == 0x7f);
    }

    /** The value as it stands in a line. */
    public static String quote(String value) {
        if (!carries(value)) {
            throw new IllegalArgumentException(value);
        }
        return value.replace(";", "\\;");
    }

    private static List<String> split(String line) {
        List<String> parts = new ArrayList<>();
        StringBuilder part = new StringBuilder();
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '\\' && i + 1 < line.length() && line.charAt(i + 1) == ';') {
                part.append(';');
                i++;
            } else if (c == ';') {
                parts.add(part.toString());
                part.setLength(0);
            } else {
                part.append(c);
            }
        }
        parts.add(part.toString());
        return parts;
    }

    /** Without blanks, and backslashes before newlines, at either end. */
    private static String strip(String text) {
        int start = 0;
        int end = text.length();
        while (start < end) {
            if (isBlank(text.charAt(start))) {
                start++;
            } else if (isContinuation(text, start, end)) {
                start += 2;
            } else {
                break;
            }
        }
        while (start < end && isBlank(text.charAt(end - 1))) {
            boolean newline = text.charAt(end - 1) == '\n';
            end--;
            if (newline && start < end && text.charAt(end - 1) == '\r') {
                end--;
            }
            if (newline && start < end && text.charAt(end - 1) == '\\') {
                end--;
            }
        }
        return text.substring(start, end);
    }

    private static boolean isContinuation(String text, int at, int end) {
        return text.charAt(at) == '\\'
                && at + 1 < end
                && (text.charAt(at + 1) == '\n' || text.charAt(at + 1) == '\r');
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t' || c == '\n' || c == '\r';
    }
}
