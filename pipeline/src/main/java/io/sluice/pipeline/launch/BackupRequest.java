package io.sluice.pipeline.launch;

import io.sluice.common.pattern.Excludes;
import io.sluice.common.round.Content;
import io.sluice.ptcomm.archive.Compression;

/**
 * What the user asks for.
 *
 * @param path of the tree, as given
 * @param archive path of the archive, as given
 * @param shards number of streams; 0 for the archive's own number, or the default
 * @param workers metadata calls in flight; 0 for the default
 * @param excludes what to leave out
 * @param crossMounts whether what is mounted below the path belongs to it
 * @param allowEmpty whether an empty root is meant
 */
public record BackupRequest(
        byte[] path,
        byte[] archive,
        int shards,
        int workers,
        Content content,
        Compression compression,
        Excludes excludes,
        boolean crossMounts,
        boolean allowEmpty) {

    /** All that lies below the path, on its own filesystem. */
    public BackupRequest(
            byte[] path,
            byte[] archive,
            int shards,
            int workers,
            Content content,
            Compression compression,
            boolean allowEmpty) {
        this(
                path,
                archive,
                shards,
                workers,
                content,
                compression,
                Excludes.NOTHING,
                false,
                allowEmpty);
    }
}
