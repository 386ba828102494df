package io.sluice.scan.reader;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A local file of blocks that are written behind each other and come back from the end. It is made
 * with the first block and has no name from then on, so that nothing is left of it whatever ends
 * the process. Not thread-safe.
 */
final class StackFile implements Closeable {
    private final Path directory;
    private FileChannel channel;
    private long end;

    /**
     * @param directory where it is made; it is made too where it is missing
     */
    StackFile(Path directory) {
        this.directory = directory;
    }

    /** Writes all that remains of {@code block}; the position where it lies. */
    long append(ByteBuffer block) throws IOException {
        long at = end;
        try {
            if (channel == null) {
                open();
            }
            long position = at;
            while (block.hasRemaining()) {
                position += channel.write(block, position);
            }
            end = position;
        } catch (IOException e) {
            throw new IOException(
                    "cannot spill directories that wait to be read into "
                            + directory
                            + ": "
                            + e.getMessage()
                            + "; give it more room, or name another place with io.tmp.dirs",
                    e);
        }
        return at;
    }

    private void open() throws IOException {
        Files.createDirectories(directory);
        Path file = Files.createTempFile(directory, "sluice-stack-", null);
        try {
            channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        } finally {
            Files.delete(file);
        }
    }

    ByteBuffer read(long at, int bytes) throws IOException {
        ByteBuffer block = ByteBuffer.allocate(bytes);
        while (block.hasRemaining()) {
            if (channel.read(block, at + block.position()) < 0) {
                throw new EOFException("the file of waiting directories ends at " + channel.size());
            }
        }
        return block.flip();
    }

    /** What lies from there on is not needed any more. */
    void truncate(long at) throws IOException {
        channel.truncate(at);
        end = at;
    }

    @Override
    public void close() throws IOException {
        if (channel != null) {
            channel.close();
        }
    }
}
