package io.sluice.restore;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Files without a name, for what does not fit into memory. */
final class SpillFile {
    private SpillFile() {}

    /**
     * A file of this user alone, which the JDK unlinks as soon as it is open: the kernel gives its
     * space back however the process ends.
     */
    static FileChannel open(Path directory, String prefix) throws IOException {
        return FileChannel.open(
                Files.createTempFile(directory, prefix, ".run"),
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                StandardOpenOption.DELETE_ON_CLOSE);
    }
}
