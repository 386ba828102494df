package io.sluice.restore;

import io.sluice.common.SluiceException;
import io.sluice.common.text.Text;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Bits in a mapped file without a name: they cost page cache and disk, no heap. One thread sets
 * them; afterwards any may read.
 */
final class SpilledBits implements Closeable {
    private static final int MAP_SHIFT = 30;
    private static final int WRITE_BYTES = 1 << 20;

    private final FileChannel file;
    private final MappedByteBuffer[] maps;

    /**
     * All zero.
     *
     * @param directory an existing directory for the file
     * @throws SluiceException if there is no room
     */
    SpilledBits(Path directory, long bits) throws IOException {
        long bytes = (bits + 7) / 8;
        file = SpillFile.open(directory, "sluice-bits-");
        boolean made = false;
        try {
            // Written, not left as a hole: a disk that is full is an error here, and a crash when
            // a hole is filled through a map.
            ByteBuffer zeros = ByteBuffer.allocateDirect((int) Math.min(bytes, WRITE_BYTES));
            for (long at = 0; at < bytes; ) {
                zeros.clear().limit((int) Math.min(zeros.capacity(), bytes - at));
                at += file.write(zeros, at);
            }
            maps = new MappedByteBuffer[Math.toIntExact((bytes >>> MAP_SHIFT) + 1)];
            for (int i = 0; i < maps.length; i++) {
                long start = (long) i << MAP_SHIFT;
                long length = Math.min(1L << MAP_SHIFT, bytes - start);
                maps[i] = file.map(FileChannel.MapMode.READ_WRITE, start, length);
            }
            made = true;
        } catch (IOException e) {
            throw new SluiceException(
                    "cannot keep "
                            + bytes
                            + " bytes in "
                            + Text.quote(directory.toString().getBytes(StandardCharsets.UTF_8))
                            + ": "
                            + e.getMessage()
                            + "; make room there or name another directory",
                    e);
        } finally {
            if (!made) {
                file.close();
            }
        }
    }

    private MappedByteBuffer map(long bit) {
        return maps[(int) (bit >>> (3 + MAP_SHIFT))];
    }

    private static int at(long bit) {
        return (int) (bit >>> 3) & ((1 << MAP_SHIFT) - 1);
    }

    void set(long bit) {
        MappedByteBuffer map = map(bit);
        map.put(at(bit), (byte) (map.get(at(bit)) | 1 << (bit & 7)));
    }

    void clear(long bit) {
        MappedByteBuffer map = map(bit);
        map.put(at(bit), (byte) (map.get(at(bit)) & ~(1 << (bit & 7))));
    }

    boolean get(long bit) {
        return (map(bit).get(at(bit)) & 1 << (bit & 7)) != 0;
    }

    /** The space is the kernel's again when the maps are no longer reachable. */
    @Override
    public void close() throws IOException {
        file.close();
    }
}
