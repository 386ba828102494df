package io.sluice.scan;

import io.sluice.common.filesystem.FileHooksFactory;
import io.sluice.common.pattern.Excludes;
import io.sluice.common.posix.FileIdentity;
import io.sluice.common.posix.RootIdentity;
import io.sluice.common.shard.MetadataTargets;
import java.io.Serializable;
import java.util.Set;

/**
 * What a scan walks, and how.
 *
 * @param root path of the tree's root on this host, as bytes; its own links are followed, those
 *     below it never
 * @param round number of the round, which is the watermark at its end
 * @param workers threads of each reader, the number of metadata calls it has in flight
 * @param entriesPerListing a larger directory comes in parts
 * @param crossMounts whether to enter filesystems that are mounted inside
 * @param excludes what the user wants left out; the root itself never is
 * @param own directories of this very run (archive, state, spill), which are left out
 * @param identity what the root must be when it is opened: the mount may have gone since the round
 *     was begun; null to take what is there
 * @param throttle path of the throttle file, as bytes; null for the process's default
 * @param tape tells which files have their data on tape alone
 * @param targets tells which metadata server has a directory
 */
public record ScanOptions(
        byte[] root,
        long round,
        int workers,
        int entriesPerListing,
        boolean crossMounts,
        Excludes excludes,
        Set<FileIdentity> own,
        RootIdentity identity,
        byte[] throttle,
        FileHooksFactory tape,
        MetadataTargets targets)
        implements Serializable {
    private static final long serialVersionUID = 1L;

    public static final int DEFAULT_ENTRIES_PER_LISTING = 4096;

    /** Beyond this a reader's threads would need more stacks and buffers than they bring. */
    public static final int MAX_WORKERS = 1024;

    public ScanOptions {
        root = root.clone();
        own = Set.copyOf(own);
        throttle = throttle == null ? null : throttle.clone();
        require(root.length > 0, "the root's path is empty");
        require(round > 0, "rounds number from 1, not " + round);
        require(
                workers >= 1 && workers <= MAX_WORKERS,
                "workers must be 1 to " + MAX_WORKERS + ", not " + workers);
        require(
                entriesPerListing >= 1,
                "entries_per_listing must be 1 or more, not " + entriesPerListing);
    }

    /** Everything at its default but what has none. */
    public static ScanOptions of(byte[] root, long round, int workers) {
        return new ScanOptions(
                root,
                round,
                workers,
                DEFAULT_ENTRIES_PER_LISTING,
                false,
                Excludes.NOTHING,
                Set.of(),
                null,
                null,
                FileHooksFactory.NONE,
                MetadataTargets.NONE);
    }

    public ScanOptions withEntriesPerListing(int entries) {
        return new ScanOptions(
                root,
                round,
                workers,
                entries,
                crossMounts,
                excludes,
                own,
                identity,
                throttle,
                tape,
                targets);
    }

    public ScanOptions withCrossMounts(boolean cross) {
        return new ScanOptions(
                root,
                round,
                workers,
                entriesPerListing,
                cross,
                excludes,
                own,
                identity,
                throttle,
                tape,
                targets);
    }

    public ScanOptions withExcludes(Excludes left) {
        return new ScanOptions(
                root,
                round,
                workers,
                entriesPerListing,
                crossMounts,
                left,
                own,
                identity,
                throttle,
                tape,
                targets);
    }

    public ScanOptions withOwn(Set<FileIdentity> directories) {
        return new ScanOptions(
                root,
                round,
                workers,
                entriesPerListing,
                crossMounts,
                excludes,
                directories,
                identity,
                throttle,
                tape,
                targets);
    }

    public ScanOptions withIdentity(RootIdentity expected) {
        return new ScanOptions(
                root,
                round,
                workers,
                entriesPerListing,
                crossMounts,
                excludes,
                own,
                expected,
                throttle,
                tape,
                targets);
    }

    public ScanOptions withThrottle(byte[] path) {
        return new ScanOptions(
                root,
                round,
                workers,
                entriesPerListing,
                crossMounts,
                excludes,
                own,
                identity,
                path,
                tape,
                targets);
    }

    public ScanOptions withTape(FileHooksFactory hooks) {
        return new ScanOptions(
                root,
                round,
                workers,
                entriesPerListing,
                crossMounts,
                excludes,
                own,
                identity,
                throttle,
                hooks,
                targets);
    }

    public ScanOptions withTargets(MetadataTargets asked) {
        return new ScanOptions(
                root,
                round,
                workers,
                entriesPerListing,
                crossMounts,
                excludes,
                own,
                identity,
                throttle,
                tape,
                asked);
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
