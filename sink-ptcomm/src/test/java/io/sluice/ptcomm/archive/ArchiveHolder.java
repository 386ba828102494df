package io.sluice.ptcomm.archive;

import io.sluice.common.SluiceException;
import java.io.IOException;
import java.util.HexFormat;

/**
 * Another process: opens the archive (its path in hexadecimal digits), says "open" or the
 * exception's name, and with "hold" keeps it until it is killed.
 */
final class ArchiveHolder {
    private ArchiveHolder() {}

    public static void main(String[] arguments) throws IOException {
        byte[] path = HexFormat.of().parseHex(arguments[1]);
        try (Archive archive =
                arguments[0].equals("read")
                        ? Archive.openForReading(path)
                        : Archive.openForBackup(path, TestArchive.SOURCE, 1)) {
            System.out.println("open");
            if (arguments[0].equals("hold")) {
                // Until the end of the input, which comes with the parent's death too.
                System.in.read();
            }
            archive.roundNumbers();
        } catch (SluiceException e) {
            System.out.println(e.getClass().getSimpleName());
        }
    }
}
