package io.sluice.cli;

import io.sluice.pipeline.options.PathArgument;
import io.sluice.pipeline.options.RawArguments;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.ptcomm.archive.ArchiveRound;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The archive and the round that a command reads. */
final class ArchiveOptions {
    @Parameters(
            converter = PathArgument.class,
            index = "0",
            paramLabel = "ARCHIVE",
            description = "The archive.")
    private String archive;

    @Option(
            names = "--round",
            paramLabel = "latest|R",
            defaultValue = RoundChoice.LATEST,
            converter = RoundChoice.Converter.class,
            description = "The round (default: ${DEFAULT-VALUE}).")
    private RoundChoice round;

    byte[] path() {
        return RawArguments.bytes(archive);
    }

    Archive open() {
        return Archive.openForReading(path());
    }

    ArchiveRound round(Archive opened) {
        return round.of(opened);
    }
}
