package io.sluice.common.posix;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Off-heap memory with its address: system calls take the address, Java reads through the buffer
 * (fifteen times cheaper than through a JNA {@link Pointer}). The memory lives as long as this
 * object. Not thread-safe.
 */
public final class NativeBuffer {
    private final ByteBuffer buffer;
    private final long address;

    public NativeBuffer(int capacity) {
        buffer = ByteBuffer.allocateDirect(capacity).order(ByteOrder.nativeOrder());
        address = Pointer.nativeValue(Native.getDirectBufferPointer(buffer));
    }

    /** The bytes, in native byte order. Position and limit are the caller's. */
    public ByteBuffer bytes() {
        return buffer;
    }

    public long address() {
        return address;
    }

    public int capacity() {
        return buffer.capacity();
    }
}
