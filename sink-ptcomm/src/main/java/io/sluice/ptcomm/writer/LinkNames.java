package io.sluice.ptcomm.writer;

import io.sluice.common.entry.Stat;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The first names of the files that share an inode number, as the shard's state keeps them under
 * that number: one file for each device, nearly always one in all. For each, big-endian: device
 * major 4, minor 4, length of the path 4, the path.
 */
final class LinkNames {
    private static final int HEAD = 3 * Integer.BYTES;

    private LinkNames() {}

    /** The name of the file on that device, or null. */
    static byte[] find(byte[] names, Stat stat) {
        ByteBuffer in = ByteBuffer.wrap(names == null ? new byte[0] : names);
        while (in.hasRemaining()) {
            boolean same = in.getInt() == stat.deviceMajor() & in.getInt() == stat.deviceMinor();
            byte[] path = new byte[in.getInt()];
            in.get(path);
            if (same) {
                return path;
            }
        }
        return null;
    }

    static byte[] with(byte[] names, Stat stat, byte[] path) {
        int before = names == null ? 0 : names.length;
        byte[] more =
                names == null
                        ? new byte[HEAD + path.length]
                        : Arrays.copyOf(names, before + HEAD + path.length);
        ByteBuffer.wrap(more)
                .position(before)
                .putInt(stat.deviceMajor())
                .putInt(stat.deviceMinor())
                .putInt(path.length)
                .put(path);
        return more;
    }
}
