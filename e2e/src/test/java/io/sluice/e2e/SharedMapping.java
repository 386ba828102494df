package io.sluice.e2e;

import com.sun.jna.Function;
import com.sun.jna.Pointer;
import io.sluice.common.posix.Posix;
import io.sluice.common.testing.TestTree;
import java.nio.file.Path;

/** A file's first page in memory, by mmap(2), of which no descriptor is open any more. */
final class SharedMapping implements AutoCloseable {
    private static final int READ_AND_WRITE = 3;
    private static final int MAP_SHARED = 1;
    private static final long BYTES = 4096;

    private final Pointer memory;

    private SharedMapping(Pointer memory) {
        this.memory = memory;
    }

    static SharedMapping of(Path file) throws java.io.IOException {
        int flags = Posix.O_RDWR;
        int fd = Posix.open(Posix.AT_FDCWD, TestTree.bytes(file.toString()), flags, 0);
        try {
            Pointer memory =
                    Function.getFunction("c", "mmap")
                            .invokePointer(
                                    new Object[] {
                                        Pointer.NULL, BYTES, READ_AND_WRITE, MAP_SHARED, fd, 0L
                                    });
            if (Pointer.nativeValue(memory) == -1) {
                throw new java.io.IOException("cannot map " + file);
            }
            return new SharedMapping(memory);
        } finally {
            Posix.close(fd);
        }
    }

    void set(int offset, byte value) {
        memory.setByte(offset, value);
    }

    @Override
    public void close() {
        Function.getFunction("c", "munmap").invokeInt(new Object[] {memory, BYTES});
    }
}
