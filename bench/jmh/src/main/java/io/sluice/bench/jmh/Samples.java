package io.sluice.bench.jmh;

import io.sluice.common.change.Listing;
import io.sluice.common.entry.PackedEntries;
import io.sluice.common.entry.Stat;
import io.sluice.common.entry.Timestamp;
import io.sluice.common.posix.FileType;
import java.nio.charset.StandardCharsets;

/** One directory of ordinary files. */
public final class Samples {
    /** Entries of the directory. */
    public static final int ENTRIES = 50;

    public static final int FILE_BYTES = 4096;

    private static final long FIRST_INODE = 0x0200_0000_0000_0000L;

    private Samples() {}

    public static byte[] directory() {
        return "project-17/run-0042/part-000123".getBytes(StandardCharsets.US_ASCII);
    }

    public static byte[] name(int i) {
        return String.format("frame-%08x.h5", i * 2654435761L & 0xffff_ffffL)
                .getBytes(StandardCharsets.US_ASCII);
    }

    public static byte[] path(int i) {
        return (new String(directory(), StandardCharsets.US_ASCII)
                        + "/"
                        + new String(name(i), StandardCharsets.US_ASCII))
                .getBytes(StandardCharsets.US_ASCII);
    }

    public static Stat stat(int i) {
        Timestamp written = new Timestamp(1_700_000_000L + i, 123_456_789);
        return new Stat(
                FileType.REGULAR.modeBits() | 0640,
                1,
                1000,
                1000,
                FIRST_INODE + i,
                FILE_BYTES,
                written,
                written,
                written,
                null,
                0,
                42,
                0,
                0);
    }

    public static Listing listing() {
        PackedEntries packed = new PackedEntries(64 * 1024);
        for (int i = 0; i < ENTRIES; i++) {
            byte[] name = name(i);
            packed.present(name, name.length, stat(i), null);
        }
        return Listing.whole(directory(), false, packed.count(), packed.toBytes());
    }
}
