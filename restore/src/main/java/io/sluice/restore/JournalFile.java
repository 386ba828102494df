package io.sluice.restore;

import io.sluice.common.SluiceException;
import io.sluice.common.hash.Xxh3;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.NativeBuffer;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.Statx;
import io.sluice.common.text.Text;
import java.io.Closeable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The file of a {@link RestoreJournal}: a line that says what it is, then records, each with its
 * length and checksum. It is opened without following a link, used only if it is a regular file of
 * this user with one name and nobody else may write to it, and locked by the kernel as long as it
 * is open. What a crash left of a record at its end is cut off.
 *
 * <p>Appending is thread-safe; a record is with the kernel when {@link #append} returns, so it
 * outlives the process.
 */
final class JournalFile implements Closeable {
    /** In the target's own directory. */
    static final byte[] NAME = ".sluice-restore".getBytes(StandardCharsets.US_ASCII);

    private static final byte[] MAGIC = "sluice-restore 1\n".getBytes(StandardCharsets.US_ASCII);
    private static final int MODE = 0600;
    private static final int OTHERS_WRITE = 022;

    /** Before and behind a record: its length, and its xxh3. */
    private static final int LENGTH_BYTES = 4;

    private static final int SUM_BYTES = 8;

    /** A path of ten thousand levels with names of 255 bytes, twice, and some numbers. */
    private static final int MAX_RECORD_BYTES = 8 << 20;

    private static final int BUFFER_BYTES = 64 << 10;

    /** A finished restore may remove the file between another's opening and locking. */
    private static final int ATTEMPTS = 16;

    private final Target target;
    private final int fd;
    private final boolean locked;
    private final NativeBuffer buffer = new NativeBuffer(BUFFER_BYTES);
    private long end;

    /** Takes each record's content. */
    interface Reader {
        void record(RecordReader record) throws java.io.IOException;
    }

    private JournalFile(Target target, int fd, boolean locked) {
        this.target = target;
        this.fd = fd;
        this.locked = locked;
    }

    /**
     * Opens or makes the target's journal.
     *
     * @throws TargetLockedException when another restore has it
     * @throws SluiceException when there is something else of its name, or it cannot be made
     */
    static JournalFile open(Target target) {
        Statx stat = new Statx();
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            int fd = openOrCreate(target, stat);
            if (fd == -Errno.ENOENT || fd == -Errno.EEXIST) {
                continue;
            }
            if (fd < 0) {
                throw failed(target, "open", -fd);
            }
            int lock = Posix.lockOrErrno(fd);
            if (lock == -Errno.EAGAIN) {
                Posix.close(fd);
                throw new TargetLockedException(
                        "another restore works in "
                                + Text.quote(target.path())
                                + ": wait for its end, or name another directory");
            }
            if (isStill(target, fd, stat)) {
                // Not every filesystem has locks (Lustre without -o flock).
                JournalFile file = new JournalFile(target, fd, lock == 0);
                try {
                    file.begin(stat);
                    return file;
                } catch (RuntimeException e) {
                    Posix.close(fd);
                    throw e;
                }
            }
            Posix.close(fd);
        }
        throw failed(target, "open", Errno.ESTALE);
    }

    private static int openOrCreate(Target target, Statx stat) {
        int flags = Posix.O_PATH | Posix.O_NOFOLLOW;
        int look = Posix.openOrErrno(target.descriptor(), NAME, flags, 0);
        if (look == -Errno.ENOENT) {
            int create = Posix.O_RDWR | Posix.O_CREAT | Posix.O_EXCL | Posix.O_NOFOLLOW;
            return Posix.openOrErrno(target.descriptor(), NAME, create, MODE);
        }
        if (look < 0) {
            return look;
        }
        try {
            int result = Posix.statOrErrno(look, stat);
            if (result < 0) {
                return result;
            }
            if (stat.type() != FileType.REGULAR) {
                throw foreign(target, "it is no regular file");
            }
            if (stat.uid() != Posix.effectiveUser()) {
                throw foreign(target, "it belongs to user " + Integer.toUnsignedString(stat.uid()));
            }
            if ((stat.mode() & OTHERS_WRITE) != 0 || stat.links() > 1) {
                throw foreign(target, "others may write to it");
            }
            return Posix.reopenOrErrno(look, Posix.O_RDWR | Posix.O_NONBLOCK | Posix.O_NOCTTY);
        } finally {
            Posix.close(look);
        }
    }

    /** Whether the name stands for the open file, whose attributes are in {@code stat} then. */
    private static boolean isStill(Target target, int fd, Statx stat) {
        if (Posix.statOrErrno(target.descriptor(), NAME, stat) < 0) {
            return false;
        }
        long inode = stat.inode();
        return Posix.statOrErrno(fd, stat) == 0 && stat.inode() == inode;
    }

    private static SluiceException foreign(Target target, String reason) {
        return new SluiceException(
                quoted(target)
                        + " is not the journal of a restore by this user: "
                        + reason
                        + "; remove it, or restore to another directory");
    }

    static String quoted(Target target) {
        byte[] path = target.path();
        byte[] full = Arrays.copyOf(path, path.length + 1 + NAME.length);
        full[path.length] = '/';
        System.arraycopy(NAME, 0, full, path.length + 1, NAME.length);
        return Text.quote(full);
    }

    private static SluiceException failed(Target target, String operation, int errno) {
        return new SluiceException(
                "cannot "
                        + operation
                        + " the restore's journal "
                        + quoted(target)
                        + ": "
                        + Errno.describe(errno)
                        + (errno == Errno.ENOSPC || errno == Errno.EDQUOT
                                ? "; make room there, and run the same restore again"
                                : "; mend that, and run the same restore again"));
    }

    /** Whether the kernel guards it against a second restore. */
    boolean isLocked() {
        return locked;
    }

    private void begin(Statx stat) {
        int there = (int) Math.min(stat.size(), MAGIC.length);
        byte[] start = new byte[there];
        if (there > 0) {
            read(0, start);
        }
        if (!Arrays.equals(start, 0, there, MAGIC, 0, there)) {
            throw foreign(target, "it holds something else");
        }
        end = MAGIC.length;
        if (there < MAGIC.length) {
            write(MAGIC, 0);
        }
    }

    /**
     * Reads all whole records from the beginning, and sets the end behind the last one. Before the
     * first {@link #append}.
     */
    void readAll(Reader into) throws java.io.IOException {
        end = read(into, Long.MAX_VALUE);
        int result = Posix.ftruncateOrErrno(fd, end);
        if (result < 0) {
            throw failed(target, "write", -result);
        }
    }

    /** Reads the records before {@code limit} once more; any thread. */
    long read(Reader into, long limit) throws java.io.IOException {
        NativeBuffer own = new NativeBuffer(BUFFER_BYTES);
        Window window = new Window(own);
        long at = MAGIC.length;
        while (at < limit) {
            byte[] head = window.bytes(at, LENGTH_BYTES);
            int length = head == null ? -1 : ByteBuffer.wrap(head).getInt();
            if (length < 1 || length > MAX_RECORD_BYTES) {
                break;
            }
            byte[] record = window.bytes(at + LENGTH_BYTES, length);
            byte[] sum =
                    record == null ? null : window.bytes(at + LENGTH_BYTES + length, SUM_BYTES);
            if (sum == null || ByteBuffer.wrap(sum).getLong() != Xxh3.hash64(record)) {
                break;
            }
            into.record(new RecordReader(record));
            at += LENGTH_BYTES + length + SUM_BYTES;
        }
        return at;
    }

    /** Where the next record goes. */
    synchronized long end() {
        return end;
    }

    /**
     * Adds a record; when this returns it outlives this process.
     *
     * @throws SluiceException when it cannot be written
     */
    synchronized void append(RecordWriter record) {
        byte[] content = record.toBytes();
        if (content.length > MAX_RECORD_BYTES) {
            throw failed(target, "write", Errno.ENAMETOOLONG);
        }
        byte[] framed =
                ByteBuffer.allocate(LENGTH_BYTES + content.length + SUM_BYTES)
                        .putInt(content.length)
                        .put(content)
                        .putLong(Xxh3.hash64(content))
                        .array();
        write(framed, end);
        end += framed.length;
    }

    private void write(byte[] bytes, long at) {
        for (int done = 0; done < bytes.length; ) {
            int n = Math.min(bytes.length - done, BUFFER_BYTES);
            buffer.bytes().put(0, bytes, done, n);
            int result = Posix.pwriteOrErrno(fd, buffer, 0, n, at + done);
            if (result < 0) {
                throw failed(target, "write", -result);
            }
            done += n;
        }
    }

    private void read(long at, byte[] into) {
        for (int done = 0; done < into.length; ) {
            int n = Math.min(into.length - done, BUFFER_BYTES);
            int got = Posix.preadOrErrno(fd, buffer, 0, n, at + done);
            if (got <= 0) {
                throw failed(target, "read", got < 0 ? -got : Errno.EIO);
            }
            buffer.bytes().get(0, into, done, got);
            done += got;
        }
    }

    /** Makes its content and its name durable; true when the kernel said so. */
    boolean sync() {
        return Posix.fsyncOrErrno(fd) == 0 && target.syncDirectory();
    }

    /** 0 or {@code -errno}. */
    int remove() {
        return Posix.unlinkOrErrno(target.descriptor(), NAME, 0);
    }

    @Override
    public void close() {
        Posix.close(fd);
    }

    /** Sequential reading through one buffer. */
    private final class Window {
        private final NativeBuffer bytes;
        private long start;
        private int length;

        Window(NativeBuffer bytes) {
            this.bytes = bytes;
        }

        /** The bytes, or null where the file ends before. */
        byte[] bytes(long at, int count) {
            byte[] result = null;
            int done = 0;
            do {
                long from = at + done;
                if (from < start || from >= start + length) {
                    start = from;
                    length = Posix.preadOrErrno(fd, bytes, 0, BUFFER_BYTES, from);
                    if (length < 0) {
                        int errno = -length;
                        length = 0;
                        throw failed(target, "read", errno);
                    }
                    if (length == 0) {
                        return null;
                    }
                }
                int offset = (int) (from - start);
                int n = Math.min(count - done, length - offset);
                // Grows with the bytes that are really there.
                result = result == null ? new byte[n] : Arrays.copyOf(result, done + n);
                bytes.bytes().get(offset, result, done, n);
                done += n;
            } while (done < count);
            return result;
        }
    }
}
