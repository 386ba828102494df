package io.sluice.bacula.restore;

import io.sluice.ptcomm.codec.DataSum;
import io.sluice.ptcomm.codec.EntryHandler;
import io.sluice.ptcomm.codec.EntryHandler.DataState;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * One file's data on its way back: pieces with their places, as the volume has them, become runs
 * again, whose checksum is compared with what was told at backup.
 *
 * <p>Bacula knows no holes but between two writes, and compares a file's size with where the last
 * write ends: so a hole at the end of a file has a zero byte behind it on the volume. Whether the
 * file's last byte is that one is known when the checksum comes, which then is over one byte less;
 * until then it is held back.
 *
 * <p>Where checksums come, they stand behind the data: without one, nobody knows how much of it a
 * volume has lost. Reusable; one thread.
 */
final class EntryData {
    private static final int NONE = -1;

    private final EntryHandler into;
    private final boolean summed;
    private final DataSum sum = new DataSum();
    private final ByteBuffer last = ByteBuffer.allocate(1);

    private long size;
    private long received;
    private long position;
    private boolean started;
    private boolean ended;
    private boolean misfits;
    private boolean settled;
    private int held;

    /** The run that is being written; the first one is added to the checksum when it is over. */
    private long runStart;

    private long runEnd;
    private long runs;
    private long firstStart;
    private long firstLength;

    private long toldBytes;
    private long toldRoot;
    private boolean told;

    /**
     * @param summed whether all data has a checksum behind it
     */
    EntryData(EntryHandler into, boolean summed) {
        this.into = into;
        this.summed = summed;
    }

    /** A file begins whose entry says this size. */
    void begin(long fileSize) {
        size = fileSize;
        sum.reset();
        received = 0;
        position = 0;
        started = false;
        ended = false;
        misfits = false;
        settled = false;
        held = NONE;
        runStart = 0;
        runEnd = 0;
        runs = 0;
        told = false;
    }

    /** The DATA command: there is data, if only a hole. */
    void start() {
        // What was written already has been compared.
        misfits |= settled;
        started = true;
        ended = false;
    }

    /** No more data comes. */
    void end() {
        ended = true;
    }

    /** The next bytes belong at {@code offset}. */
    void extent(long offset) {
        // What goes back, or over the end, is no file's data.
        misfits |= offset < position || offset > size;
        position = offset;
    }

    void bytes(ByteBuffer bytes) throws IOException {
        int length = bytes.remaining();
        misfits |= length > size - position;
        if (misfits || length == 0) {
            return;
        }
        received += length;
        position += length;
        if (position == size) {
            held = bytes.get(bytes.limit() - 1) & 0xff;
            bytes.limit(bytes.limit() - 1);
        }
        if (bytes.hasRemaining()) {
            write(bytes, position - length);
        }
    }

    private void write(ByteBuffer bytes, long offset) throws IOException {
        if (runEnd == 0 && offset == 0) {
            runStart = 0;
        } else if (runEnd != offset) {
            endRun();
            into.extent(offset, bytes.remaining());
            runStart = offset;
        }
        runEnd = offset + bytes.remaining();
        sum.update(bytes);
        into.data(bytes);
    }

    private void endRun() {
        if (runEnd == runStart) {
            return;
        }
        if (runs == 0) {
            firstStart = runStart;
            firstLength = runEnd - runStart;
        } else {
            if (runs == 1) {
                sum.extent(firstStart, firstLength);
            }
            sum.extent(runStart, runEnd - runStart);
        }
        runs++;
    }

    /** The checksum from the backup; one that comes when all is settled verifies nothing. */
    void sum(long bytes, long root) {
        misfits |= settled;
        told = true;
        toldBytes = bytes;
        toldRoot = root;
    }

    /** Whether data has begun whose end has not come. */
    boolean isOpen() {
        return started && !ended;
    }

    /** Whether there was data, if only a hole. */
    boolean isStarted() {
        return started;
    }

    /**
     * All data has come, and the checksum if there is one: the rest is written. Idempotent.
     *
     * @return how the data compares; {@code DAMAGED} where a checksum is missing, {@code INTACT}
     *     where none is due
     */
    DataState settle() throws IOException {
        if (!started || settled) {
            return state();
        }
        settled = true;
        boolean marker = held == 0 && told && toldBytes == received - 1;
        if (held != NONE && !marker) {
            last.clear();
            last.put(0, (byte) held);
            write(last, size - 1);
        }
        endRun();
        runStart = runEnd;
        misfits |= told ? !isAsTold() : summed;
        if (runEnd < size && (marker || runs > 1 || told || misfits)) {
            into.extent(size, 0);
        }
        return state();
    }

    private DataState state() {
        return misfits ? DataState.DAMAGED : DataState.INTACT;
    }

    private boolean isAsTold() {
        if (toldBytes != sum.bytes()) {
            return false;
        }
        if (runs == 0) {
            sum.extent(size, 0);
        } else if (runs == 1) {
            boolean plain = firstStart == 0 && firstLength == size && sum.root() == toldRoot;
            if (plain) {
                return true;
            }
            // A file that was looked through for holes, and had none or one at an end.
            sum.extent(firstStart, firstLength);
        }
        return sum.root() == toldRoot;
    }
}
