package io.sluice.ptcomm.fd;

import io.sluice.common.SluiceException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;

/** Small files that only their owner may read. */
final class PrivateFile {
    private static final int MOST_LINE_BYTES = 4096;

    private PrivateFile() {}

    /**
     * @param what it is, for messages
     * @throws SluiceException if it cannot be read, others may read it, or it is larger than {@code
     *     most} bytes
     */
    static byte[] read(Path file, String what, int most) {
        String name = what + " '" + file + "'";
        try {
            for (PosixFilePermission permission : Files.getPosixFilePermissions(file)) {
                if (!permission.name().startsWith("OWNER_")) {
                    throw new SluiceException(
                            name + " is open to others than its owner: chmod 600 it");
                }
            }
        } catch (IOException | UnsupportedOperationException e) {
            throw cannotRead(name, e);
        }
        return readOpen(file, what, most);
    }

    /** As {@link #read}, of what others may read too. */
    static byte[] readOpen(Path file, String what, int most) {
        String name = what + " '" + file + "'";
        try {
            if (Files.size(file) > most) {
                throw new SluiceException(
                        name + " has more than " + most + " bytes: it is no " + what);
            }
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw cannotRead(name, e);
        }
    }

    /**
     * Its content without white space around it, one character a byte.
     *
     * @throws SluiceException as {@link #read}
     */
    static String line(Path file, String what) {
        return new String(read(file, what, MOST_LINE_BYTES), StandardCharsets.ISO_8859_1).strip();
    }

    private static SluiceException cannotRead(String name, Exception problem) {
        return new SluiceException("cannot read " + name + ": " + problem.getMessage(), problem);
    }
}
