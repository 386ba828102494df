package io.sluice.restore;

import io.sluice.common.SluiceException;
import io.sluice.common.posix.Errno;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Where a {@link StreamRestore} keeps what is not for the target: a directory of its own, {@code
 * sluice-restore-} and eight hexadecimal digits, in a given one. In it lies a {@link JournalFile}
 * that says in which directory of the target the temporary names are. It goes with the restore; one
 * that a killed restore has left is taken over by the next restore with the same working directory
 * on that host, whatever it restores: the temporary names are removed. Belongs to one thread.
 */
final class StreamJournal implements WorkJournal, Closeable {
    private static final String PREFIX = "sluice-restore-";
    private static final Path HOST = Path.of("/proc/sys/kernel/hostname");
    private static final int RUN = 1;
    private static final int WRITING_INTO = 4;

    /** Tries at a name that no other restore has taken. */
    private static final int ATTEMPTS = 16;

    /** A directory without a journal is a restore's that just begins, or one that died then. */
    private static final Duration BEGINNING = Duration.ofDays(1);

    private final int token;
    private final Path directory;
    private final Target opened;
    private final JournalFile file;
    private byte[] current;

    private StreamJournal(int token, Path directory, Target opened, JournalFile file) {
        this.token = token;
        this.directory = directory;
        this.opened = opened;
        this.file = file;
    }

    /**
     * Takes over what killed restores have left, and begins.
     *
     * @param workDirectory made where it is missing
     * @throws SluiceException when nothing can be written there
     */
    static StreamJournal begin(Path workDirectory, byte[] target, RestoreTally tally)
            throws IOException {
        Files.createDirectories(workDirectory);
        try (DirectoryStream<Path> left =
                Files.newDirectoryStream(workDirectory, PREFIX + "????????")) {
            for (Path directory : left) {
                try {
                    takeOver(directory, tally);
                } catch (IOException e) {
                    tally.note(
                            bytes(directory),
                            "left by a killed restore, and cannot be removed: "
                                    + e
                                    + "; look into it, and remove it");
                }
            }
        }
        SplittableRandom random = new SplittableRandom();
        for (int attempt = 0; ; attempt++) {
            int token = random.nextInt();
            Path directory = workDirectory.resolve(PREFIX + HexFormat.of().toHexDigits(token));
            Target opened = Target.openOrCreate(bytes(directory));
            try {
                JournalFile file = JournalFile.open(opened);
                StreamJournal journal = new StreamJournal(token, directory, opened, file);
                file.append(new RecordWriter().octet(RUN).number(token).path(target).path(host()));
                return journal;
            } catch (TargetLockedException e) {
                // Another restore looks whether it is alive.
                opened.close();
                if (attempt == ATTEMPTS) {
                    throw e;
                }
            } catch (RuntimeException e) {
                opened.close();
                throw e;
            }
        }
    }

    /** A working directory may be shared, and the same target's path is elsewhere then. */
    private static byte[] host() throws IOException {
        return Files.readString(HOST).strip().getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] bytes(Path path) {
        return path.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** What a journal says. */
    private static final class Left {
        int token;
        byte[] target;
        byte[] host;
        byte[] directory;
    }

    private static void takeOver(Path directory, RestoreTally tally) throws IOException {
        Path name = directory.resolve(new String(JournalFile.NAME, StandardCharsets.US_ASCII));
        if (!Files.exists(name)) {
            if (Files.getLastModifiedTime(directory)
                    .toInstant()
                    .isBefore(Instant.now().minus(BEGINNING))) {
                remove(directory);
            }
            return;
        }
        try (Target opened = Target.openExisting(bytes(directory));
                JournalFile file = JournalFile.open(opened)) {
            if (!file.isLocked()) {
                // Nobody can say whether that restore is alive.
                return;
            }
            Left left = new Left();
            file.readAll(
                    record -> {
                        int kind = record.octet();
                        if (kind == RUN) {
                            left.token = record.number();
                            left.target = record.path();
                            left.host = record.path();
                        } else if (kind == WRITING_INTO) {
                            left.directory = record.path();
                        }
                    });
            if (left.host != null && !Arrays.equals(left.host, host())) {
                return;
            }
            if (left.directory != null) {
                removeTemporaries(left);
                tally.note(
                        left.target,
                        "an earlier restore to it was killed: what it had begun is removed, and"
                                + " directories that it made may be closed to others still; run"
                                + " that one again with Replace=always");
            }
            file.remove();
            remove(directory);
        } catch (TargetLockedException e) {
            // It is alive.
        } catch (SluiceException e) {
            tally.note(
                    bytes(directory), "left by a killed restore, and of no use: " + e.getMessage());
        }
    }

    /**
     * With the files that were about to lose their names ({@link SpillFile}), or could not.
     *
     * @throws IOException when something else is in it too, which stays
     */
    private static void remove(Path directory) throws IOException {
        try (DirectoryStream<Path> runs = Files.newDirectoryStream(directory, "*.run")) {
            for (Path run : runs) {
                Files.deleteIfExists(run);
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        Files.deleteIfExists(directory);
    }

    private static void removeTemporaries(Left left) {
        try (Target target = Target.openExisting(left.target);
                TargetTree tree = new TargetTree(target, false, TargetTree.Making.NONE)) {
            RestoreJournal.removeTemporaries(tree, left.directory, Set.of(left.token));
        } catch (SluiceException e) {
            // The target is gone, and with it what was begun there.
        }
    }

    /** For what does not fit into memory. */
    Path spillDirectory() {
        return directory;
    }

    @Override
    public TemporaryName names() {
        return new TemporaryName(token);
    }

    @Override
    public void writingInto(byte[] parent) {
        if (!Arrays.equals(current, parent)) {
            file.append(new RecordWriter().octet(WRITING_INTO).path(parent));
            current = parent;
        }
    }

    /** Nothing goes on from here: Bacula reads its volumes from the beginning. */
    @Override
    public void placing(byte[] dataName, LinkJournal.Written written) {}

    /** What cannot be removed is left to the next restore: this one is complete without it. */
    @Override
    public void close() {
        int removed = file.remove();
        file.close();
        opened.close();
        if (removed == 0 || removed == -Errno.ENOENT) {
            try {
                remove(directory);
            } catch (IOException e) {
                // Without a journal in it, a later restore removes it, or tells of it.
            }
        }
    }
}
