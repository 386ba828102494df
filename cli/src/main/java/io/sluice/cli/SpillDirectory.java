package io.sluice.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A private directory below {@code java.io.tmpdir} for what does not fit into memory; deleted at
 * the end.
 */
final class SpillDirectory implements AutoCloseable {
    private final Path path;

    SpillDirectory() throws IOException {
        path = Files.createTempDirectory("sluice-spill-");
    }

    Path path() {
        return path;
    }

    @Override
    public void close() throws IOException {
        try (var left = Files.list(path)) {
            for (Path file : left.toList()) {
                Files.deleteIfExists(file);
            }
        }
        Files.deleteIfExists(path);
    }
}
