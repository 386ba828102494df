package io.sluice.cli;

import io.sluice.common.FileTree;
import io.sluice.common.SluiceException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A directory that only this user may enter, and that goes with all in it. */
final class TemporaryDirectory implements Closeable {
    private final Path path;

    /** Below {@code java.io.tmpdir}. */
    TemporaryDirectory() {
        try {
            path = Files.createTempDirectory(SpillDirectory.path(), "sluice-");
        } catch (IOException e) {
            throw new SluiceException(
                    "cannot make a temporary directory in '"
                            + SpillDirectory.path()
                            + "' ("
                            + e.getMessage()
                            + "); set SLUICE_JAVA_OPTS=-Djava.io.tmpdir=DIR",
                    e);
        }
    }

    Path path() {
        return path;
    }

    @Override
    public void close() throws IOException {
        FileTree.delete(path);
    }
}
