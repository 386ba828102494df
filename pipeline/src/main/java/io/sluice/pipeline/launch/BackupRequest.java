package io.sluice.pipeline.launch;

import io.sluice.common.pattern.Excludes;
import io.sluice.common.round.Content;
import io.sluice.ptcomm.archive.Compression;

/**
 * What the user asks for.
 *
 * @param path of the tree, as given
 * @param archive path of the archive, as given
 * @param level of the round
 * @param acceptDeletes whether any number of deletions is meant
 * @param shards number of streams; 0 for the archive's own number, or the default
 * @param workers metadata calls in flight; 0 for the default
 * @param excludes what to leave out
 * @param crossMounts whether what is mounted below the path belongs to it
 * @param allowEmpty whether an empty root is meant
 * @param savepoint URI or path of the savepoint to go on from, which must be the base's; null for
 *     the one that the chain names
 */
public record BackupRequest(
        byte[] path,
        byte[] archive,
        Level level,
        boolean acceptDeletes,
        int shards,
        int workers,
        Content content,
        Compression compression,
        Excludes excludes,
        boolean crossMounts,
        boolean allowEmpty,
        String savepoint) {

    /** All that lies below the path, on its own filesystem. */
    public static BackupRequest of(byte[] path, byte[] archive) {
        return new BackupRequest(
                path,
                archive,
                Level.AUTO,
                false,
                0,
                0,
                Content.FULL,
                Compression.ZSTD,
                Excludes.NOTHING,
                false,
                false,
                null);
    }

    public BackupRequest withLevel(Level other) {
        return new BackupRequest(
                path,
                archive,
                other,
                acceptDeletes,
                shards,
                workers,
                content,
                compression,
                excludes,
                crossMounts,
                allowEmpty,
                savepoint);
    }

    public BackupRequest withAcceptDeletes(boolean accept) {
        return new BackupRequest(
                path,
                archive,
                level,
                accept,
                shards,
                workers,
                content,
                compression,
                excludes,
                crossMounts,
                allowEmpty,
                savepoint);
    }

    public BackupRequest withShards(int number) {
        return new BackupRequest(
                path,
                archive,
                level,
                acceptDeletes,
                number,
                workers,
                content,
                compression,
                excludes,
                crossMounts,
                allowEmpty,
                savepoint);
    }

    public BackupRequest withWorkers(int number) {
        return new BackupRequest(
                path,
                archive,
                level,
                acceptDeletes,
                shards,
                number,
                content,
                compression,
                excludes,
                crossMounts,
                allowEmpty,
                savepoint);
    }

    public BackupRequest withContent(Content kept, Compression how) {
        return new BackupRequest(
                path,
                archive,
                level,
                acceptDeletes,
                shards,
                workers,
                kept,
                how,
                excludes,
                crossMounts,
                allowEmpty,
                savepoint);
    }

    public BackupRequest withCoverage(Excludes left, boolean cross, boolean empty) {
        return new BackupRequest(
                path,
                archive,
                level,
                acceptDeletes,
                shards,
                workers,
                content,
                compression,
                left,
                cross,
                empty,
                savepoint);
    }

    public BackupRequest withSavepoint(String given) {
        return new BackupRequest(
                path,
                archive,
                level,
                acceptDeletes,
                shards,
                workers,
                content,
                compression,
                excludes,
                crossMounts,
                allowEmpty,
                given);
    }
}
