package io.sluice.ptcomm.archive;

import java.io.IOException;
import java.nio.file.Files;

/**
 * {@code archive.json}: what an archive is; written once.
 *
 * @param format of the whole archive
 * @param path escaped text of the path that is backed up here
 * @param shards number of streams that a round has, as the first was made
 * @param streams {@link #HERE} if rounds' streams lie in the archive, {@link #BRIDGES} if they went
 *     to bridges, and it holds what the next round needs to know
 */
public record ArchiveDescription(int format, String path, int shards, String streams) {
    public static final String HERE = "here";
    public static final String BRIDGES = "bridges";

    /**
     * @throws IllegalArgumentException if nobody knows where the streams are
     */
    public ArchiveDescription {
        if (!HERE.equals(streams) && !BRIDGES.equals(streams)) {
            throw new IllegalArgumentException("streams are nowhere: " + streams);
        }
    }

    /** Its name in the archive's directory. */
    static final String FILE = "archive.json";

    static ArchiveDescription read(ArchiveDirectory directory) throws IOException {
        return ArchiveJson.read(
                Files.readAllBytes(directory.resolve(FILE)),
                ArchiveDescription.class,
                "archive " + directory.quoted() + ": " + FILE);
    }

    void write(ArchiveDirectory directory) {
        directory.replaceFile(directory.resolve(FILE), ArchiveJson.write(this));
    }
}
