package io.sluice.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Changes a small tree by chance, without a model of it. */
final class RandomChanges {
    private final Path root;
    private final Random random;

    RandomChanges(Path root, Random random) {
        this.root = root;
        this.random = random;
    }

    /** Makes some directories and files, and changes them so often. */
    void fill(int times) throws IOException {
        for (int i = 0; i < 12; i++) {
            Files.createDirectories(root.resolve("d" + i % 4 + "/e" + i % 3));
            Files.writeString(root.resolve("d" + i % 4 + "/e" + i % 3 + "/f" + i), "f" + i);
        }
        for (int i = 0; i < times; i++) {
            any();
        }
    }

    /** Does something to the tree, if it can be done. */
    void any() throws IOException {
        List<Path> all = all();
        Path one = all.get(random.nextInt(all.size()));
        Path other = all.get(random.nextInt(all.size()));
        Path directory = Files.isDirectory(other, LinkOption.NOFOLLOW_LINKS) ? other : root;
        Path fresh = directory.resolve("n" + random.nextInt(40));
        boolean isFile = Files.isRegularFile(one, LinkOption.NOFOLLOW_LINKS);
        boolean free = !Files.exists(fresh, LinkOption.NOFOLLOW_LINKS);
        switch (random.nextInt(11)) {
            case 0, 1 -> {
                if (free) {
                    Files.writeString(fresh, "new " + random.nextInt());
                }
            }
            case 2 -> {
                if (free) {
                    Files.createDirectory(fresh);
                }
            }
            case 3 -> {
                if (isFile) {
                    Files.writeString(one, "more", StandardOpenOption.APPEND);
                }
            }
            case 4, 5 -> {
                if (free && !one.equals(root) && !fresh.startsWith(one)) {
                    Files.move(one, fresh);
                }
            }
            case 6 -> {
                if (isFile && free) {
                    Files.createLink(fresh, one);
                }
            }
            case 7 -> {
                if (free) {
                    Files.createSymbolicLink(fresh, Path.of("to-" + random.nextInt(9)));
                }
            }
            case 8 -> {
                if (!one.equals(root) && (isFile || random.nextInt(3) == 0)) {
                    remove(one);
                }
            }
            case 9 -> {
                if (isFile) {
                    Path over = one.resolveSibling("over");
                    Files.move(one, over, StandardCopyOption.REPLACE_EXISTING);
                }
            }
            default -> {
                if (!Files.isSymbolicLink(one)) {
                    Files.setPosixFilePermissions(
                            one,
                            PosixFilePermissions.fromString(
                                    random.nextBoolean() ? "rwxr-x---" : "rwxr-xr-x"));
                    Files.setLastModifiedTime(
                            one,
                            FileTime.from(
                                    Instant.ofEpochSecond(1_600_000_000 + random.nextInt(9))));
                }
            }
        }
    }

    private List<Path> all() throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            return all.filter(path -> !path.startsWith(root.resolve(".lustre"))).toList();
        }
    }

    private static void remove(Path tree) throws IOException {
        try (Stream<Path> all = Files.walk(tree)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
