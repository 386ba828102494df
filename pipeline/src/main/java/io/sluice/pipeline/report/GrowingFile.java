package io.sluice.pipeline.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.common.SluiceException;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.ClosedByInterruptException;
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
 *
 * <p>An attempt that goes on from a checkpoint copies what the file had then: an earlier attempt
 * that is not quite dead writes on in a file of its own, without a name.
 */
final class GrowingFile implements Closeable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final byte[] NEWLINE = {'\n'};

    private final Path path;
    private final Path growing;
    private final FileChannel file;
    private final OutputStream out;

    /** An empty one, whatever was there. */
    GrowingFile(Path path) throws IOException {
        this(path, 0);
    }

    /**
     * @param length of the beginning that is kept, of what an earlier attempt wrote
     * @throws SluiceException if it wrote less than that
     */
    GrowingFile(Path path, long length) throws IOException {
        this.path = path;
        growing = path.resolveSibling(path.getFileName() + ".part");
        file = writing(() -> create(length));
        out = new BufferedOutputStream(Channels.newOutputStream(file), 64 * 1024);
    }

    private FileChannel create(long length) throws IOException {
        if (Files.exists(path)) {
            // It was complete, for a report that was not saved.
            Files.move(path, growing, StandardCopyOption.ATOMIC_MOVE);
        }
        Path copy = path.resolveSibling(path.getFileName() + ".part.new");
        Files.deleteIfExists(copy);
        FileChannel created =
                FileChannel.open(
                        copy,
                        EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------")));
        boolean begun = false;
        try {
            copy(length, created);
            // Also after a second failure, on another host, the file has what a checkpoint counts.
            created.force(true);
            Files.move(copy, growing, StandardCopyOption.ATOMIC_MOVE);
            begun = true;
            return created;
        } finally {
            if (!begun) {
                created.close();
            }
        }
    }

    private void copy(long length, FileChannel to) throws IOException {
        long done = 0;
        if (length > 0 && Files.exists(growing)) {
            try (FileChannel former = FileChannel.open(growing, StandardOpenOption.READ)) {
                for (long n = 1; n > 0 && done < length; done += n) {
                    n = former.transferTo(done, length - done, to);
                }
            }
        }
        if (done < length) {
            throw new SluiceException(
                    growing
                            + " has "
                            + done
                            + " bytes, and had "
                            + length
                            + " at the last checkpoint; the round is given up, run again");
        }
    }

    /** A part of the work that the filesystem may refuse. */
    private interface Step<T> {
        T run() throws IOException;
    }

    /** What a file in the archive cannot take now it will not take after a restart either. */
    private <T> T writing(Step<T> step) throws IOException {
        try {
            return step.run();
        } catch (ClosedByInterruptException e) {
            // The job is being cancelled.
            throw e;
        } catch (IOException e) {
            throw new SluiceException("cannot write " + path + ": " + e.getMessage(), e);
        }
    }

    /** Appends an object as a line of JSON. */
    void line(Object line) throws IOException {
        write(JSON.writeValueAsBytes(line));
        write(NEWLINE);
    }

    void write(byte[] bytes) throws IOException {
        writing(
                () -> {
                    out.write(bytes);
                    return null;
                });
    }

    /** Makes durable what was written; its length then. */
    long sync() throws IOException {
        return writing(
                () -> {
                    if (!file.isOpen()) {
                        return Files.size(path);
                    }
                    out.flush();
                    file.force(true);
                    return file.size();
                });
    }

    /** Makes the content durable and gives the file its name. */
    void finish() throws IOException {
        sync();
        writing(
                () -> {
                    out.close();
                    return Files.move(growing, path, StandardCopyOption.ATOMIC_MOVE);
                });
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
