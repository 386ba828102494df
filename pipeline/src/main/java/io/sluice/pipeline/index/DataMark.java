package io.sluice.pipeline.index;

import io.sluice.common.entry.Stat;
import io.sluice.common.hash.Xxh3;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The mark of a regular file's data in a page: the lower half of xxh3_64 over size 8, modification
 * seconds 8 and nanoseconds 4, little-endian. A file that goes to tape keeps both, so by it the
 * index knows whether the data that is stored is the file's. It stands in state, so its definition
 * never changes.
 */
final class DataMark {
    private static final int BYTES = 20;

    private DataMark() {}

    static int of(Stat stat) {
        ByteBuffer fields = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        fields.putLong(stat.size())
                .putLong(stat.modified().seconds())
                .putInt(stat.modified().nanos());
        return (int) Xxh3.hash64(fields.array());
    }
}
