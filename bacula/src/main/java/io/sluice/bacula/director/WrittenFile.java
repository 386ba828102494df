package io.sluice.bacula.director;

import io.sluice.common.SluiceException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * A file that is whole, old or new, at every moment.
 *
 * @param changed whether it was written at all
 */
public record WrittenFile(Path path, boolean changed) {
    /**
     * Writes the content, unless the file has it.
     *
     * @throws SluiceException when that fails
     */
    public static WrittenFile of(Path path, byte[] content) {
        try {
            if (Arrays.equals(content, Files.readAllBytes(path))) {
                return new WrittenFile(path, false);
            }
        } catch (NoSuchFileException e) {
            // It is the first.
        } catch (IOException e) {
            throw failed(path, e);
        }
        Path part = path.resolveSibling("." + path.getFileName() + ".part");
        try {
            Files.deleteIfExists(part);
            try (FileChannel channel =
                    FileChannel.open(
                            part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                ByteBuffer bytes = ByteBuffer.wrap(content);
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            Files.move(part, path, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw failed(path, e);
        }
        return new WrittenFile(path, true);
    }

    private static SluiceException failed(Path path, IOException e) {
        return new SluiceException(
                "cannot write '"
                        + path
                        + "': "
                        + e
                        + "; choose another --output, or give it space and rights",
                e);
    }
}
