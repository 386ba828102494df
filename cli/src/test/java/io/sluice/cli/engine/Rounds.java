package io.sluice.cli.engine;

import io.sluice.common.pattern.Excludes;
import io.sluice.common.pattern.IgnorePatterns;
import io.sluice.common.round.Content;
import io.sluice.common.testing.Privileges;
import io.sluice.pipeline.launch.BackupRequest;
import io.sluice.pipeline.launch.Launcher;
import io.sluice.pipeline.launch.Level;
import io.sluice.pipeline.report.RoundReport;
import io.sluice.ptcomm.archive.Archive;
import io.sluice.ptcomm.archive.Compression;
import io.sluice.ptcomm.codec.HeadHandler;
import io.sluice.ptcomm.codec.StreamEntry;
import io.sluice.restore.ArchiveStreams;
import io.sluice.restore.Replace;
import io.sluice.restore.Restore;
import io.sluice.restore.RestoreOptions;
import io.sluice.restore.RestoreReport;
import io.sluice.restore.Selection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;

/**
 * Backup rounds of one tree into one archive, and their restores, in this process: by this process'
 * user, or by that user without the right to pass over modes.
 */
final class Rounds {
    private static final int SHARDS = 3;

    private final byte[] source;
    private final byte[] archive;
    private final Path spill;
    private final boolean heldByModes;
    private final UnaryOperator<BackupRequest.Builder> more;

    /**
     * @param source the tree
     * @param workspace an existing directory, for the archive and what a restore sorts
     * @param heldByModes whether modes hold this process back
     * @param more what is asked for besides
     */
    Rounds(
            Path source,
            Path workspace,
            boolean heldByModes,
            UnaryOperator<BackupRequest.Builder> more) {
        this.source = bytes(source);
        this.archive = bytes(workspace.resolve("archive"));
        this.spill = workspace;
        this.heldByModes = heldByModes;
        this.more = more;
    }

    static byte[] bytes(Path path) {
        return path.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** One more round. */
    RoundReport backup(Level level, boolean acceptDeletes, List<String> excludes) throws Exception {
        List<byte[]> lines = new ArrayList<>();
        excludes.forEach(path -> lines.add(Disk.bytes("/" + path)));
        Excludes left = new Excludes(IgnorePatterns.of(lines), List.of());
        BackupRequest request =
                more.apply(BackupRequest.of(source, archive))
                        .withLevel(level)
                        .withAcceptDeletes(acceptDeletes)
                        .withShards(SHARDS)
                        .withContent(Content.FULL, Compression.NONE)
                        .withCoverage(left, false, false)
                        .build();
        return asUser(new Launcher(request)::run);
    }

    /**
     * Restores a round, of whatever rounds it is made up.
     *
     * @return what was not restored as it was, one line each
     */
    List<String> restore(int round, byte[] target) throws Exception {
        return asUser(
                () -> {
                    List<String> lines = new ArrayList<>();
                    RestoreOptions options =
                            new RestoreOptions(Replace.NEVER, Selection.everything(), false, spill);
                    try (Archive opened = Archive.openForReading(archive)) {
                        RestoreReport report =
                                new Restore(target, options, line -> lines.add(line.text()))
                                        .run(new ArchiveStreams(opened.chain(round)));
                        if (!report.isComplete()) {
                            lines.add("incomplete: " + report);
                        }
                    }
                    return lines;
                });
    }

    /** The tombstones of a round. */
    Set<String> deleted(int round) throws Exception {
        Set<String> paths = new TreeSet<>();
        try (Archive opened = Archive.openForReading(archive)) {
            opened.round(round)
                    .read(
                            new HeadHandler() {
                                @Override
                                public void head(StreamEntry entry) {}

                                @Override
                                public void deleted(byte[] path, boolean directory) {
                                    paths.add(new String(path, StandardCharsets.ISO_8859_1));
                                }
                            },
                            damage -> {
                                throw new AssertionError(damage);
                            });
        }
        return paths;
    }

    private <T> T asUser(Callable<T> code) throws Exception {
        return heldByModes ? Privileges.heldByModes(code) : code.call();
    }
}
