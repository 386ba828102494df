package io.sluice.restore;

import static io.sluice.common.testing.TestTree.bytes;

import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.posix.FileType;
import io.sluice.common.testing.PosixAcl;
import io.sluice.common.testing.TestTree;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Random trees with random attributes, for root. What a filesystem does not take is left out. */
final class RandomAttributes {
    private static final int ENTRIES = 120;
    private static final int MAX_ATTRIBUTES = 6;

    private final Random random;
    private final List<byte[]> directories = new ArrayList<>();
    private final List<byte[]> others = new ArrayList<>();

    RandomAttributes(Random random) {
        this.random = random;
        directories.add(DirectoryPath.ROOT);
    }

    /** Fills an empty tree. */
    void grow(TestTree tree) throws IOException {
        for (int i = 0; i < ENTRIES; i++) {
            byte[] parent = directories.get(random.nextInt(directories.size()));
            byte[] path = DirectoryPath.child(parent, bytes("n" + i));
            switch (random.nextInt(9)) {
                case 0, 1 -> {
                    tree.directory(path);
                    directories.add(path);
                    continue;
                }
                case 2, 3 -> tree.file(path, random(random.nextInt(20_000)));
                case 4 -> tree.file(path, new byte[0]);
                case 5 -> tree.symlink(path, random.nextBoolean() ? bytes("n1") : bytes("none"));
                case 6 -> tree.special(path, FileType.FIFO, 0, 0);
                case 7 -> tree.special(path, FileType.CHARACTER_DEVICE, 1, random.nextInt(9));
                default -> {
                    if (others.isEmpty()) {
                        continue;
                    }
                    tree.link(path, others.get(random.nextInt(others.size())));
                }
            }
            others.add(path);
        }
        decorate(tree);
    }

    /** Changes attributes of what is there, also of what it has no memory of. */
    void disturb(TestTree tree) throws IOException {
        for (int i = 0; i < directories.size(); i++) {
            for (byte[] name : tree.names(directories.get(i))) {
                byte[] path = DirectoryPath.child(directories.get(i), name);
                if (tree.stat(path).type() == FileType.DIRECTORY) {
                    directories.add(path);
                } else {
                    others.add(path);
                }
            }
        }
        decorate(tree);
    }

    private void decorate(TestTree tree) throws IOException {
        List<byte[]> all = new ArrayList<>(others);
        // Times of directories come last.
        for (int i = directories.size() - 1; i >= 0; i--) {
            all.add(directories.get(i));
        }
        for (byte[] path : all) {
            boolean symlink = tree.stat(path).type() == FileType.SYMLINK;
            tree.owner(path, random.nextInt(3), random.nextInt(3));
            if (!symlink) {
                tree.mode(path, random.nextInt(010000));
            }
            for (int n = random.nextInt(MAX_ATTRIBUTES); n > 0; n--) {
                attribute(tree, path);
            }
            tree.times(path, random.nextInt(), 0, random.nextInt(), random.nextInt(1_000_000_000));
        }
    }

    private void attribute(TestTree tree, byte[] path) throws IOException {
        switch (random.nextInt(6)) {
            case 0 -> tree.xattrOrErrno(path, bytes(PosixAcl.ACCESS), acl());
            case 1 -> tree.xattrOrErrno(path, bytes(PosixAcl.DEFAULT), acl());
            case 2 -> tree.xattrOrErrno(path, name("trusted."), value());
            case 3 -> tree.xattrOrErrno(path, name("security.x-"), value());
            default -> tree.xattrOrErrno(path, name("user."), value());
        }
    }

    private byte[] name(String namespace) {
        byte[] rest = random(1 + random.nextInt(random.nextInt(10) == 0 ? 200 : 3));
        byte[] name = java.util.Arrays.copyOf(bytes(namespace), namespace.length() + rest.length);
        for (int i = 0; i < rest.length; i++) {
            name[namespace.length() + i] = rest[i] == 0 ? 1 : rest[i];
        }
        return name;
    }

    private byte[] value() {
        return random(random.nextInt(random.nextInt(4) == 0 ? 4000 : 30));
    }

    private byte[] acl() {
        PosixAcl acl = new PosixAcl().owner(random.nextInt(8));
        for (int i = random.nextInt(4); i > 0; i--) {
            acl.user(1000 - i, random.nextInt(8));
        }
        return acl.owningGroup(random.nextInt(8))
                .group(random.nextInt(5000), random.nextInt(8))
                .mask(random.nextInt(8))
                .other(random.nextInt(8))
                .toBytes();
    }

    private byte[] random(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }
}
