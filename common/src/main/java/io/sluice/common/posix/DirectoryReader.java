package io.sluice.common.posix;

import com.sun.jna.Native;
import io.sluice.common.posix.libc.LibC;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Reads a directory's names in the order of {@code getdents64(2)}.
 *
 * <p>Use: {@link #start}, then {@link #next} until it answers false; {@link #errno} tells an end
 * from a failure. Or, to let several threads look at the names: {@link #read}, and a {@link
 * NameCursor} for each piece between two of the {@link #cuts}. Reusable; not thread-safe: one for
 * each thread.
 */
public final class DirectoryReader extends NameCursor {
    /**
     * Large enough that a thousand names of ordinary length cost one call; each reader owns one
     * such buffer.
     */
    private static final int RECORDS_BYTES = 128 * 1024;

    /** A name of one byte behind its head, rounded up to 8. */
    private static final int SHORTEST_RECORD_BYTES = 24;

    private final NativeBuffer records = new NativeBuffer(RECORDS_BYTES);

    private int fd;
    private int length;
    private int errno;

    /**
     * Begins with the directory open (for reading) as {@code directoryFd}, which stays the caller's
     * to close.
     */
    public void start(int directoryFd) {
        fd = directoryFd;
        length = 0;
        errno = 0;
        start(fd, records, 0, 0);
    }

    /** Moves to the next name of the directory; false at the end and on failure. */
    @Override
    public boolean next() {
        while (!super.next()) {
            if (!read()) {
                return false;
            }
        }
        return true;
    }

    /**
     * Asks the kernel for more names, which take the place of those before; false at the end and on
     * failure. This cursor stands before the first of them.
     */
    public boolean read() {
        long n;
        do {
            n = LibC.getdents64(fd, records.address(), RECORDS_BYTES);
            n = n < 0 ? -Native.getLastError() : n;
        } while (n == -Errno.EINTR);
        length = (int) Math.max(n, 0);
        errno = (int) Math.max(-n, 0);
        start(fd, records, 0, length);
        return n > 0;
    }

    /**
     * Cuts what was read last into pieces of {@code names} records, the last one of fewer: the
     * start of each piece, and behind them the end of the last.
     */
    public int[] cuts(int names) {
        ByteBuffer bytes = records.bytes();
        int[] cuts = new int[length / (SHORTEST_RECORD_BYTES * names) + 2];
        int pieces = 0;
        int left = 0;
        int at = 0;
        while (at < length) {
            if (left == 0) {
                cuts[pieces++] = at;
                left = names;
            }
            left--;
            at += recordLength(bytes, at);
        }
        cuts[pieces] = at;
        return Arrays.copyOf(cuts, pieces + 1);
    }

    /** What ended the last {@link #next} or {@link #read}: 0 for the end of the directory. */
    public int errno() {
        return errno;
    }

    int fd() {
        return fd;
    }

    /** Bytes of the records in hand. */
    int length() {
        return length;
    }

    NativeBuffer records() {
        return records;
    }
}
