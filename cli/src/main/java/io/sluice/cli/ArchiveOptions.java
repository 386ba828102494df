package io.sluice.cli;

import io.sluice.ptcomm.archive.Archive;
import io.sluice.restore.ArchiveStreams;
import picocli.CommandLine.Option;

/** The archive and the round that a command reads. */
final class ArchiveOptions extends ArchiveArgument {
    @Option(
            names = "--round",
            paramLabel = "latest|R|DATE",
            converter = RoundChoice.Converter.class,
            description = {
                "The round (default: latest). A DATE is 2026-11-20, 2026-11-20T03:00, with seconds,",
                "Z or an offset if you like: the youngest round begun by then; a day means its end."
            })
    private RoundChoice round;

    /** Whether a round was named. */
    boolean isRoundNamed() {
        return round != null;
    }

    int round(Archive opened) {
        return (round == null ? RoundChoice.LATEST : round).of(opened);
    }

    /** The streams of the round and of those that it builds on. */
    ArchiveStreams streams(Archive opened) {
        return new ArchiveStreams(opened.chain(round(opened)));
    }
}
