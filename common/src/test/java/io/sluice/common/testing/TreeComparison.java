package io.sluice.common.testing;

import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.entry.Stat;
import io.sluice.common.posix.DirectoryReader;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.NativeBuffer;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.PosixException;
import io.sluice.common.posix.Statx;
import io.sluice.common.text.Text;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Compares two directory trees, the root included, by names and by everything that a name has. What
 * it finds is text, one line for each difference: the path, the aspect, and both values. Trees of a
 * test's size: one level's names are held in memory, and the inodes of files with several names.
 */
public final class TreeComparison {
    /** What is compared, apart from names and types, which always are. */
    public enum Aspect {
        MODE,
        OWNER,
        /** Of regular files and links. */
        SIZE,
        MTIME,
        /** Off unless asked for: what reads a tree, this comparison's readlink too, changes it. */
        ATIME,
        TARGET,
        CONTENT,
        /** Which names are the same file. */
        HARD_LINKS,
        /** Where data and holes lie. Off unless asked for: filesystems differ in their blocks. */
        HOLES,
        XATTR,
        RDEV
    }

    private static final int CHUNK_BYTES = 1 << 20;

    private final Set<Aspect> aspects;
    private final List<String> differences = new ArrayList<>();
    private final Map<String, byte[]> leftFirst = new HashMap<>();
    private final Map<String, byte[]> rightFirst = new HashMap<>();
    private final NativeBuffer leftBytes = new NativeBuffer(CHUNK_BYTES);
    private final NativeBuffer rightBytes = new NativeBuffer(CHUNK_BYTES);

    private TreeComparison(Set<Aspect> aspects) {
        this.aspects = aspects;
    }

    /** All aspects but ATIME and HOLES. */
    public static Set<Aspect> usual() {
        return EnumSet.complementOf(EnumSet.of(Aspect.ATIME, Aspect.HOLES));
    }

    /** The usual aspects, without some. */
    public static Set<Aspect> usualWithout(Aspect... ignored) {
        Set<Aspect> aspects = usual();
        aspects.removeAll(Arrays.asList(ignored));
        return aspects;
    }

    /** Compares the usual aspects. */
    public static List<String> compare(TestTree left, TestTree right) throws PosixException {
        return compare(left.path(), right.path(), usual());
    }

    /**
     * Compares.
     *
     * @param left path of a directory, as is {@code right}
     * @return the differences, those of a directory before those below it; none for equal trees
     */
    public static List<String> compare(byte[] left, byte[] right, Set<Aspect> aspects)
            throws PosixException {
        TreeComparison comparison = new TreeComparison(aspects);
        int flags = Posix.O_RDONLY | Posix.O_DIRECTORY;
        int leftRoot = Posix.open(Posix.AT_FDCWD, left, flags, 0);
        try {
            int rightRoot = Posix.open(Posix.AT_FDCWD, right, flags, 0);
            try {
                comparison.run(leftRoot, rightRoot);
            } finally {
                Posix.close(rightRoot);
            }
        } finally {
            Posix.close(leftRoot);
        }
        return comparison.differences;
    }

    private void run(int leftRoot, int rightRoot) throws PosixException {
        byte[] self = {'.'};
        compareEntry(DirectoryPath.ROOT, leftRoot, rightRoot, self);
        Deque<byte[]> pending = new ArrayDeque<>();
        pending.add(DirectoryPath.ROOT);
        while (!pending.isEmpty()) {
            byte[] directory = pending.removeFirst();
            int left = open(leftRoot, directory);
            int right = open(rightRoot, directory);
            for (byte[] name : compareDirectory(directory, left, right)) {
                pending.add(DirectoryPath.child(directory, name));
            }
            Posix.close(left);
            Posix.close(right);
        }
    }

    private static int open(int root, byte[] directory) throws PosixException {
        int look = Posix.openDirectoryOrErrno(root, directory, 0);
        if (look < 0) {
            throw new PosixException("open", directory, -look);
        }
        try {
            int flags = Posix.O_RDONLY | Posix.O_DIRECTORY;
            return openQuietly(Posix.AT_FDCWD, Posix.procPath(look), flags);
        } finally {
            Posix.close(look);
        }
    }

    /**
     * Without leaving an access time where the kernel allows: a later name may be the same file.
     */
    private static int openQuietly(int directory, byte[] name, int flags) throws PosixException {
        int fd = Posix.openOrErrno(directory, name, flags | Posix.O_NOATIME, 0);
        return fd == -Errno.EPERM ? Posix.open(directory, name, flags, 0) : fd(name, fd);
    }

    private static int fd(byte[] name, int result) throws PosixException {
        if (result < 0) {
            throw new PosixException("open", name, -result);
        }
        return result;
    }

    /** The names that are directories on both sides. */
    private List<byte[]> compareDirectory(byte[] directory, int left, int right)
            throws PosixException {
        List<byte[]> leftNames = names(directory, left);
        List<byte[]> rightNames = names(directory, right);
        List<byte[]> both = new ArrayList<>();
        int l = 0;
        int r = 0;
        while (l < leftNames.size() || r < rightNames.size()) {
            int order =
                    l == leftNames.size()
                            ? 1
                            : r == rightNames.size()
                                    ? -1
                                    : Arrays.compareUnsigned(leftNames.get(l), rightNames.get(r));
            if (order < 0) {
                differ(
                        DirectoryPath.child(directory, leftNames.get(l++)),
                        "name",
                        "there",
                        "missing");
            } else if (order > 0) {
                differ(
                        DirectoryPath.child(directory, rightNames.get(r++)),
                        "name",
                        "missing",
                        "there");
            } else {
                byte[] name = leftNames.get(l++);
                r++;
                if (compareEntry(DirectoryPath.child(directory, name), left, right, name)) {
                    both.add(name);
                }
            }
        }
        return both;
    }

    private static List<byte[]> names(byte[] directory, int fd) throws PosixException {
        DirectoryReader reader = new DirectoryReader();
        reader.start(fd);
        List<byte[]> names = new ArrayList<>();
        while (reader.next()) {
            names.add(reader.name());
        }
        if (reader.errno() != 0) {
            throw new PosixException("list", directory, reader.errno());
        }
        names.sort(Arrays::compareUnsigned);
        return names;
    }

    /** Whether it is a directory on both sides. */
    private boolean compareEntry(byte[] path, int left, int right, byte[] name)
            throws PosixException {
        Stat l = stat(left, name);
        Stat r = stat(right, name);
        if (l.type() != r.type()) {
            differ(path, "type", l.type(), r.type());
            return false;
        }
        FileType type = l.type();
        if (type != FileType.SYMLINK) {
            check(
                    Aspect.MODE,
                    path,
                    Integer.toOctalString(l.permissions()),
                    Integer.toOctalString(r.permissions()));
        }
        check(Aspect.OWNER, path, l.uid() + ":" + l.gid(), r.uid() + ":" + r.gid());
        check(Aspect.MTIME, path, l.modified(), r.modified());
        check(Aspect.ATIME, path, l.accessed(), r.accessed());
        if (type.isDevice()) {
            check(
                    Aspect.RDEV,
                    path,
                    l.rdevMajor() + ":" + l.rdevMinor(),
                    r.rdevMajor() + ":" + r.rdevMinor());
        }
        if (type == FileType.SYMLINK && aspects.contains(Aspect.TARGET)) {
            check(
                    Aspect.TARGET,
                    path,
                    Text.quote(Posix.readlink(left, name)),
                    Text.quote(Posix.readlink(right, name)));
        }
        if (type == FileType.REGULAR) {
            check(Aspect.SIZE, path, l.size(), r.size());
            compareData(path, left, right, name, l.size() == r.size());
        }
        if (aspects.contains(Aspect.XATTR)) {
            compareXattrs(path, left, right, name);
        }
        if (type != FileType.DIRECTORY && aspects.contains(Aspect.HARD_LINKS)) {
            byte[] leftOf = leftFirst.putIfAbsent(identity(l), path);
            byte[] rightOf = rightFirst.putIfAbsent(identity(r), path);
            String leftText = leftOf == null ? "none" : Text.quote(leftOf);
            String rightText = rightOf == null ? "none" : Text.quote(rightOf);
            check(Aspect.HARD_LINKS, path, "same as " + leftText, "same as " + rightText);
        }
        return type == FileType.DIRECTORY;
    }

    private static String identity(Stat stat) {
        return stat.deviceMajor() + ":" + stat.deviceMinor() + ":" + stat.inode();
    }

    private static Stat stat(int directory, byte[] name) throws PosixException {
        Statx stat = new Statx();
        int result = Posix.statOrErrno(directory, name, stat);
        if (result < 0) {
            throw new PosixException("statx", name, -result);
        }
        return Stat.of(stat);
    }

    private void compareData(byte[] path, int left, int right, byte[] name, boolean sameSize)
            throws PosixException {
        boolean content = sameSize && aspects.contains(Aspect.CONTENT);
        boolean holes = aspects.contains(Aspect.HOLES);
        if (!content && !holes) {
            return;
        }
        int flags = Posix.O_RDONLY | Posix.O_NOFOLLOW | Posix.O_NONBLOCK;
        int l = openQuietly(left, name, flags);
        int r = openQuietly(right, name, flags);
        try {
            if (holes) {
                check(Aspect.HOLES, path, map(l), map(r));
            }
            if (content) {
                compareContent(path, l, r);
            }
        } finally {
            Posix.close(l);
            Posix.close(r);
        }
    }

    private static List<String> map(int fd) {
        List<String> runs = new ArrayList<>();
        long at = 0;
        while (true) {
            long data = Posix.seekOrErrno(fd, at, Posix.SEEK_DATA);
            if (data < 0) {
                return runs;
            }
            at = Posix.seekOrErrno(fd, data, Posix.SEEK_HOLE);
            runs.add(data + "-" + at);
        }
    }

    private void compareContent(byte[] path, int left, int right) throws PosixException {
        long at = 0;
        while (true) {
            // What is a hole on both sides is passed over.
            long skip = Math.min(nextData(left, at), nextData(right, at));
            if (skip == Long.MAX_VALUE) {
                return;
            }
            at = skip;
            int l = Posix.preadOrErrno(left, leftBytes, 0, CHUNK_BYTES, at);
            int r = Posix.preadOrErrno(right, rightBytes, 0, CHUNK_BYTES, at);
            if (l < 0 || r < 0) {
                throw new PosixException("read", path, l < 0 ? -l : -r);
            }
            int n = Math.min(l, r);
            int same = leftBytes.bytes().slice(0, n).mismatch(rightBytes.bytes().slice(0, n));
            if (same >= 0) {
                differ(
                        path,
                        "content",
                        "byte " + (at + same) + " is " + (leftBytes.bytes().get(same) & 0xff),
                        rightBytes.bytes().get(same) & 0xff);
                return;
            }
            if (l != r) {
                differ(path, "content", "ends at " + (at + l), "ends at " + (at + r));
                return;
            }
            if (n == 0) {
                return;
            }
            at += n;
        }
    }

    private static long nextData(int fd, long at) {
        long next = Posix.seekOrErrno(fd, at, Posix.SEEK_DATA);
        return next == -Errno.ENXIO ? Long.MAX_VALUE : next < 0 ? at : next;
    }

    private void compareXattrs(byte[] path, int left, int right, byte[] name)
            throws PosixException {
        check(Aspect.XATTR, path, xattrs(left, name), xattrs(right, name));
    }

    private static SortedMap<String, String> xattrs(int directory, byte[] name)
            throws PosixException {
        SortedMap<String, String> values = new TreeMap<>();
        byte[] names;
        try {
            names = Posix.listXattr(directory, name);
        } catch (PosixException e) {
            if (e.errno() == Errno.EOPNOTSUPP) {
                return values;
            }
            throw e;
        }
        int start = 0;
        for (int i = 0; i < names.length; i++) {
            if (names[i] == 0) {
                byte[] attribute = Arrays.copyOfRange(names, start, i);
                byte[] value = Posix.getXattr(directory, name, attribute);
                values.put(Text.escape(attribute), Text.quote(value));
                start = i + 1;
            }
        }
        return values;
    }

    private void check(Aspect aspect, byte[] path, Object left, Object right) {
        if (aspects.contains(aspect) && !left.equals(right)) {
            differ(path, aspect.name().toLowerCase(Locale.ROOT), left, right);
        }
    }

    private void differ(byte[] path, String aspect, Object left, Object right) {
        differences.add(Text.quote(path) + ": " + aspect + ": " + left + " | " + right);
    }
}
