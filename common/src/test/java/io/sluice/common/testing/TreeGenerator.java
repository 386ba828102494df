package io.sluice.common.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.PosixException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Fills a tree with entries of every kind that Linux has: all types, sizes, names, owners, modes,
 * times, attributes and links. The same seed gives the same tree, but for what the filesystem or
 * the user may not have: devices, owners and {@code trusted.*} need root, large attributes a
 * filesystem that keeps them.
 *
 * <p>Entries are made by {@link #random}, {@link #extremes}, {@link #furtherNames}, {@link #names};
 * {@link #finish} then gives them their attributes, since making an entry changes its directory.
 */
public final class TreeGenerator {
    /** A user that is nobody else, and often the owner of something here. */
    public static final int NOBODY = 65534;

    private static final int[] OWNERS = {0, NOBODY, 1000, 0x8000_0001, -2};
    private static final int[] FILE_MODES = {
        0644, 0600, 0, 04755, 02755, 06711, 01666, 0444, 0222, 0751, 07777, 0640
    };
    private static final int[] DIRECTORY_MODES = {
        0755, 0755, 0711, 0700, 0, 01777, 02775, 0644, 0555, 07070, 0750
    };
    private static final long[] SECONDS = {
        0,
        -1,
        -2_000_000_000L,
        1_700_000_000L,
        // Beyond 31 and 32 bits, and the year that ext4 ends with.
        (1L << 31) + 5,
        (1L << 32) + 7,
        15_000_000_000L
    };
    private static final byte[] CAPABILITY = {
        1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
    };
    private static final int LARGE_VALUE_BYTES = 60_000;
    private static final int EXT4_VALUE_BYTES = 3_000;
    private static final int LARGE_FILE_BYTES = 3 << 20;
    private static final int BLOCK_BYTES = 64 << 10;
    private static final int WIDE_NAMES = 5_200;
    private static final int HARD_LINKS = 400;
    private static final int DEEP_LEVELS = 25;
    private static final int DEEP_NAME_BYTES = 200;
    private static final int TARGET_BYTES = 4_000;

    private static final List<byte[]> ODD_NAMES =
            List.of(
                    bytes("\n"),
                    bytes("line\nbreak\n"),
                    bytes(" "),
                    bytes(" before"),
                    bytes("behind "),
                    bytes("-rf"),
                    bytes("--"),
                    bytes("\\"),
                    bytes("back\\x41slash\\"),
                    bytes("\001\033[31m\177\t\r"),
                    bytes("'quoted': name: \""),
                    bytes("..."),
                    bytes("~"),
                    bytes("*"),
                    bytes("$(id)`id`"),
                    bytes("grün ☂"),
                    new byte[] {(byte) 0xff, (byte) 0xfe},
                    new byte[] {(byte) 0xc3},
                    new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80},
                    filled(255, (byte) 'n'),
                    filled(255, (byte) 0xa0));

    private final TestTree tree;
    private final Random random;
    private final boolean root = Privileges.isRoot();
    private final SortedMap<byte[], GeneratedFile> entries = new TreeMap<>(Arrays::compareUnsigned);
    private final List<byte[]> directories = new ArrayList<>();
    private int odd;

    /**
     * @param tree empty
     */
    public TreeGenerator(TestTree tree, long seed) {
        this.tree = tree;
        this.random = new Random(seed);
        entries.put(DirectoryPath.ROOT, new GeneratedFile(FileType.DIRECTORY, 0, 0, 0));
        entries.get(DirectoryPath.ROOT).paths.add(DirectoryPath.ROOT);
        directories.add(DirectoryPath.ROOT);
    }

    /** Everything that was made, by path; the root's is empty. Parents come before children. */
    public SortedMap<byte[], GeneratedFile> entries() {
        return entries;
    }

    /** Makes {@code count} entries of random kinds at random places. */
    public TreeGenerator random(int count) throws PosixException {
        for (int i = 0; i < count; i++) {
            randomEntry(free(directories.get(random.nextInt(directories.size()))));
        }
        return this;
    }

    private void randomEntry(byte[] path) throws PosixException {
        switch (random.nextInt(12)) {
            case 0, 1, 2 -> directory(path);
            case 3, 4, 5 -> file(path, content(1 + random.nextInt(20_000)));
            case 6 -> file(path, content(0));
            case 7 -> symlink(path, content(1 + random.nextInt(60)));
            case 8 -> special(path, FileType.FIFO, 0, 0);
            case 9 -> special(path, FileType.SOCKET, 0, 0);
            case 10 -> device(path);
            default -> link(path, random.nextInt(entries.size()));
        }
    }

    private void device(byte[] path) throws PosixException {
        FileType type = random.nextBoolean() ? FileType.BLOCK_DEVICE : FileType.CHARACTER_DEVICE;
        if (!root) {
            special(path, FileType.FIFO, 0, 0);
        } else if (random.nextInt(3) == 0) {
            // Overlay filesystems mark removed files by it, and any user may make it.
            special(path, FileType.CHARACTER_DEVICE, 0, 0);
        } else {
            // The widest numbers that the kernel has: 12 and 20 bits.
            special(path, type, random.nextInt(1 << 12), random.nextInt(1 << 20));
        }
    }

    /** A further name of the {@code n}th entry, or of the next that may have one. */
    private void link(byte[] path, int n) throws PosixException {
        List<byte[]> paths = new ArrayList<>(entries.keySet());
        for (int i = 0; i < paths.size(); i++) {
            byte[] existing = paths.get((n + i) % paths.size());
            if (entries.get(existing).type != FileType.DIRECTORY) {
                link(path, existing);
                return;
            }
        }
        file(path, content(1));
    }

    /** Makes what is large, deep, wide, sparse, or has many names. */
    public TreeGenerator extremes() throws PosixException {
        file(
                free(DirectoryPath.ROOT),
                content(LARGE_FILE_BYTES + random.nextInt(LARGE_FILE_BYTES)));
        symlink(free(DirectoryPath.ROOT), filled(TARGET_BYTES, (byte) 't'));
        symlink(free(DirectoryPath.ROOT), bytes("no such file"));
        symlink(free(DirectoryPath.ROOT), bytes("wide"));
        symlink(free(DirectoryPath.ROOT), bytes("."));
        sparse();
        deep();
        wide();
        links();
        return this;
    }

    private void sparse() throws PosixException {
        long size = 64L * BLOCK_BYTES;
        sparse(bytes("hole at the start"), size, size - BLOCK_BYTES);
        sparse(bytes("hole at the end"), size, 0);
        sparse(bytes("holes at both ends"), size + 1, size / 2);
        sparse(bytes("hole in the middle"), size, 0);
        tree.write(bytes("hole in the middle"), size - BLOCK_BYTES, content(BLOCK_BYTES));
        tree.sparse(bytes("one hole"), size + 3, 0, new byte[0]);
        made(bytes("one hole"), new GeneratedFile(FileType.REGULAR, size + 3, 0, 0));
        sparse(bytes("a tebibyte"), 1L << 40, 1L << 39);
    }

    private void sparse(byte[] path, long size, long offset) throws PosixException {
        tree.sparse(path, size, offset, content(BLOCK_BYTES));
        made(path, new GeneratedFile(FileType.REGULAR, size, 0, 0));
    }

    private void deep() throws PosixException {
        byte[] path = DirectoryPath.ROOT;
        for (int i = 0; i < DEEP_LEVELS; i++) {
            path = DirectoryPath.child(path, filled(DEEP_NAME_BYTES, (byte) ('a' + i)));
            directory(path);
        }
        directory(DirectoryPath.child(path, bytes("directory")));
        file(DirectoryPath.child(path, bytes("file")), content(100));
        symlink(DirectoryPath.child(path, bytes("symlink")), bytes("file"));
        special(DirectoryPath.child(path, bytes("fifo")), FileType.FIFO, 0, 0);
        link(bytes("a name outside"), DirectoryPath.child(path, bytes("file")));
    }

    private void wide() throws PosixException {
        directory(bytes("wide"));
        for (int i = 0; i < WIDE_NAMES; i++) {
            byte[] path = DirectoryPath.child(bytes("wide"), bytes("name " + i));
            if (i % 10 == 0) {
                file(path, content(random.nextInt(30)));
            } else {
                link(path, DirectoryPath.child(bytes("wide"), bytes("name " + i / 10 * 10)));
            }
        }
    }

    private void links() throws PosixException {
        byte[] file = bytes("of many names");
        file(file, content(5_000));
        for (int i = 0; i < HARD_LINKS; i++) {
            link(free(directories.get(random.nextInt(directories.size()))), file);
        }
        furtherNames();
    }

    /** Gives one entry of each kind that may have one a further name. */
    public TreeGenerator furtherNames() throws PosixException {
        for (FileType type : FileType.values()) {
            for (byte[] path : new ArrayList<>(entries.keySet())) {
                if (entries.get(path).type == type && type != FileType.DIRECTORY) {
                    link(free(directories.get(random.nextInt(directories.size()))), path);
                    break;
                }
            }
        }
        return this;
    }

    /** Gives one file {@code count} names, in a few directories. */
    public TreeGenerator names(int count) throws PosixException {
        byte[] file = bytes("file");
        file(file, content(10_000));
        for (int i = 0; i < 7; i++) {
            directory(bytes("in " + i));
        }
        for (int i = 1; i < count; i++) {
            link(bytes("in " + i % 7 + "/name " + i), file);
        }
        return this;
    }

    private void directory(byte[] path) throws PosixException {
        tree.directory(path);
        made(path, new GeneratedFile(FileType.DIRECTORY, 0, 0, 0));
        directories.add(path);
    }

    private void file(byte[] path, byte[] content) throws PosixException {
        tree.file(path, content);
        made(path, new GeneratedFile(FileType.REGULAR, content.length, 0, 0));
    }

    private void symlink(byte[] path, byte[] target) throws PosixException {
        tree.symlink(path, target);
        made(path, new GeneratedFile(FileType.SYMLINK, target.length, 0, 0));
    }

    private void special(byte[] path, FileType type, int major, int minor) throws PosixException {
        tree.special(path, type, major, minor);
        made(path, new GeneratedFile(type, 0, major, minor));
    }

    private void link(byte[] path, byte[] existing) throws PosixException {
        tree.link(path, existing);
        made(path, entries.get(existing));
    }

    private void made(byte[] path, GeneratedFile file) {
        entries.put(path, file);
        file.paths.add(path);
    }

    /** A path that is not taken: an odd name first, later any bytes. */
    private byte[] free(byte[] directory) {
        while (true) {
            byte[] path = DirectoryPath.child(directory, name());
            if (!entries.containsKey(path)) {
                return path;
            }
        }
    }

    private byte[] name() {
        if (odd < ODD_NAMES.size()) {
            return ODD_NAMES.get(odd++);
        }
        byte[] name = content(random.nextInt(8) == 0 ? 255 : 3 + random.nextInt(12));
        for (int i = 0; i < name.length; i++) {
            if (name[i] == '/') {
                name[i] = '.';
            }
        }
        return name;
    }

    /** Random bytes without zeros, so that none is taken for a hole and all may be a target. */
    private byte[] content(int length) {
        byte[] content = new byte[length];
        random.nextBytes(content);
        for (int i = 0; i < length; i++) {
            if (content[i] == 0) {
                content[i] = 'z';
            }
        }
        return content;
    }

    /** Gives all that was made, the root excepted, owners, attributes, modes and times. */
    public TreeGenerator finish() throws PosixException {
        Map<GeneratedFile, byte[]> seen = new IdentityHashMap<>();
        for (Map.Entry<byte[], GeneratedFile> entry : entries.entrySet()) {
            if (seen.putIfAbsent(entry.getValue(), entry.getKey()) == null) {
                attributes(entry.getKey(), entry.getValue());
            }
        }
        // From below: without root, a directory's mode may bar the way.
        List<byte[]> paths = new ArrayList<>(entries.keySet());
        seen.clear();
        for (int i = paths.size() - 1; i >= 0; i--) {
            GeneratedFile file = entries.get(paths.get(i));
            if (seen.putIfAbsent(file, paths.get(i)) == null) {
                modeAndTimes(paths.get(i), file);
            }
        }
        return this;
    }

    private void attributes(byte[] path, GeneratedFile file) throws PosixException {
        boolean isRoot = path.length == 0;
        if (root && !isRoot) {
            file.uid = any(OWNERS);
            file.gid = any(OWNERS);
            tree.owner(path, file.uid, file.gid);
        } else {
            file.uid = tree.stat(path).uid();
            file.gid = tree.stat(path).gid();
        }
        if (isRoot || random.nextInt(3) > 0) {
            return;
        }
        boolean user = file.type == FileType.REGULAR || file.type == FileType.DIRECTORY;
        if (user) {
            set(path, file, "user.empty", new byte[0]);
            set(path, file, "user.value\n\u00fc", content(40));
        }
        if (root) {
            set(path, file, "trusted.sluice", content(30));
        }
        if (root && random.nextBoolean()) {
            set(path, file, "security.sluice", content(10));
        }
        if (root && file.type == FileType.REGULAR && random.nextBoolean()) {
            set(path, file, "security.capability", CAPABILITY);
        }
        if (file.type != FileType.SYMLINK && random.nextBoolean()) {
            accessList(path, file);
        }
        if (user
                && random.nextInt(3) == 0
                && !set(path, file, "user.large", content(LARGE_VALUE_BYTES))) {
            set(path, file, "user.large", content(EXT4_VALUE_BYTES));
        }
    }

    private void accessList(byte[] path, GeneratedFile file) throws PosixException {
        int user = random.nextBoolean() ? NOBODY : 1001;
        int may = random.nextInt(8);
        int groupMay = random.nextInt(8);
        byte[] list =
                new PosixAcl()
                        .owner(random.nextInt(8))
                        .user(user, may)
                        .owningGroup(groupMay)
                        .group(4711, random.nextInt(8))
                        .mask(random.nextInt(8))
                        .other(random.nextInt(8))
                        .toBytes();
        if (set(path, file, PosixAcl.ACCESS, list)) {
            file.namedUser = user;
            file.namedUserMay = may;
            file.owningGroupMay = groupMay;
        }
        if (file.type == FileType.DIRECTORY) {
            set(path, file, PosixAcl.DEFAULT, list);
        }
    }

    private boolean set(byte[] path, GeneratedFile file, String attribute, byte[] value)
            throws PosixException {
        if (tree.xattrOrErrno(path, bytes(attribute), value) < 0) {
            return false;
        }
        file.attributes.add(attribute);
        return true;
    }

    private void modeAndTimes(byte[] path, GeneratedFile file) throws PosixException {
        if (file.type != FileType.SYMLINK) {
            file.permissions =
                    path.length == 0
                            ? 0755
                            : file.type == FileType.DIRECTORY
                                    ? any(DIRECTORY_MODES)
                                    : any(FILE_MODES);
            tree.mode(path, file.permissions);
        }
        long accessed = SECONDS[random.nextInt(SECONDS.length)];
        long modified = SECONDS[random.nextInt(SECONDS.length)];
        tree.times(path, accessed, nanos(), modified, nanos());
    }

    private int nanos() {
        return random.nextInt(1_000_000_000);
    }

    private int any(int[] values) {
        return values[random.nextInt(values.length)];
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private static byte[] filled(int length, byte with) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, with);
        return bytes;
    }
}
