package io.sluice.common.posix;

/**
 * Where one read puts its bytes, one place after the other: {@code struct iovec} of readv(2), a
 * pointer and a length of 8 bytes each, in native byte order. Not thread-safe.
 */
public final class ScatterList {
    private static final int ENTRY_BYTES = 16;

    private final NativeBuffer table;
    private int count;
    private int bytes;

    /**
     * @param most places
     */
    public ScatterList(int most) {
        table = new NativeBuffer(most * ENTRY_BYTES);
    }

    public void clear() {
        count = 0;
        bytes = 0;
    }

    /** Another place; its buffer must be kept by the caller as long as this is used. */
    public void add(NativeBuffer buffer, int at, int length) {
        Posix.requireWithin(buffer, at, length);
        table.bytes().putLong(count * ENTRY_BYTES, buffer.address() + at);
        table.bytes().putLong(count * ENTRY_BYTES + 8, length);
        count++;
        bytes = Math.addExact(bytes, length);
    }

    /** Of all places together. */
    public int bytes() {
        return bytes;
    }

    int count() {
        return count;
    }

    long address() {
        return table.address();
    }
}
