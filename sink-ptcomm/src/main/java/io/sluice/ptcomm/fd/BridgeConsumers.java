package io.sluice.ptcomm.fd;

import io.sluice.common.SluiceException;
import io.sluice.common.posix.Pipe;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The consumers of a bridge that stands by itself. */
public final class BridgeConsumers {
    private static final long END_MS = 5000;

    /** What a pipe holds, by default (pipe(7)). */
    private static final int PIPE_BYTES = 64 * 1024;

    private static final int STANDARD_OUTPUT = 1;
    private static final long READ_POLL_MS = 10;

    private BridgeConsumers() {}

    private static void writeAll(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Waits until nothing lies in the pipe any more. */
    static void awaitRead(int pipe) throws IOException {
        while (Pipe.unread(pipe) > 0) {
            if (Pipe.isDeserted(pipe)) {
                throw new IOException("the reader of the pipe ended before it had read all");
            }
            try {
                TimeUnit.MILLISECONDS.sleep(READ_POLL_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while the stream's end was read", e);
            }
        }
    }

    /**
     * Whoever reads this process's standard output. Through a pipe, the stream has ended when all
     * of it has been read.
     */
    public static BridgeConsumer standardOutput() {
        Pipe.enlarge(STANDARD_OUTPUT);
        FileChannel out = new FileOutputStream(FileDescriptor.out).getChannel();
        return new BridgeConsumer() {
            @Override
            public void write(ByteBuffer frames) throws IOException {
                writeAll(out, frames);
            }

            @Override
            public void finish() throws IOException {
                if (Pipe.is(STANDARD_OUTPUT)) {
                    awaitRead(STANDARD_OUTPUT);
                }
            }

            @Override
            public void close() throws IOException {
                out.close();
            }
        };
    }

    /**
     * A new file. Until the stream is released it has {@code .part} behind its name.
     *
     * @throws SluiceException if it is there already, or cannot be made
     */
    public static BridgeConsumer file(Path file) {
        Path part = file.resolveSibling(file.getFileName() + ".part");
        FileChannel channel;
        try {
            if (Files.exists(file)) {
                throw new FileAlreadyExistsException(file.toString());
            }
            channel =
                    FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        } catch (FileAlreadyExistsException e) {
            throw new SluiceException(
                    "'" + e.getFile() + "' is there already: remove it, or choose another name", e);
        } catch (IOException e) {
            throw new SluiceException("cannot make '" + part + "': " + e.getMessage(), e);
        }
        return new BridgeConsumer() {
            @Override
            public void write(ByteBuffer frames) throws IOException {
                writeAll(channel, frames);
            }

            @Override
            public void finish() throws IOException {
                channel.force(true);
                Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
                try (FileChannel directory = FileChannel.open(file.toAbsolutePath().getParent())) {
                    directory.force(true);
                }
            }

            @Override
            public void close() throws IOException {
                channel.close();
            }
        };
    }

    /**
     * The standard input of a command, whose other outputs are this process's. It must end with 0
     * when the stream has ended; it gets SIGTERM when the stream is given up.
     *
     * @throws SluiceException if it cannot be started
     */
    public static BridgeConsumer command(List<String> command) {
        Process process;
        try {
            process =
                    new ProcessBuilder(command)
                            .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start();
        } catch (IOException e) {
            throw new SluiceException(
                    "cannot start '" + command.get(0) + "': " + e.getMessage(), e);
        }
        OutputStream input = process.getOutputStream();
        byte[] block = new byte[PIPE_BYTES];
        return new BridgeConsumer() {
            @Override
            public void write(ByteBuffer frames) throws IOException {
                try {
                    while (frames.hasRemaining()) {
                        int length = Math.min(frames.remaining(), block.length);
                        frames.get(block, 0, length);
                        input.write(block, 0, length);
                    }
                    input.flush();
                } catch (IOException e) {
                    throw ended() ? new IOException(end(), e) : e;
                }
            }

            @Override
            public void finish() throws IOException {
                input.close();
                try {
                    process.waitFor();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IOException("interrupted while the command ended", e);
                }
                if (process.exitValue() != 0) {
                    throw new IOException(end());
                }
            }

            /** A broken pipe comes a moment before the end of who broke it. */
            private boolean ended() {
                try {
                    return process.waitFor(END_MS, TimeUnit.MILLISECONDS);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return false;
                }
            }

            private String end() {
                return "'" + command.get(0) + "' ended with " + process.exitValue();
            }

            @Override
            public void close() {
                process.destroy();
            }
        };
    }
}
