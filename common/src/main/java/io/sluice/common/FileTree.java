package io.sluice.common;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;

/** Directories of Sluice's own, with all that is in them. No link is followed. */
public final class FileTree {
    private static final int DELETE_ATTEMPTS = 100;

    /** After the name of a directory that is being deleted. */
    private static final String DELETED = ".sluice-deleted";

    private FileTree() {}

    /** Bytes in all files of a tree; none where there is no such directory. */
    public static long bytes(Path directory) throws IOException {
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            return 0;
        }
        long[] sum = new long[1];
        Files.walkFileTree(
                directory,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                        sum[0] += attributes.size();
                        return FileVisitResult.CONTINUE;
                    }
                });
        return sum[0];
    }

    /**
     * Deletes a directory with all in it, if it is there. What a dying job on a cluster still puts
     * there or takes away meanwhile is no failure: the directory is given another name first, so
     * that nobody who writes by name can go on filling it.
     *
     * @see #finishDeletions what a crash in its middle leaves
     */
    public static void delete(Path directory) throws IOException {
        Path deleted = directory.resolveSibling(directory.getFileName() + DELETED);
        deleteInPlace(deleted);
        try {
            Files.move(directory, deleted, StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException e) {
            return;
        }
        deleteInPlace(deleted);
    }

    /** Ends the {@linkplain #delete deletions} in this directory that a crash interrupted. */
    public static void finishDeletions(Path parent) throws IOException {
        List<Path> interrupted = new ArrayList<>();
        try (DirectoryStream<Path> names = Files.newDirectoryStream(parent, "*" + DELETED)) {
            names.forEach(interrupted::add);
        } catch (NoSuchFileException e) {
            return;
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        for (Path directory : interrupted) {
            deleteInPlace(directory);
        }
    }

    private static void deleteInPlace(Path directory) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                Files.walkFileTree(directory, DELETING);
                return;
            } catch (DirectoryNotEmptyException e) {
                if (attempt == DELETE_ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private static final SimpleFileVisitor<Path> DELETING =
            new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                        throws IOException {
                    Files.deleteIfExists(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException failure)
                        throws IOException {
                    if (failure instanceof NoSuchFileException) {
                        return FileVisitResult.CONTINUE;
                    }
                    throw failure;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path visited, IOException failure)
                        throws IOException {
                    if (failure != null) {
                        throw failure;
                    }
                    Files.deleteIfExists(visited);
                    return FileVisitResult.CONTINUE;
                }
            };
}
