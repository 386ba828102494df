package io.sluice.pipeline.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;

/**
 * A file of JSON lines that grows while the round runs and gets its name when it is complete; so
 * memory does not grow with it. Mode 0600. Not thread-safe.
 */
final class GrowingFile implements Closeable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path path;
    private final Path growing;
    private final FileOutputStream file;
    private final OutputStream out;

    GrowingFile(Path path) throws IOException {
        this.path = path;
        growing = path.resolveSibling(path.getFileName() + ".part");
        Files.deleteIfExists(growing);
        FileChannel.open(
                        growing,
                        EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------")))
                .close();
        file = new FileOutputStream(growing.toFile());
        out = new BufferedOutputStream(file, 64 * 1024);
    }

    /** Appends an object as a line of JSON. */
    void line(Object line) throws IOException {
        write(JSON.writeValueAsBytes(line));
        out.write('\n');
    }

    void write(byte[] bytes) throws IOException {
        out.write(bytes);
    }

    /** Makes the content durable and gives the file its name. */
    void finish() throws IOException {
        out.flush();
        file.getFD().sync();
        out.close();
        Files.move(growing, path, StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
