package io.sluice.common.filesystem;

/**
 * On which of a filesystem's devices the bytes of a file lie. Its answers hold for the moment at
 * which it was made: a file that is migrated later is only read less cleverly by it.
 */
public interface StripeMap {
    /**
     * A run of bytes on one device.
     *
     * @param device any number that is the device's; {@link #UNKNOWN} where none is known
     * @param end offset in bytes behind its last byte, above the offset that was asked for
     */
    record Stripe(int device, long end) {}

    /** The device of what lies nowhere, or in many places. */
    int UNKNOWN = -1;

    /** The stripe that has the byte at {@code offset}, from 0 to the size. */
    Stripe at(long offset);
}
