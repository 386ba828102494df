package io.sluice.restore;

import io.sluice.common.Boot;
import io.sluice.common.SluiceException;
import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.entry.Stat;
import io.sluice.common.posix.DirectoryReader;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.Statx;
import io.sluice.common.text.Text;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * What a restore that does not come to its end leaves for the next run, as records of a {@link
 * JournalFile} in the target:
 *
 * <ol>
 *   <li>each run begins with a record of itself: round, selection, its temporary names' token, and
 *       the boot of the host; that one is synced;
 *   <li>before a directory is made, before a shard's temporary names go to another directory, and
 *       before a file with several names takes its place, a record says so;
 *   <li>a run that fails writes out the filesystem and says so, or leaves no journal when there is
 *       nothing to tell; a killed one says nothing;
 *   <li>the next run of the same round takes the directories for its own, links to the files,
 *       removes the temporary names;
 *   <li>the run that comes to its end removes the file.
 * </ol>
 *
 * <p>A directory counts as made when more records say that it is about to be made than say that it
 * was not. Records are in the order of their writing, so a directory stands before what is in it.
 * Memory is bounded: by the number of shards and of runs.
 *
 * <p>A process that is killed loses nothing that it has written; a host that dies does. So a run
 * that finds another boot trusts no file that is there.
 */
final class RestoreJournal implements Closeable {
    private static final int RUN = 1;
    private static final int MAKING = 2;
    private static final int NOT_MADE = 3;
    private static final int WRITING_INTO = 4;
    private static final int PLACING = 5;
    private static final int SYNCED = 6;

    private static final int OWNER_ALL = 0700;

    /** A file with several names that an earlier run was about to put in place. */
    interface EarlierFiles {
        void file(byte[] dataName, LinkJournal.Written file) throws IOException;
    }

    private final Target target;
    private final JournalFile file;
    private final int token = new SplittableRandom().nextInt();
    private final BitSet shardsWithFiles = new BitSet();
    private final Map<Integer, byte[]> lastDirectories = new HashMap<>();
    private final Set<Integer> tokens = new HashSet<>();
    private long earlierEnd;
    private boolean temporariesKnownGone;
    private volatile boolean worthKeeping;

    /** The target's times before the journal was made in it, and with it; null: it was there. */
    private Stat rootBefore;

    private Stat rootWith;
    private volatile boolean rootTouched;
    private boolean removed;

    private RestoreJournal(Target target, JournalFile file) {
        this.target = target;
        this.file = file;
    }

    /** What earlier runs say of themselves. */
    private static final class Earlier {
        String round;
        String selection;
        String text;
        String boot;
        boolean synced = true;
        boolean lost;

        /** Whether the host died before what was written was safe. */
        boolean isLost(String bootNow) {
            return lost || (!synced && !boot.equals(bootNow));
        }
    }

    /**
     * Opens the target's journal and begins a run.
     *
     * @param warning takes one line where the filesystem has no locks
     * @throws TargetLockedException when another restore works in the target
     * @throws SluiceException when a restore of something else is unfinished there, when the host
     *     has died meanwhile, when the journal cannot be used
     */
    static RestoreJournal open(
            Target target, RoundIdentity round, RestoreOptions options, RestoreTally warning)
            throws IOException {
        Stat before = look(target);
        JournalFile file = JournalFile.open(target);
        RestoreJournal journal = new RestoreJournal(target, file);
        boolean begun = false;
        Earlier earlier = null;
        try {
            String boot = Boot.id();
            String selection = options.selection().fingerprint();
            earlier = journal.readEarlier();
            if (earlier.round != null) {
                journal.requireSame(earlier, round, selection);
                if (earlier.isLost(boot) && options.replace() != Replace.ALWAYS) {
                    throw new SluiceException(
                            "the host has been restarted since the restore of "
                                    + earlier.text
                                    + " to "
                                    + Text.quote(target.path())
                                    + " broke off, and files that it wrote may not be whole: run"
                                    + " it again with --replace always");
                }
            }
            if (!file.isLocked()) {
                warning.note(
                        target.path(),
                        "its filesystem has no locks: see that no other restore works there");
            }
            journal.earlierEnd = file.end();
            file.append(
                    new RecordWriter()
                            .octet(RUN)
                            .path(bytes(round.id()))
                            .path(bytes(selection))
                            .path(bytes(round.text()))
                            .path(bytes(boot))
                            .number(journal.token));
            file.sync();
            if (earlier.round == null) {
                journal.rootBefore = before;
                journal.rootWith = look(target);
            }
            begun = true;
            return journal;
        } finally {
            if (!begun) {
                if (earlier != null && earlier.round == null) {
                    file.remove();
                }
                file.close();
            }
        }
    }

    private static Stat look(Target target) {
        Statx stat = new Statx();
        return Posix.statOrErrno(target.descriptor(), stat) < 0 ? null : Stat.of(stat);
    }

    private static byte[] bytes(String text) {
        return text.replace('\0', '?').getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private Earlier readEarlier() throws IOException {
        Earlier earlier = new Earlier();
        file.readAll(
                record -> {
                    int kind = record.octet();
                    switch (kind) {
                        case RUN -> {
                            earlier.round = text(record.path());
                            String selection = text(record.path());
                            // All that was wanted: the wider of two, of which one is everything.
                            if (earlier.selection == null || selection.isEmpty()) {
                                earlier.selection = selection;
                            }
                            earlier.text = text(record.path());
                            String boot = text(record.path());
                            // Until a run comes to its end.
                            earlier.lost = earlier.isLost(boot);
                            earlier.boot = boot;
                            earlier.synced = false;
                            tokens.add(record.number());
                            temporariesKnownGone = true;
                        }
                        case MAKING -> worthKeeping = true;
                        case WRITING_INTO -> {
                            if (temporariesKnownGone) {
                                // A run looks for those of the runs before it before it begins.
                                lastDirectories.clear();
                                temporariesKnownGone = false;
                            }
                            lastDirectories.put(record.number(), record.path());
                        }
                        case PLACING -> {
                            worthKeeping = true;
                            shardsWithFiles.set(record.number());
                        }
                        case SYNCED -> earlier.synced = true;
                        default -> {
                            // NOT_MADE matters with MAKING only.
                        }
                    }
                });
        return earlier;
    }

    private void requireSame(Earlier earlier, RoundIdentity round, String selection) {
        boolean sameRound = earlier.round.equals(round.id());
        if (sameRound && (selection.isEmpty() || selection.equals(earlier.selection))) {
            return;
        }
        throw new SluiceException(
                "a restore of "
                        + (sameRound ? "other paths of " : "")
                        + earlier.text
                        + " to "
                        + Text.quote(target.path())
                        + " broke off and is unfinished: run that one again first, or remove "
                        + JournalFile.quoted(target)
                        + " and keep what it left");
    }

    /** What is in the names of this run's temporary entries. */
    int token() {
        return token;
    }

    /** Before a directory is made, whose parent is there. */
    void making(byte[] path) {
        worthKeeping = true;
        rootTouched |= DirectoryPath.parent(path).length == 0;
        file.append(new RecordWriter().octet(MAKING).path(path));
    }

    /** The directory of the last {@link #making} was not made by it. */
    void notMade(byte[] path) {
        file.append(new RecordWriter().octet(NOT_MADE).path(path));
    }

    void writingInto(int shard, byte[] directory) {
        rootTouched |= directory.length == 0;
        file.append(new RecordWriter().octet(WRITING_INTO).number(shard).path(directory));
    }

    void placing(int shard, byte[] dataName, LinkJournal.Written written) {
        worthKeeping = true;
        file.append(
                new RecordWriter()
                        .octet(PLACING)
                        .number(shard)
                        .path(dataName)
                        .path(written.heldAt())
                        .number(written.deviceMajor())
                        .number(written.deviceMinor())
                        .number(written.inode()));
    }

    boolean hasEarlierFiles(int shard) {
        return shardsWithFiles.get(shard);
    }

    /** Tells a shard's files of earlier runs. Any thread. */
    void earlierFiles(int shard, EarlierFiles into) throws IOException {
        file.read(
                record -> {
                    if (record.octet() == PLACING && record.number() == shard) {
                        byte[] dataName = record.path();
                        byte[] heldAt = record.path();
                        into.file(
                                dataName,
                                new LinkJournal.Written(
                                        heldAt,
                                        record.number(),
                                        record.number(),
                                        record.longNumber(),
                                        LinkJournal.Source.UNKNOWN));
                    }
                },
                earlierEnd);
    }

    /**
     * Takes over from earlier runs: their temporary names are removed; the directories that they
     * made are told, and made passable again where they have their final modes already.
     */
    void takeOver(DirectoryJournal directories) throws IOException {
        if (tokens.isEmpty()) {
            return;
        }
        try (TargetTree tree = new TargetTree(target, false, TargetTree.Making.NONE)) {
            Statx stat = new Statx();
            file.read(
                    record -> {
                        int kind = record.octet();
                        if (kind == MAKING) {
                            byte[] path = record.path();
                            directories.made(path);
                            makePassable(tree, path, stat);
                        } else if (kind == NOT_MADE) {
                            directories.notMade(record.path());
                        }
                    },
                    earlierEnd);
            for (byte[] directory : lastDirectories.values()) {
                removeTemporaries(tree, directory, tokens);
            }
        }
        lastDirectories.clear();
    }

    private static void makePassable(TargetTree tree, byte[] path, Statx stat) {
        int fd = tree.existingOrErrno(path);
        if (fd >= 0
                && Posix.statOrErrno(fd, stat) == 0
                && stat.uid() == Posix.effectiveUser()
                && (stat.mode() & OWNER_ALL) != OWNER_ALL) {
            Posix.chmodByPathOrErrno(fd, OWNER_ALL);
        }
    }

    /** Removes the temporary names of runs from a directory that may be there. */
    static void removeTemporaries(TargetTree tree, byte[] directory, Set<Integer> tokens) {
        int look = tree.existingOrErrno(directory);
        if (look < 0) {
            return;
        }
        int fd = Posix.reopenOrErrno(look, Posix.O_RDONLY | Posix.O_DIRECTORY);
        if (fd < 0) {
            return;
        }
        try {
            DirectoryReader reader = new DirectoryReader();
            reader.start(fd);
            while (reader.next()) {
                byte[] name = reader.name();
                if (TemporaryName.isOf(name, tokens)) {
                    Posix.unlinkOrErrno(fd, name, 0);
                }
            }
        } finally {
            Posix.close(fd);
        }
    }

    /**
     * The restore is over but for the target's own attributes.
     *
     * @throws SluiceException when it cannot be removed
     */
    void finish() {
        Stat now = rootTouched ? null : look(target);
        int result = file.remove();
        if (result < 0 && result != -Errno.ENOENT) {
            throw new SluiceException(
                    "cannot remove "
                            + JournalFile.quoted(target)
                            + ": "
                            + Errno.describe(-result)
                            + "; all is restored but the target's own attributes");
        }
        removed = true;
        if (now != null && rootWith != null && now.modified().equals(rootWith.modified())) {
            // Nobody has seen the journal come and go.
            Posix.utimensByPathOrErrno(
                    target.descriptor(),
                    rootBefore.accessed().seconds(),
                    rootBefore.accessed().nanos(),
                    rootBefore.modified().seconds(),
                    rootBefore.modified().nanos());
        }
    }

    /** Closes it; a journal that is not {@link #finish finished} tells the next run what it can. */
    @Override
    public void close() {
        try {
            if (!removed) {
                breakOff();
            }
        } finally {
            file.close();
        }
    }

    private void breakOff() {
        try {
            target.sync();
            if (worthKeeping) {
                file.append(new RecordWriter().octet(SYNCED));
                file.sync();
            } else {
                file.remove();
            }
        } catch (SluiceException e) {
            // The restore has failed already, and that is told; without the record the next run
            // takes this one for killed.
            worthKeeping = true;
        }
    }

    /** Whether an entry's path is the journal's own. */
    static boolean isReserved(byte[] path) {
        return Arrays.equals(path, JournalFile.NAME);
    }

    /** Whether a path is the journal's in any target. */
    static boolean isReservedAnywhere(byte[] path) {
        return Arrays.equals(DirectoryPath.name(path), JournalFile.NAME);
    }

    /** The failure of an entry that has the journal's own name. */
    static EntryFailure reserved() {
        return new EntryFailure(
                "create", Errno.EEXIST, "this name belongs to the journal of restores");
    }
}
