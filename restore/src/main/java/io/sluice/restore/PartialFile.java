package io.sluice.restore;

import io.sluice.common.posix.Errno;
import io.sluice.common.posix.NativeBuffer;
import io.sluice.common.posix.Posix;
import java.io.Closeable;
import java.nio.ByteBuffer;

/**
 * A regular file on its way: under a temporary name in the directory of its own, mode 0600, until
 * it is whole. One object serves file after file. Not thread-safe.
 *
 * <p>Life of a file: {@link #open}, {@link #extent} and {@link #write}, {@link #finish}, then its
 * name is {@link #takeName taken} and given to {@link Placement}; {@link #close} at any point
 * before removes it.
 */
final class PartialFile implements Closeable {
    /** Small pieces gather to writes of this size. */
    private static final int BUFFER_BYTES = 1 << 20;

    private static final int MODE = 0600;
    private static final int FLAGS =
            Posix.O_WRONLY | Posix.O_CREAT | Posix.O_EXCL | Posix.O_NOFOLLOW;

    private final TemporaryName names;
    private final NativeBuffer buffer = new NativeBuffer(BUFFER_BYTES);
    private int parent;
    private int fd = -1;
    private byte[] name;
    private long written;
    private long position;
    private int buffered;
    private boolean sparse;
    private boolean released;

    /** Makes a new regular file. */
    interface Maker {
        /** A descriptor or {@code -errno}. */
        int make(int parent, byte[] name, int flags, int mode);
    }

    PartialFile(TemporaryName names) {
        this.names = names;
    }

    boolean isOpen() {
        return fd >= 0;
    }

    /**
     * @param parentFd stays the caller's, and open until the file is in place or closed
     */
    void open(int parentFd) throws EntryFailure {
        open(parentFd, Posix::openOrErrno);
    }

    /** As {@link #open}, of a file that gets no data. */
    void openReleased(int parentFd, Maker maker) throws EntryFailure {
        open(parentFd, maker);
        released = true;
    }

    /** As {@link #open}. */
    void open(int parentFd, Maker maker) throws EntryFailure {
        if (fd >= 0) {
            throw new IllegalStateException("a file is open");
        }
        parent = parentFd;
        written = 0;
        position = 0;
        buffered = 0;
        sparse = false;
        released = false;
        int result = -Errno.EEXIST;
        for (int i = 0; i < TemporaryName.ATTEMPTS && result == -Errno.EEXIST; i++) {
            name = names.next();
            result = maker.make(parent, name, FLAGS, MODE);
        }
        if (result < 0) {
            name = null;
        }
        fd = EntryFailure.checked("create", result);
    }

    int descriptor() {
        return fd;
    }

    /** Bytes of data taken. */
    long written() {
        return written;
    }

    /** The next bytes belong at {@code offset}. */
    void extent(long offset) throws EntryFailure {
        flush();
        position = offset;
        sparse = true;
    }

    void write(ByteBuffer bytes) throws EntryFailure {
        while (bytes.hasRemaining()) {
            int n = Math.min(bytes.remaining(), BUFFER_BYTES - buffered);
            buffer.bytes().put(buffered, bytes, bytes.position(), n);
            bytes.position(bytes.position() + n);
            buffered += n;
            written += n;
            if (buffered == BUFFER_BYTES) {
                flush();
            }
        }
    }

    private void flush() throws EntryFailure {
        EntryFailure.checked("write", Posix.pwriteOrErrno(fd, buffer, 0, buffered, position));
        position += buffered;
        buffered = 0;
    }

    /** Writes out what is left and gives the file its size in bytes. */
    void finish(long size) throws EntryFailure {
        flush();
        if (released) {
            return;
        }
        if (sparse) {
            EntryFailure.checked("set size", Posix.ftruncateOrErrno(fd, size));
        } else if (written != size) {
            throw new EntryFailure(
                    "write", Errno.EIO, "the round holds " + written + " of " + size + " bytes");
        }
    }

    /** The temporary name, no longer removed by {@link #close}. */
    byte[] takeName() {
        byte[] taken = name;
        name = null;
        return taken;
    }

    /** Closes the file and removes it unless its name was taken. Idempotent. */
    @Override
    public void close() {
        if (fd >= 0) {
            Posix.close(fd);
            fd = -1;
            if (name != null) {
                Posix.unlinkOrErrno(parent, name, 0);
                name = null;
            }
        }
    }
}
