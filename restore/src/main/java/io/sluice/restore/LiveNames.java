package io.sluice.restore;

import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.pattern.Excludes;
import io.sluice.common.pattern.IgnorePatterns;
import io.sluice.common.posix.DirectoryReader;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.FileIdentity;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.Statx;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;

/**
 * Finds the live names that a round lacks. The live tree is walked level by level, a level's
 * directories sorted on disk, and its names sorted and merged with the round's: memory is bounded
 * whatever the size of the tree. What a round leaves out on purpose is left out here: the archive,
 * and what lies on other filesystems than the root; a mount point itself is a name as any. One
 * thread.
 */
final class LiveNames {
    private final Target root;
    private final Path spillDirectory;
    private final Set<FileIdentity> leftOut;
    private final Excludes excludes;
    private final VerifyTally tally;
    private final Statx rootStat = new Statx();
    private final Statx markerStat = new Statx();

    LiveNames(Target root, LiveComparison comparison, VerifyTally tally) {
        this.root = root;
        this.spillDirectory = comparison.spillDirectory();
        this.leftOut = comparison.leftOut();
        this.excludes = comparison.excludes();
        this.tally = tally;
    }

    private SpillSorter sorter() {
        return new SpillSorter(spillDirectory, SpillSorter.DEFAULT_RUN_BYTES);
    }

    /** Tells each live name that is not among {@code roundNames}. */
    void compare(SpillSorter roundNames) throws IOException {
        try (SpillSorter liveNames = sorter()) {
            walk(liveNames);
            try (SpillSorter.Sorted live = liveNames.sorted();
                    SpillSorter.Sorted round = roundNames.sorted()) {
                byte[] there = round.next();
                for (byte[] name = live.next(); name != null; name = live.next()) {
                    while (there != null && Arrays.compareUnsigned(there, name) < 0) {
                        there = round.next();
                    }
                    if (there == null || !Arrays.equals(there, name)) {
                        tally.difference(name, Difference.Kind.EXTRA, "missing", "there");
                    }
                }
            }
        }
    }

    private void walk(SpillSorter names) throws IOException {
        int looked = Posix.statOrErrno(root.descriptor(), rootStat);
        if (looked < 0) {
            unreadable(DirectoryPath.ROOT, -looked);
            return;
        }
        DirectoryReader reader = new DirectoryReader();
        try (TargetTree tree = new TargetTree(root, false, TargetTree.Making.NONE)) {
            SpillSorter level = sorter();
            level.add(DirectoryPath.ROOT);
            while (level.records() > 0) {
                SpillSorter next = sorter();
                try (SpillSorter current = level;
                        SpillSorter.Sorted sorted = current.sorted()) {
                    for (byte[] d = sorted.next(); d != null; d = sorted.next()) {
                        list(tree, d, reader, names, next);
                    }
                } catch (IOException | RuntimeException e) {
                    next.close();
                    throw e;
                }
                level = next;
            }
            level.close();
        }
    }

    private void list(
            TargetTree tree,
            byte[] directory,
            DirectoryReader reader,
            SpillSorter names,
            SpillSorter next)
            throws IOException {
        int look = tree.existingOrErrno(directory);
        int fd = look;
        if (look >= 0) {
            int flags = Posix.O_RDONLY | Posix.O_DIRECTORY;
            fd = Posix.reopenOrErrno(look, flags | Posix.O_NOATIME);
            if (fd == -Errno.EPERM) {
                fd = Posix.reopenOrErrno(look, flags);
            }
        }
        if (fd < 0) {
            unreadable(directory, -fd);
            return;
        }
        try {
            IgnorePatterns.InDirectory patterns = excludes.patterns().in(directory);
            boolean marked = excludes.mark(fd, markerStat);
            reader.start(fd);
            while (reader.next()) {
                byte[] name = reader.name();
                if (marked && !excludes.isMarker(name, name.length)) {
                    continue;
                }
                byte[] path = DirectoryPath.child(directory, name);
                int result = reader.look();
                if (result < 0 && result != -Errno.ENOENT) {
                    unreadable(path, -result);
                } else if (result == 0) {
                    boolean isDirectory = reader.stat().type() == FileType.DIRECTORY;
                    if (patterns.exclude(name, 0, name.length, isDirectory)) {
                        continue;
                    }
                    if (isDirectory && leftOut.contains(FileIdentity.of(reader.stat()))) {
                        continue;
                    }
                    names.add(path);
                    if (isDirectory && !isMountPoint(reader.stat())) {
                        next.add(path);
                    }
                }
            }
            if (reader.errno() != 0) {
                unreadable(directory, reader.errno());
            }
        } finally {
            Posix.close(fd);
        }
    }

    /** As the scan decides it. */
    private boolean isMountPoint(Statx stat) {
        if (stat.isMountRoot()) {
            return true;
        }
        if (rootStat.mountId() != 0 && stat.mountId() != 0) {
            return stat.mountId() != rootStat.mountId();
        }
        return stat.deviceMajor() != rootStat.deviceMajor()
                || stat.deviceMinor() != rootStat.deviceMinor();
    }

    private void unreadable(byte[] directory, int errno) {
        tally.difference(directory, Difference.Kind.UNREADABLE, "there", Errno.describe(errno));
    }
}
