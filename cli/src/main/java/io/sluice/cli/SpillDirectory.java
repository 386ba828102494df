package io.sluice.cli;

import java.nio.file.Path;

/** Where goes what does not fit into memory, as files without a name. */
final class SpillDirectory {
    private SpillDirectory() {}

    /** {@code java.io.tmpdir}. */
    static Path path() {
        return Path.of(System.getProperty("java.io.tmpdir"));
    }
}
