package io.sluice.cli;

import io.sluice.pipeline.options.PathArgument;
import io.sluice.pipeline.options.RawArguments;
import io.sluice.ptcomm.archive.Archive;
import picocli.CommandLine.Parameters;

/** The archive that a command works on. */
class ArchiveArgument {
    @Parameters(
            converter = PathArgument.class,
            index = "0",
            paramLabel = "ARCHIVE",
            description = "The archive.")
    private String archive;

    final byte[] path() {
        return RawArguments.bytes(archive);
    }

    final Archive open() {
        return Archive.openForReading(path());
    }
}
