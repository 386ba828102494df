package io.sluice.pipeline.launch;

import io.sluice.common.posix.Posix;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * Archives of released versions, without the streams: one full round with its savepoint. Each is of
 * the same tree, {@link #makeTree}.
 */
final class SavepointFixture {
    /**
     * Names in {@code many}: one more than a page may have. All are names of one file, which makes
     * the fixture small.
     */
    static final int MANY = 4097;

    /**
     * All names of the tree: many and what is in it, root, keep, two in it, gone and four in it.
     */
    static final int KNOWN = 1 + MANY + 1 + 3 + 5;

    static final List<String> GONE =
            List.of("gone", "gone/deep", "gone/deep/x", "gone/deep/y", "gone/link");

    private SavepointFixture() {}

    /** Makes the tree in an empty directory. */
    static void makeTree(Path root) throws IOException {
        Files.createDirectories(root.resolve("gone/deep"));
        Files.createDirectories(root.resolve("keep"));
        Files.createDirectories(root.resolve("many"));
        Files.writeString(root.resolve("keep/a"), "a");
        Files.writeString(root.resolve("gone/deep/x"), "x");
        Files.writeString(root.resolve("gone/deep/y"), "y");
        Files.createSymbolicLink(root.resolve("gone/link"), Path.of("deep"));
        // No character set has this name.
        byte[] keep = (root + "/keep/").getBytes(StandardCharsets.UTF_8);
        byte[] name = Arrays.copyOf(keep, keep.length + 2);
        name[keep.length] = (byte) 0xff;
        name[keep.length + 1] = '\n';
        Posix.close(Posix.open(Posix.AT_FDCWD, name, Posix.O_CREAT | Posix.O_WRONLY, 0600));
        for (int i = 0; i < MANY; i++) {
            Files.createLink(root.resolve("many/" + i), root.resolve("keep/a"));
        }
    }

    /** Unpacks a fixture, and makes it the archive of {@code source}. */
    static void unpack(String fixture, Path archive, Path source) throws IOException {
        try (InputStream packed = SavepointFixture.class.getResourceAsStream(fixture);
                ZipInputStream zip = new ZipInputStream(packed)) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                Path file = archive.resolve(entry.getName());
                Files.createDirectories(file.getParent());
                Files.copy(zip, file);
            }
        }
        SourceRoot root = SourceRoot.of(source.toString().getBytes(StandardCharsets.UTF_8));
        Chain.Filesystem filesystem = Chain.Filesystem.of(root);
        edit(archive.resolve("archive.json"), "path", source.toString());
        edit(archive.resolve("state/chain.json"), "path", source.toString());
        edit(archive.resolve("state/chain.json"), "type", filesystem.type());
        edit(archive.resolve("state/chain.json"), "root_inode", filesystem.rootInode());
    }

    private static void edit(Path json, String field, String value) throws IOException {
        Matcher found =
                Pattern.compile("(\"" + field + "\" ?: ?\")[^\"]*\"")
                        .matcher(Files.readString(json));
        if (!found.find()) {
            throw new IllegalStateException(json + " has no field " + field);
        }
        Files.writeString(
                json, found.replaceFirst(Matcher.quoteReplacement(found.group(1) + value + "\"")));
    }

    /**
     * Writes the fixture of the present release: run it when a release is made, and keep those of
     * the releases before.
     *
     * @param arguments the zip file
     */
    public static void main(String[] arguments) throws Exception {
        Path work = Files.createTempDirectory("sluice-fixture-");
        Path source = Files.createDirectory(work.resolve("source"));
        Path archive = work.resolve("archive");
        makeTree(source);
        Thread.sleep(4200);
        new Launcher(
                        BackupRequest.of(
                                        source.toString().getBytes(StandardCharsets.UTF_8),
                                        archive.toString().getBytes(StandardCharsets.UTF_8))
                                .withShards(2)
                                .build())
                .run();
        try (ZipOutputStream zip =
                        new ZipOutputStream(Files.newOutputStream(Path.of(arguments[0])));
                Stream<Path> files = Files.walk(archive)) {
            for (Path file : files.sorted().toList()) {
                String name = archive.relativize(file).toString();
                boolean stream = name.matches("rounds/1/shard.*");
                if (Files.isRegularFile(file) && !stream) {
                    zip.putNextEntry(new ZipEntry(name));
                    Files.copy(file, zip);
                }
            }
        }
    }
}
