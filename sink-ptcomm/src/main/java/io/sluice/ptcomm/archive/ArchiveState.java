package io.sluice.ptcomm.archive;

import io.sluice.common.FileTree;
import io.sluice.common.SluiceException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntPredicate;

/** {@code DIR/state}: the last number of a round, its savepoint, and a running backup's files. */
final class ArchiveState {
    /** In the archive's directory. */
    static final String NAME = "state";

    private static final String LAST_ROUND = "last-round";
    private static final String SAVEPOINTS = "savepoints";
    private static final String WORK = "work";

    private final ArchiveDirectory directory;

    ArchiveState(ArchiveDirectory directory) {
        this.directory = directory;
    }

    Path path() {
        return directory.resolve(NAME);
    }

    Path work() {
        return path().resolve(WORK);
    }

    private Path savepoints() {
        return path().resolve(SAVEPOINTS);
    }

    Path savepoint(int round) {
        return savepoints().resolve(Integer.toString(round));
    }

    /** The rounds that have one, ascending. */
    List<Integer> roundsWithSavepoint() throws IOException {
        return ArchiveDirectory.numbered(savepoints());
    }

    void removeSavepoints(IntPredicate unwanted) throws IOException {
        for (int round : roundsWithSavepoint()) {
            if (unwanted.test(round)) {
                FileTree.delete(savepoint(round));
            }
        }
    }

    /** Ends the deletions that a crash interrupted. */
    void finishDeletions() throws IOException {
        FileTree.finishDeletions(savepoints());
        FileTree.finishDeletions(path());
    }

    /** Flink syncs a savepoint's files, but not the directories that name them. */
    void syncSavepoint(int round) throws IOException {
        Path savepoint = savepoint(round);
        for (String name : ArchiveDirectory.names(savepoint)) {
            Path inside = savepoint.resolve(name);
            if (Files.isDirectory(inside, LinkOption.NOFOLLOW_LINKS)) {
                ArchiveDirectory.sync(inside);
            }
        }
        ArchiveDirectory.sync(savepoint);
        ArchiveDirectory.sync(savepoints());
        ArchiveDirectory.sync(path());
    }

    /** The highest number that a round was begun with, or 0. */
    int lastBegun() throws IOException {
        try {
            String text = Files.readString(path().resolve(LAST_ROUND), StandardCharsets.US_ASCII);
            return Integer.parseInt(text.strip());
        } catch (NoSuchFileException e) {
            return 0;
        } catch (NumberFormatException e) {
            throw new SluiceException(
                    "archive "
                            + directory.quoted()
                            + ": "
                            + NAME
                            + "/"
                            + LAST_ROUND
                            + " is damaged: write the highest number of a round into it",
                    e);
        }
    }

    void writeLastBegun(int round) {
        directory.replaceFile(
                path().resolve(LAST_ROUND), (round + "\n").getBytes(StandardCharsets.US_ASCII));
    }
}
