package io.sluice.pipeline.launch;

import io.sluice.pipeline.report.RoundFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;

/** Tells a round's report from one that a restarted collector took back and wrote again. */
record ReportVersion(Object inode, FileTime written) {
    /** The one that is there; null without one. */
    static ReportVersion of(Path round) throws IOException {
        try {
            BasicFileAttributes file =
                    Files.readAttributes(RoundFiles.report(round), BasicFileAttributes.class);
            return new ReportVersion(file.fileKey(), file.lastModifiedTime());
        } catch (NoSuchFileException e) {
            return null;
        }
    }
}
