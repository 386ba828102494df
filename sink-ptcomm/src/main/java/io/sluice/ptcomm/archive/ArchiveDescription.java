package io.sluice.ptcomm.archive;

/**
 * {@code archive.json}: what an archive is; written once.
 *
 * @param format of the whole archive
 * @param path escaped text of the path that is backed up here
 * @param shards number of streams that a round has, as the first was made
 */
public record ArchiveDescription(int format, String path, int shards) {}
