package io.sluice.ptcomm.archive;

import io.sluice.common.FileTree;
import io.sluice.common.SluiceException;
import io.sluice.common.round.Receipt;
import io.sluice.common.text.Text;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A directory of rounds, as docs/formats.md lays it out. Open, it holds the archive's lock:
 * exclusive for a backup, shared for readers. Used by one thread at a time; a reader's rounds may
 * be read by several.
 *
 * <p>Whatever is wrong with the archive is a {@link SluiceException} with one line that names it.
 */
public final class Archive implements Closeable {
    private static final String LOCK = "lock";
    private static final String ROUNDS = "rounds";
    private static final String MANIFEST = "manifest.json";

    /** Ends the names of a round's files that no attempt has given their own. */
    private static final String PART = ".part";

    /** What a first backup may have left that died before it wrote archive.json. */
    private static final Set<String> BEGUN =
            Set.of(LOCK, ROUNDS, ArchiveState.NAME, ArchiveDescription.FILE + ".tmp");

    private final ArchiveDirectory directory;
    private final ArchiveState state;
    private final ArchiveLock lock;
    private final ArchiveDescription description;
    private final boolean writable;

    private Archive(
            ArchiveDirectory directory,
            ArchiveLock lock,
            ArchiveDescription description,
            boolean writable) {
        this.directory = directory;
        this.state = new ArchiveState(directory);
        this.lock = lock;
        this.description = description;
        this.writable = writable;
    }

    /**
     * Whether the path means the same in this process and in others, as a path and in a URI, so
     * that other processes can use the paths of this class too.
     */
    public static boolean isPlainPath(byte[] archive) {
        return archive.length > 0 && archive[0] == '/' && ArchiveDirectory.plain(archive) != null;
    }

    /**
     * Opens an archive for a backup, or makes one of a directory that is empty or missing.
     *
     * @param archive its directory
     * @param path what is backed up into it; a name on the source's side
     * @param shards number of streams, for a new archive
     * @throws ArchiveLockedException if another process works on it
     */
    public static Archive openForBackup(byte[] archive, byte[] path, int shards) {
        return openForBackup(archive, path, shards, ArchiveDescription.HERE);
    }

    /**
     * As {@link #openForBackup(byte[], byte[], int)}.
     *
     * @param streams where they go, as {@link ArchiveDescription#streams} has it
     */
    public static Archive openForBackup(byte[] archive, byte[] path, int shards, String streams) {
        ArchiveDirectory directory = ArchiveDirectory.create(archive);
        ArchiveLock lock = null;
        boolean opened = false;
        try {
            refuseForeign(directory);
            lock = ArchiveLock.acquire(directory, false);
            ArchiveDescription description =
                    isThere(directory.resolve(ArchiveDescription.FILE))
                            ? ArchiveDescription.read(directory)
                            : create(directory, path, shards, streams);
            if (!description.path().equals(Text.escape(path))) {
                throw new SluiceException(
                        "archive "
                                + directory.quoted()
                                + " holds '"
                                + description.path()
                                + "', not "
                                + Text.quote(path)
                                + ": use another directory");
            }
            if (!description.streams().equals(streams)) {
                throw new SluiceException(
                        "archive "
                                + directory.quoted()
                                + (streams.equals(ArchiveDescription.HERE)
                                        ? " is of backups that go to bridges: say --fd, or"
                                        : " holds its streams itself: leave out --fd, or")
                                + " use another directory");
            }
            opened = true;
            return new Archive(directory, lock, description, true);
        } catch (IOException e) {
            throw directory.failed(e);
        } finally {
            if (!opened) {
                release(directory, lock);
            }
        }
    }

    /**
     * Opens an archive to read it; nothing is written, so it may lie on a read-only filesystem.
     *
     * @throws ArchiveLockedException if a backup runs into it
     */
    public static Archive openForReading(byte[] archive) {
        return openExisting(archive, true);
    }

    /**
     * Opens an archive to remove rounds from it, as exclusively as for a backup.
     *
     * @throws ArchiveLockedException if another process works on it
     */
    public static Archive openForRemoval(byte[] archive) {
        return openExisting(archive, false);
    }

    private static Archive openExisting(byte[] archive, boolean shared) {
        ArchiveDirectory directory = ArchiveDirectory.open(archive);
        ArchiveLock lock = null;
        boolean opened = false;
        try {
            if (!isThere(directory.resolve(ArchiveDescription.FILE))) {
                throw new SluiceException(
                        directory.quoted()
                                + " is not an archive: it has no "
                                + ArchiveDescription.FILE);
            }
            lock = ArchiveLock.acquire(directory, shared);
            ArchiveDescription description = ArchiveDescription.read(directory);
            opened = true;
            return new Archive(directory, lock, description, !shared);
        } catch (IOException e) {
            throw directory.failed(e);
        } finally {
            if (!opened) {
                release(directory, lock);
            }
        }
    }

    private static void release(ArchiveDirectory directory, ArchiveLock lock) {
        try (directory) {
            if (lock != null) {
                lock.close();
            }
        } catch (IOException e) {
            throw directory.failed(e);
        }
    }

    /** A directory with other things in it is somebody else's, and nothing is written there. */
    private static void refuseForeign(ArchiveDirectory directory) throws IOException {
        List<String> names = ArchiveDirectory.names(directory.resolve(""));
        if (!names.contains(ArchiveDescription.FILE) && !BEGUN.containsAll(names)) {
            throw new SluiceException(
                    directory.quoted()
                            + " is not an archive: it is not empty and has no "
                            + ArchiveDescription.FILE
                            + "; use another directory");
        }
    }

    private static ArchiveDescription create(
            ArchiveDirectory directory, byte[] path, int shards, String streams) {
        directory.protect();
        directory.createDirectory(directory.resolve(ROUNDS));
        directory.createDirectory(directory.resolve(ArchiveState.NAME));
        ArchiveDescription description =
                new ArchiveDescription(Manifest.FORMAT, Text.escape(path), shards, streams);
        description.write(directory);
        return description;
    }

    public ArchiveDescription description() {
        return description;
    }

    /** {@code DIR/state}, private; reachable as long as this archive is open. */
    public Path stateDirectory() {
        return state.path();
    }

    /** {@code DIR/state/savepoints/<r>}, which Flink makes. */
    public Path savepointDirectory(int round) {
        return state.savepoint(round);
    }

    /** {@code DIR/state/work}: for a running backup's files, deleted with the leftovers. */
    public Path workDirectory() {
        return state.work();
    }

    /** {@code DIR/rounds/<r>}; reachable as long as this archive is open. */
    public Path roundDirectory(int round) {
        return directory.resolve(ROUNDS).resolve(Integer.toString(round));
    }

    /** Writes a file of {@code DIR/state} or of a round so that a crash leaves it whole or out. */
    public void replaceFile(Path file, byte[] content) {
        requireWritable();
        directory.replaceFile(file, content);
    }

    /** The numbers of the rounds that exist, ascending. */
    public List<Integer> roundNumbers() {
        try {
            List<Integer> numbers = new ArrayList<>();
            for (int round : ArchiveDirectory.numbered(directory.resolve(ROUNDS))) {
                if (isThere(roundDirectory(round).resolve(MANIFEST))) {
                    numbers.add(round);
                }
            }
            return numbers;
        } catch (IOException e) {
            throw directory.failed(e);
        }
    }

    /** The manifests of all rounds, in order. */
    public List<Manifest> rounds() {
        return roundNumbers().stream().map(this::manifest).toList();
    }

    /**
     * @throws SluiceException if there is no such round, or its manifest is damaged
     */
    public Manifest manifest(int round) {
        String what = "archive " + directory.quoted() + ": the manifest of round " + round;
        try {
            byte[] json = Files.readAllBytes(roundDirectory(round).resolve(MANIFEST));
            Manifest manifest = ArchiveJson.read(json, Manifest.class, what);
            if (manifest.round() != round) {
                throw new SluiceException(what + " is that of round " + manifest.round());
            }
            return manifest;
        } catch (NoSuchFileException e) {
            List<Integer> numbers = roundNumbers();
            throw new SluiceException(
                    "archive "
                            + directory.quoted()
                            + " has no round "
                            + round
                            + (numbers.isEmpty() ? "; it has none" : "; it has " + numbers),
                    e);
        } catch (IOException e) {
            throw directory.failed(e);
        }
    }

    /** A round to be read. */
    public ArchiveRound round(int round) {
        return new ArchiveRound(roundDirectory(round), manifest(round));
    }

    /**
     * A round and those that it builds on.
     *
     * @return the full round first, the asked one last
     * @throws SluiceException if one of them is missing, damaged, or of another kind
     */
    public List<ArchiveRound> chain(int round) {
        return new RoundChain(this, directory.quoted()).of(round);
    }

    /**
     * The last round.
     *
     * @throws SluiceException if there is none
     */
    public ArchiveRound latest() {
        List<Integer> numbers = roundNumbers();
        if (numbers.isEmpty()) {
            throw new SluiceException(
                    "archive " + directory.quoted() + " holds no complete round yet");
        }
        return round(numbers.get(numbers.size() - 1));
    }

    /** A number that no round ever had, failed ones included. */
    public int nextRound() {
        try {
            int last = state.lastBegun();
            for (int round : ArchiveDirectory.numbered(directory.resolve(ROUNDS))) {
                last = Math.max(last, round);
            }
            for (int round : state.roundsWithSavepoint()) {
                last = Math.max(last, round);
            }
            return Math.addExact(last, 1);
        } catch (IOException e) {
            throw directory.failed(e);
        }
    }

    /** Takes the number for good and makes the round's directory. */
    public void beginRound(int round) {
        requireWritable();
        if (round < nextRound()) {
            throw new IllegalArgumentException("round " + round + " was used before");
        }
        state.writeLastBegun(round);
        directory.createDirectory(roundDirectory(round));
    }

    /**
     * Deletes what dead runs left: rounds without a manifest and their savepoints, {@code
     * state/work}. Before {@link #beginRound}.
     */
    public void removeLeftovers() {
        requireWritable();
        try {
            int last = nextRound() - 1;
            // On a full disk nothing can be written before something is deleted; mostly it is
            // there already, since beginRound.
            if (last > state.lastBegun()) {
                state.writeLastBegun(last);
            }
            for (int round : ArchiveDirectory.numbered(directory.resolve(ROUNDS))) {
                if (!isThere(roundDirectory(round).resolve(MANIFEST))) {
                    FileTree.delete(roundDirectory(round));
                }
            }
            for (int round : state.roundsWithSavepoint()) {
                if (!isThere(roundDirectory(round).resolve(MANIFEST))) {
                    FileTree.delete(state.savepoint(round));
                }
            }
            FileTree.delete(state.work());
            FileTree.finishDeletions(directory.resolve(ROUNDS));
            state.finishDeletions();
        } catch (IOException e) {
            throw directory.failed(e);
        }
    }

    /**
     * From its return on the round exists. Segments and other files that attempts left unfinished
     * are deleted before.
     *
     * @throws SluiceException if a segment is missing or not as long as its receipt says
     */
    public void commit(Manifest manifest) {
        requireWritable();
        Path round = roundDirectory(manifest.round());
        try {
            Set<String> kept = new HashSet<>();
            for (Receipt receipt : manifest.receipts()) {
                for (Receipt.Segment segment : receipt.segments()) {
                    requireSegment(round, segment);
                    kept.add(segment.name());
                }
            }
            for (String name : ArchiveDirectory.names(round)) {
                boolean segment = Manifest.isSegmentName(name);
                if (name.endsWith(PART) || (segment && !kept.contains(name))) {
                    Files.delete(round.resolve(name));
                }
            }
            directory.replaceFile(round.resolve(MANIFEST), ArchiveJson.write(manifest));
        } catch (IOException e) {
            throw directory.failed(e);
        }
    }

    private void requireSegment(Path round, Receipt.Segment segment) throws IOException {
        Path file = round.resolve(segment.name());
        long length = isThere(file) ? Files.size(file) : -1;
        if (length != segment.length()) {
            throw new SluiceException(
                    "archive "
                            + directory.quoted()
                            + ": segment "
                            + segment.name()
                            + (length < 0
                                    ? " is missing"
                                    : " has " + length + " bytes instead of " + segment.length())
                            + "; the round is given up, run again");
        }
    }

    /**
     * Whether there is such a name. An error that says neither is thrown: to take it for "no" would
     * let {@link #removeLeftovers} delete a round whose manifest merely could not be looked at.
     */
    private static boolean isThere(Path path) throws IOException {
        try {
            Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            return true;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /** Whether the round exists. */
    public boolean isCommitted(int round) {
        try {
            return isThere(roundDirectory(round).resolve(MANIFEST));
        } catch (IOException e) {
            throw directory.failed(e);
        }
    }

    /** Makes the names of a savepoint's files durable. */
    public void syncSavepoint(int round) {
        try {
            state.syncSavepoint(round);
        } catch (IOException e) {
            throw directory.failed(e);
        }
    }

    /**
     * From its return on the round does not exist; its files are what {@link #removeLeftovers}
     * deletes. Needs no space. To be called before the same for a round that it builds on.
     */
    public void removeManifest(int round) {
        requireWritable();
        try {
            Files.delete(roundDirectory(round).resolve(MANIFEST));
            ArchiveDirectory.sync(roundDirectory(round));
        } catch (IOException e) {
            throw directory.failed(e);
        }
    }

    /** Bytes in the files of a round and in its savepoint. */
    public long storedBytes(int round) {
        try {
            return FileTree.bytes(roundDirectory(round))
                    + FileTree.bytes(savepointDirectory(round));
        } catch (IOException e) {
            throw directory.failed(e);
        }
    }

    /** Deletes the savepoints of all rounds but these. */
    public void removeSavepoints(Set<Integer> kept) {
        requireWritable();
        try {
            state.removeSavepoints(round -> !kept.contains(round));
        } catch (IOException e) {
            throw directory.failed(e);
        }
    }

    private void requireWritable() {
        if (!writable) {
            throw new IllegalStateException("the archive is open for reading");
        }
    }

    @Override
    public void close() {
        release(directory, lock);
    }
}
