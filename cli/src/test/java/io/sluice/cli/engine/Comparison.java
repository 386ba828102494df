package io.sluice.cli.engine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.sluice.common.hash.Xxh3;
import io.sluice.common.posix.DirectoryReader;
import io.sluice.common.posix.FileIdentity;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.NativeBuffer;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.PosixException;
import io.sluice.common.posix.Statx;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/**
 * Compares a directory on disk with what a round is expected to hold: names, types, content, modes,
 * owners, modification times, targets, extended attributes, and which names are one inode.
 *
 * <p>Of the last: names of one of the model's inodes that one round stored in one state, and that
 * all rounds since have seen alike, must be one inode. Names of two inodes never are. What is
 * between may be one or two, since the archive has it twice, and is only counted:
 *
 * <ul>
 *   <li>names in two states (one that is left out keeps the older);
 *   <li>names that two rounds stored first (a directory with a linked file was moved: that name is
 *       new, the file's other one unchanged);
 *   <li>names of which one has been kept unseen (left out, or its deletion withheld), while the
 *       other may have been stored again, because it was owed.
 * </ul>
 */
final class Comparison {
    /** One thing that is not as expected. */
    record Difference(String path, String aspect, Object expected, Object found) {}

    private static final int LIMIT = 50;
    private static final int BUFFER_BYTES = 4 << 20;
    private final NativeBuffer buffer = new NativeBuffer(BUFFER_BYTES);

    private record State(int node, int changed, int stored, int kept) {}

    private record Named(String path, int node) {}

    private final Map<String, Entry> expected;
    private final List<Difference> differences = new ArrayList<>();
    private final Set<String> seen = new HashSet<>();
    private final Map<State, FileIdentity> inodes = new HashMap<>();
    private final Map<FileIdentity, Named> names = new HashMap<>();
    private final Map<Integer, FileIdentity> lastOfNode = new HashMap<>();
    private int apart;

    Comparison(Map<String, Entry> expected) {
        this.expected = expected;
    }

    /** Compares, once, and gives what differs, the first of it at least. */
    List<Difference> run(byte[] directory) throws PosixException {
        int flags = Posix.O_RDONLY | Posix.O_DIRECTORY;
        int fd = Posix.open(Posix.AT_FDCWD, directory, flags, 0);
        try {
            compare("", fd, ".");
            below("", fd);
        } finally {
            Posix.close(fd);
        }
        for (String path : expected.keySet()) {
            if (!seen.contains(path)) {
                differ(path, "name", "there", "missing");
            }
        }
        return differences;
    }

    /** How many names were found apart that may be. */
    int apart() {
        return apart;
    }

    private void below(String directory, int fd) throws PosixException {
        for (String name : names(fd)) {
            String path = Model.child(directory, name);
            if (compare(path, fd, name)) {
                int flags = Posix.O_RDONLY | Posix.O_DIRECTORY | Posix.O_NOFOLLOW;
                int child = Posix.open(fd, Disk.bytes(name), flags, 0);
                try {
                    below(path, child);
                } finally {
                    Posix.close(child);
                }
            }
        }
    }

    private static List<String> names(int fd) throws PosixException {
        DirectoryReader reader = new DirectoryReader();
        reader.start(fd);
        List<String> names = new ArrayList<>();
        while (reader.next()) {
            names.add(new String(reader.name(), ISO_8859_1));
        }
        if (reader.errno() != 0) {
            throw new PosixException("list", fd, reader.errno());
        }
        return names;
    }

    /** Whether it is a directory on both sides. */
    private boolean compare(String path, int parent, String name) throws PosixException {
        seen.add(path);
        Entry entry = expected.get(path);
        if (entry == null) {
            differ(path, "name", "missing", "there");
            return false;
        }
        byte[] bytes = Disk.bytes(name);
        Statx stat = new Statx();
        int result = Posix.statOrErrno(parent, bytes, stat);
        if (result < 0) {
            throw new PosixException("statx", Disk.bytes(path), -result);
        }
        if (!check(path, "type", entry.type(), stat.type())) {
            return false;
        }
        if (entry.type() != FileType.SYMLINK) {
            check(path, "mode", octal(entry.permissions()), octal(stat.mode() & 07777));
        }
        check(path, "owner", entry.uid() + ":" + entry.gid(), stat.uid() + ":" + stat.gid());
        check(
                path,
                "mtime",
                time(entry.seconds(), entry.nanos()),
                time(stat.modificationSeconds(), stat.modificationNanos()));
        if (entry.type() == FileType.SYMLINK) {
            String target = new String(Posix.readlink(parent, bytes), ISO_8859_1);
            check(path, "target", entry.target(), target);
        }
        if (entry.type() == FileType.REGULAR
                && check(path, "size", entry.size(), stat.size())
                && entry.size() > 0) {
            check(path, "content", entry.hash(), hash(parent, bytes));
        }
        check(path, "xattrs", text(entry.xattrs()), text(xattrs(parent, bytes)));
        if (entry.type() != FileType.DIRECTORY) {
            inode(path, entry, FileIdentity.of(stat));
        }
        return entry.type() == FileType.DIRECTORY;
    }

    private void inode(String path, Entry entry, FileIdentity found) {
        State state = new State(entry.node(), entry.changed(), entry.stored(), entry.kept());
        FileIdentity same = inodes.putIfAbsent(state, found);
        if (same != null) {
            check(
                    path,
                    "inode",
                    "that of " + names.get(same),
                    "that of " + names.get(found),
                    same,
                    found);
        }
        Named other = names.putIfAbsent(found, new Named(path, entry.node()));
        if (other != null && other.node() != entry.node()) {
            differ(path, "inode", "none of " + other.path(), "the same");
        }
        FileIdentity last = lastOfNode.put(entry.node(), found);
        if (last != null && same == null && !last.equals(found)) {
            apart++;
        }
    }

    private void check(
            String path, String aspect, String expectedText, String foundText, Object a, Object b) {
        if (!a.equals(b)) {
            differ(path, aspect, expectedText, foundText);
        }
    }

    private long hash(int parent, byte[] name) throws PosixException {
        int flags = Posix.O_RDONLY | Posix.O_NOFOLLOW;
        int fd = Posix.open(parent, name, flags, 0);
        try {
            int n = Posix.preadOrErrno(fd, buffer, 0, BUFFER_BYTES, 0);
            if (n < 0) {
                throw new PosixException("read", name, -n);
            }
            byte[] content = new byte[n];
            buffer.bytes().get(0, content);
            return Xxh3.hash64(content);
        } finally {
            Posix.close(fd);
        }
    }

    private static Map<String, byte[]> xattrs(int parent, byte[] name) throws PosixException {
        byte[] list = Posix.listXattr(parent, name);
        Map<String, byte[]> xattrs = new TreeMap<>();
        for (String attribute : new String(list, ISO_8859_1).split("\0", -1)) {
            if (attribute.startsWith("user.") || attribute.startsWith("trusted.")) {
                xattrs.put(attribute, Posix.getXattr(parent, name, Disk.bytes(attribute)));
            }
        }
        return xattrs;
    }

    private static String text(Map<String, byte[]> xattrs) {
        if (xattrs.isEmpty()) {
            return "none";
        }
        StringBuilder text = new StringBuilder();
        xattrs.forEach(
                (name, value) ->
                        text.append(name)
                                .append('=')
                                .append(Long.toHexString(Xxh3.hash64(value)))
                                .append(' '));
        return text.toString();
    }

    private static String octal(int permissions) {
        return Integer.toOctalString(permissions);
    }

    private static String time(long seconds, int nanos) {
        return seconds + "s " + nanos + "ns";
    }

    private boolean check(String path, String aspect, Object wanted, Object found) {
        if (!Objects.equals(wanted, found)) {
            differ(path, aspect, wanted, found);
            return false;
        }
        return true;
    }

    private void differ(String path, String aspect, Object wanted, Object found) {
        if (differences.size() < LIMIT) {
            differences.add(new Difference(path, aspect, wanted, found));
        }
    }
}
