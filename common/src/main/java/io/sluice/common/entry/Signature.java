package io.sluice.common.entry;

import io.sluice.common.hash.Xxh3;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The signature of an entry: xxh3_64 over 56 bytes, little-endian: inode 8, mode 4, uid 4, gid 4,
 * rdev major 4 and minor 4, modification nanoseconds 4, size 8, modification seconds 8, change time
 * 8 as (seconds × 10⁹ + nanoseconds) modulo 2⁶⁴. Equal signatures mean that nothing has to be
 * backed up: ctime alone already changes with every write to data, attributes, xattrs or ACLs; the
 * rest guards against clocks that were set back. It stands in state, so its definition never
 * changes.
 */
public final class Signature {
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int BYTES = 56;
    private static final ThreadLocal<byte[]> SCRATCH =
            ThreadLocal.withInitial(() -> new byte[BYTES]);

    private Signature() {}

    public static long of(Stat stat) {
        byte[] fields = SCRATCH.get();
        LONG.set(fields, 0, stat.inode());
        INT.set(fields, 8, stat.mode());
        INT.set(fields, 12, stat.uid());
        INT.set(fields, 16, stat.gid());
        INT.set(fields, 20, stat.rdevMajor());
        INT.set(fields, 24, stat.rdevMinor());
        INT.set(fields, 28, stat.modified().nanos());
        LONG.set(fields, 32, stat.size());
        LONG.set(fields, 40, stat.modified().seconds());
        LONG.set(fields, 48, stat.changed().seconds() * 1_000_000_000L + stat.changed().nanos());
        return Xxh3.hash64(fields);
    }
}
