package io.sluice.ptcomm.writer;

import io.sluice.common.entry.Signature;
import io.sluice.common.entry.Stat;
import io.sluice.common.entry.Timestamp;
import io.sluice.common.filesystem.FileFacts;
import io.sluice.common.filesystem.FileHooks;
import io.sluice.common.filesystem.StripeMap;
import io.sluice.common.filesystem.TapeState;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.NativeBuffer;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.PosixException;
import io.sluice.common.posix.ScatterList;
import io.sluice.common.posix.Statx;
import io.sluice.common.posix.XattrReader;
import io.sluice.common.round.OwedReason;
import io.sluice.ptcomm.codec.AttributeBlock;
import io.sluice.ptcomm.codec.EntryEncoder;
import java.io.Closeable;

/**
 * Opens entries for one thread: first with {@code O_PATH}, which opens nothing behind a fifo or a
 * device and follows no link; then looks; and reopens for reading only what is a regular file. Not
 * thread-safe.
 */
class EntryReader implements Closeable {
    /**
     * A file changed this shortly before its last byte was read may be changed again without its
     * times moving, on filesystems that count whole seconds (ext3, some NFS) and with clocks that
     * differ between servers.
     */
    private static final long RACY_MS = 3000;

    private static final byte[] SELF = {'.'};
    private static final byte[] EMPTY = {};
    private static final int NOT_OPEN = -1;

    /** The operation that asks the filesystem for more than POSIX, as failures name it. */
    private static final String ASK = "hsm state";

    private final SourceTree tree;
    private final Statx statx;
    private final XattrReader attributes = new XattrReader();
    private final FileHooks hooks;
    private FileFacts facts = FileFacts.NONE;
    private TapeState tape;
    private int pathFd = NOT_OPEN;
    private int dataFd = NOT_OPEN;
    private boolean hasAttributes;

    /**
     * @param keptDirectories how many to hold open; beside them root, name and data are open
     */
    EntryReader(WriterOptions options, int keptDirectories) {
        hooks = options.hooks().open(options.root());
        boolean opened = false;
        try {
            tree =
                    new SourceTree(
                            options.root(),
                            options.crossMounts(),
                            options.identity(),
                            keptDirectories);
            opened = true;
        } finally {
            if (!opened) {
                hooks.close();
            }
        }
        statx = new Statx(tree.devices());
    }

    /**
     * Opens the item's name and looks at it. On failure the outcome says why and the answer is
     * null; else this reader holds it open until {@link #release}.
     */
    Stat look(Outcome outcome) {
        Item item = outcome.item;
        if (outcome.lookedMs == 0) {
            outcome.lookedMs = System.currentTimeMillis();
        }
        int directory = tree.directory(item.directory());
        if (directory < 0) {
            unreachable(outcome, -directory);
            return null;
        }
        int fd = Posix.openOrErrno(directory, name(item), Posix.O_PATH | Posix.O_NOFOLLOW, 0);
        if (fd < 0) {
            unreachable(outcome, -fd);
            return null;
        }
        pathFd = fd;
        int result = Posix.statOrErrno(pathFd, statx);
        if (result < 0) {
            outcome.failed("stat", -result);
            return null;
        }
        Stat stat = Stat.of(statx);
        if (Signature.of(stat) != item.signature()) {
            outcome.owed = OwedReason.CHANGED;
        }
        return ask(outcome, stat.type()) ? stat : null;
    }

    /** Before any data is touched: reading, and asking for holes, fetches it back from tape. */
    private boolean ask(Outcome outcome, FileType type) {
        if (type == FileType.REGULAR || type == FileType.DIRECTORY) {
            try {
                facts = hooks.look(pathFd, type);
            } catch (PosixException e) {
                outcome.failed(ASK, e.errno());
                return false;
            }
        }
        tape = facts.tape();
        if (facts.layout() != null && facts.layout().length > EntryEncoder.MAX_LAYOUT_BYTES) {
            outcome.incomplete("layout", Errno.E2BIG);
            facts = new FileFacts(facts.tape(), null, facts.stripes());
        }
        return true;
    }

    /**
     * Where the data lies on tape alone, as {@link #look} or {@link #openData} found it last; null
     * where it is on disk.
     */
    TapeState tape() {
        return tape;
    }

    /** Content of the entry's LAYOUT block, or null. */
    byte[] layout() {
        return facts.layout();
    }

    /** Where the data lies, or null. */
    StripeMap stripes() {
        return facts.stripes();
    }

    /** The entry looked at, as the filesystem calls it; null with the outcome failed. */
    byte[] identity(Outcome outcome) {
        try {
            return hooks.identity(pathFd);
        } catch (PosixException e) {
            outcome.failed(ASK, e.errno());
            return null;
        }
    }

    /**
     * A link or a file where a directory was means that the name the index saw does not exist any
     * more.
     */
    private static void unreachable(Outcome outcome, int errno) {
        if (Errno.isGone(errno)) {
            outcome.vanished();
        } else {
            outcome.failed("open", errno);
        }
    }

    private static byte[] name(Item item) {
        return item.name().length == 0 ? SELF : item.name();
    }

    /**
     * Opens the data of what {@link #look} found, a regular file: 0 or {@code -errno}. The access
     * time stays where permitted. Data that has gone to tape since is not opened: {@code -ENODATA},
     * and {@link #tape} tells.
     */
    int openData() {
        int flags = Posix.O_RDONLY | Posix.O_NONBLOCK | Posix.O_NOCTTY;
        int fd = Posix.reopenOrErrno(pathFd, flags | Posix.O_NOATIME);
        if (fd == -Errno.EPERM) {
            fd = Posix.reopenOrErrno(pathFd, flags);
        }
        if (fd < 0) {
            return fd;
        }
        dataFd = fd;
        try {
            tape = hooks.tape(dataFd);
        } catch (PosixException e) {
            closeData();
            return -e.errno();
        }
        if (tape != null) {
            // Opening does not fetch it back, and a filesystem releases nothing that is open.
            closeData();
            return -Errno.ENODATA;
        }
        return 0;
    }

    private void closeData() {
        if (dataFd >= 0) {
            Posix.close(dataFd);
            dataFd = NOT_OPEN;
        }
    }

    /**
     * Whether what was looked at last has less space allocated than its size: holes, or a
     * filesystem that compresses. Only then is it worth asking for holes.
     */
    boolean mayHaveHoles() {
        return statx.blocks() * 512 < statx.size();
    }

    /**
     * Whether the open data has a hole before its end. A filesystem that compresses allocates less
     * than the size without any hole.
     */
    boolean hasHoles(long size) {
        long hole = seek(0, Posix.SEEK_HOLE);
        return hole >= 0 && hole < size;
    }

    /** Looks again at the open entry; null with the outcome failed when even that does not work. */
    Stat lookAgain(Outcome outcome) {
        int result = Posix.statOrErrno(pathFd, statx);
        if (result < 0) {
            outcome.failed("stat", -result);
            return null;
        }
        return Stat.of(statx);
    }

    /** Bytes read, 0 at the end of the file, or {@code -errno}. */
    int read(NativeBuffer into, int at, int length, long offset) {
        return readAnywhere(into, at, length, offset);
    }

    /** As {@link #read}, on any thread as long as the data is open. */
    int readAnywhere(NativeBuffer into, int at, int length, long offset) {
        return Posix.preadOrErrno(dataFd, into, at, length, offset);
    }

    /** As {@link #readAnywhere}, into several places by one call. */
    int readAnywhere(ScatterList into, long offset) {
        return Posix.preadOrErrno(dataFd, into, offset);
    }

    /**
     * Start of the next data, of the next hole, or {@code -errno} (ENXIO: nothing but a hole
     * follows).
     */
    long seek(long offset, int whence) {
        return Posix.seekOrErrno(dataFd, offset, whence);
    }

    byte[] target(Outcome outcome) {
        try {
            return Posix.readlink(pathFd, EMPTY);
        } catch (PosixException e) {
            outcome.failed("readlink", e.errno());
            return null;
        }
    }

    /**
     * Lists the extended attributes of what is open: one call. What cannot be listed is reported,
     * and the entry stored without.
     */
    void listAttributes(Outcome outcome) {
        listed(outcome, dataFd >= 0 ? attributes.list(dataFd) : attributes.listByPath(pathFd));
    }

    /** As {@link #listAttributes}, of a name that is not opened, for a round of metadata. */
    void listAttributesByName(Outcome outcome) {
        int directory = tree.directory(outcome.item.directory());
        listed(outcome, directory < 0 ? directory : attributes.list(directory, name(outcome.item)));
    }

    private void listed(Outcome outcome, int result) {
        hasAttributes = result > 0;
        if (Errno.isGone(-result)) {
            outcome.owed = OwedReason.VANISHED;
        } else if (result < 0 && result != -Errno.EOPNOTSUPP) {
            outcome.incomplete("listxattr", -result);
        }
    }

    /**
     * The next of the attributes listed, or null behind the last. One that has gone meanwhile is
     * passed over, one that cannot be read is reported.
     */
    AttributeBlock nextAttribute(Outcome outcome) {
        while (hasAttributes && attributes.next()) {
            byte[] name = attributes.name();
            String kind = AttributeBlock.kind(name);
            if (kind == null) {
                continue;
            }
            int length = attributes.read();
            if (length >= 0) {
                return new AttributeBlock(kind, name, attributes.value());
            }
            if (length != -Errno.ENODATA && length != -Errno.EOPNOTSUPP && !Errno.isGone(-length)) {
                outcome.incomplete("getxattr", -length);
            }
        }
        return null;
    }

    /** Owes the entry if it changed, perhaps while its attributes were read one by one. */
    void endAttributes(Outcome outcome) {
        if (!hasAttributes || outcome.owed != null) {
            return;
        }
        int result;
        if (pathFd >= 0) {
            result = Posix.statOrErrno(pathFd, statx);
        } else {
            int directory = tree.directory(outcome.item.directory());
            result =
                    directory < 0
                            ? directory
                            : Posix.statOrErrno(directory, name(outcome.item), statx);
        }
        if (result < 0 || !Stat.of(statx).changed().equals(outcome.announced.changed())) {
            outcome.owed = OwedReason.CHANGED;
        }
    }

    /** A unit of work is done: a slice, or a frame of data. */
    void pause() {}

    void release() {
        facts = FileFacts.NONE;
        tape = null;
        closeData();
        if (pathFd >= 0) {
            Posix.close(pathFd);
            pathFd = NOT_OPEN;
        }
    }

    /**
     * Whether a change after the look that gave {@code stat} could have left its times as they are.
     *
     * @param lookedMs when the look was, or some moment before it
     * @param futureMs times from that moment on do not count
     */
    static boolean isRacy(Stat stat, long lookedMs, long futureMs) {
        long from = (lookedMs - RACY_MS) / 1000;
        long to = futureMs / 1000;
        return isWithin(stat.modified(), from, to) || isWithin(stat.changed(), from, to);
    }

    private static boolean isWithin(Timestamp time, long from, long to) {
        return time.seconds() >= from && time.seconds() <= to;
    }

    @Override
    public void close() {
        release();
        hooks.close();
        tree.close();
    }
}
