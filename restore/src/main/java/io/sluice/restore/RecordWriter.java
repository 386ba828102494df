package io.sluice.restore;

import java.io.ByteArrayOutputStream;

/**
 * Builds records for a {@link SpillSorter}: numbers big-endian, so that they sort as unsigned ones;
 * a path ends with NUL, which no path holds and which sorts before every byte of a longer one.
 */
final class RecordWriter {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(64);

    RecordWriter path(byte[] path) {
        bytes.writeBytes(path);
        bytes.write(0);
        return this;
    }

    RecordWriter octet(int value) {
        bytes.write(value);
        return this;
    }

    /** Bytes of any kind; the last field, unless they tell their own end. */
    RecordWriter octets(byte[] value) {
        bytes.writeBytes(value);
        return this;
    }

    RecordWriter number(int value) {
        for (int shift = 24; shift >= 0; shift -= 8) {
            bytes.write(value >>> shift);
        }
        return this;
    }

    RecordWriter number(long value) {
        return number((int) (value >>> 32)).number((int) value);
    }

    byte[] toBytes() {
        return bytes.toByteArray();
    }
}
