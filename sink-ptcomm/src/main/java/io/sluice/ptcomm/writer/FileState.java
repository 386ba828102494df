package io.sluice.ptcomm.writer;

import io.sluice.common.entry.Stat;
import io.sluice.common.entry.Timestamp;
import java.nio.ByteBuffer;

/**
 * Tells whether two looks at one inode number saw the same file with the same data: birth (an inode
 * is given to a new file as soon as the old one is gone), size and modification time. The change
 * time does not count, since each new name of a file moves it.
 */
public record FileState(long size, Timestamp modified, Timestamp born) {
    /** Size 8, modification seconds 8 and nanoseconds 4, birth seconds 8 and nanoseconds 4. */
    public static final int BYTES = 32;

    private static final Timestamp UNKNOWN = new Timestamp(0, -1);

    public static FileState of(Stat stat) {
        return new FileState(
                stat.size(), stat.modified(), stat.born() == null ? UNKNOWN : stat.born());
    }

    /** What {@link #write} has written. */
    public static FileState read(ByteBuffer in) {
        return new FileState(
                in.getLong(),
                new Timestamp(in.getLong(), in.getInt()),
                new Timestamp(in.getLong(), in.getInt()));
    }

    /** {@link #BYTES}, in the order of the buffer. */
    public void write(ByteBuffer out) {
        out.putLong(size)
                .putLong(modified.seconds())
                .putInt(modified.nanos())
                .putLong(born.seconds())
                .putInt(born.nanos());
    }
}
