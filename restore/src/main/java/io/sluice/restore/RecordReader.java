package io.sluice.restore;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** Reads what {@link RecordWriter} wrote, field by field. */
final class RecordReader {
    private final ByteBuffer bytes;

    RecordReader(byte[] record) {
        this(record, 0);
    }

    /** Begins with the field at that byte. */
    RecordReader(byte[] record, int from) {
        bytes = ByteBuffer.wrap(record).position(from);
    }

    byte[] path() {
        int start = bytes.position();
        while (bytes.get() != 0) {
            // Up to the NUL.
        }
        return Arrays.copyOfRange(bytes.array(), start, bytes.position() - 1);
    }

    /** All that is left. */
    byte[] rest() {
        return Arrays.copyOfRange(bytes.array(), bytes.position(), bytes.limit());
    }

    int octet() {
        return bytes.get() & 0xff;
    }

    int number() {
        return bytes.getInt();
    }

    long longNumber() {
        return bytes.getLong();
    }
}
