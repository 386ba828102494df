package io.sluice.pipeline.report;

import com.dynatrace.hash4j.hashing.HashStream64;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.common.SluiceException;
import io.sluice.common.hash.Xxh3;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.HexFormat;

/**
 * A file of JSON lines that grows while the round runs; so memory does not grow with it. Mode 0600.
 * Not thread-safe.
 *
 * <p>Each attempt has one of its own. One that goes on from a checkpoint copies what the former
 * attempt's had then and leaves that alone: an attempt that is not quite dead may still write it.
 */
final class GrowingFile implements Closeable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final byte[] NEWLINE = {'\n'};
    private static final int BUFFER = 64 * 1024;

    private final Path path;
    private final FileChannel file;
    private final OutputStream out;
    private final HashStream64 hash = Xxh3.stream();
    private long length;
    private boolean finished;

    /**
     * An empty one.
     *
     * @throws SluiceException if there is one already, or it cannot be made
     */
    GrowingFile(Path path) throws IOException {
        this.path = path;
        file =
                writing(
                        () ->
                                FileChannel.open(
                                        path,
                                        EnumSet.of(
                                                StandardOpenOption.CREATE_NEW,
                                                StandardOpenOption.WRITE),
                                        PosixFilePermissions.asFileAttribute(
                                                PosixFilePermissions.fromString("rw-------"))));
        out = new BufferedOutputStream(Channels.newOutputStream(file), BUFFER);
    }

    /**
     * One that begins as another does.
     *
     * @param former what an earlier attempt wrote
     * @param kept bytes of its beginning
     * @throws SluiceException if it has less than that
     */
    static GrowingFile copy(Path path, Path former, long kept) throws IOException {
        GrowingFile copy = new GrowingFile(path);
        boolean whole = false;
        try {
            copy.append(former, kept);
            whole = true;
            return copy;
        } finally {
            if (!whole) {
                copy.close();
            }
        }
    }

    private void append(Path former, long kept) throws IOException {
        if (kept > 0 && Files.exists(former)) {
            byte[] bytes = new byte[BUFFER];
            try (InputStream in = Files.newInputStream(former)) {
                for (int n = 1; n > 0 && length < kept; ) {
                    n = in.read(bytes, 0, (int) Math.min(bytes.length, kept - length));
                    if (n > 0) {
                        write(bytes, n);
                    }
                }
            }
        }
        if (length < kept) {
            throw new SluiceException(
                    former
                            + " has "
                            + length
                            + " bytes, and had "
                            + kept
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
        write(bytes, bytes.length);
    }

    private void write(byte[] bytes, int count) throws IOException {
        writing(
                () -> {
                    out.write(bytes, 0, count);
                    return null;
                });
        hash.putBytes(bytes, 0, count);
        length += count;
    }

    /** Makes durable what was written; its length then. */
    long sync() throws IOException {
        writing(
                () -> {
                    if (!finished) {
                        out.flush();
                        file.force(true);
                        syncName();
                    }
                    return null;
                });
        return length;
    }

    /** Another host must find the file after this one has failed. */
    private void syncName() throws IOException {
        try (FileChannel directory = FileChannel.open(path.getParent(), StandardOpenOption.READ)) {
            directory.force(true);
        }
    }

    /**
     * Ends the file, durably.
     *
     * @param name that it will have
     */
    RoundReport.Listed finish(String name) throws IOException {
        sync();
        close();
        finished = true;
        return new RoundReport.Listed(name, length, HexFormat.of().toHexDigits(hash.getAsLong()));
    }

    /**
     * Drops what was written since {@link #sync}: whoever closes without that has failed, and on a
     * full disk the rest would fail again. An operator that throws here takes its TaskManager down.
     */
    @Override
    public void close() throws IOException {
        file.close();
    }
}
