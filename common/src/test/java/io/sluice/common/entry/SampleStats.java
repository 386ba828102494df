package io.sluice.common.entry;

/** Attributes for tests, with values at the edges of their ranges. */
public final class SampleStats {
    /** Changed before 1970, no birth time, the largest ids. */
    public static final Stat FILE =
            new Stat(
                    0104755,
                    -1,
                    -1,
                    -2,
                    -3L,
                    Long.MAX_VALUE,
                    new Timestamp(1_700_000_000, 999_999_999),
                    new Timestamp(-1, 500_000_000),
                    new Timestamp(20_000_000_000L, 1),
                    null,
                    -1,
                    0xfffff,
                    0,
                    0);

    public static final Stat LINK = plain(0120777, 42, 8);
    public static final Stat DIRECTORY = plain(0040700, 2, 4096);
    public static final Stat DEVICE =
            new Stat(
                    0060660,
                    1,
                    0,
                    6,
                    77,
                    0,
                    new Timestamp(1, 2),
                    new Timestamp(3, 4),
                    new Timestamp(5, 6),
                    new Timestamp(7, 8),
                    0,
                    5,
                    259,
                    -7);

    private SampleStats() {}

    private static Stat plain(int mode, long inode, long size) {
        return new Stat(
                mode,
                1,
                1000,
                1000,
                inode,
                size,
                new Timestamp(1_700_000_000, 0),
                new Timestamp(1_700_000_001, 1),
                new Timestamp(1_700_000_002, 2),
                new Timestamp(1_600_000_000, 3),
                254,
                0,
                0,
                0);
    }
}
