package io.sluice.ptcomm.codec;

import java.util.Arrays;

/** The rules for paths in a stream. */
final class StreamPath {
    private StreamPath() {}

    static void checkPrefix(byte[] prefix) {
        if (prefix.length > 0
                && (prefix[0] != '/' || problem(prefix, 1, prefix.length, false) != null)) {
            throw new IllegalArgumentException("a prefix begins with '/' and is a plain path");
        }
    }

    /**
     * What is wrong with {@code bytes[from, to)} as a path below a root, or null. It has no slash
     * at either end; the empty path is allowed where {@code mayBeEmpty}.
     */
    static String problem(byte[] bytes, int from, int to, boolean mayBeEmpty) {
        if (from == to) {
            return mayBeEmpty ? null : "is empty";
        }
        int start = from;
        for (int i = from; i <= to; i++) {
            if (i == to || bytes[i] == '/') {
                int length = i - start;
                if (length == 0) {
                    return "has an empty component";
                }
                if (bytes[start] == '.'
                        && (length == 1 || (length == 2 && bytes[start + 1] == '.'))) {
                    return "has a component '.' or '..'";
                }
                start = i + 1;
            } else if (bytes[i] == 0) {
                return "holds a NUL";
            }
        }
        return null;
    }

    static boolean startsWith(byte[] bytes, byte[] prefix) {
        return bytes.length > prefix.length
                && Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length)
                && bytes[prefix.length] == '/';
    }
}
