package io.sluice.cli;

import io.sluice.pipeline.options.RawArguments;
import java.util.Arrays;

/** Paths of entries on the command line: relative to the directory that was backed up. */
final class EntryPath {
    private EntryPath() {}

    /** A shell completes a directory's name with a slash; and the root is called a dot. */
    static byte[] of(String argument) {
        byte[] path = RawArguments.bytes(argument);
        int length = path.length;
        while (length > 1 && path[length - 1] == '/') {
            length--;
        }
        boolean root = length == 1 && path[0] == '.';
        return Arrays.copyOf(path, root ? 0 : length);
    }
}
