package io.sluice.ptcomm.writer;

import io.sluice.common.entry.Stat;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The names that carry the data of files with several names, as the shard's state keeps them under
 * the inode number: one file for each device, nearly always one in all. For each, big-endian:
 * device major 4, minor 4, fingerprint 32 ({@link FileState}), length of the path 4, the path; an
 * empty one where none is known to carry the data.
 */
final class LinkNames {
    private static final int HEAD = 3 * Integer.BYTES + FileState.BYTES;

    private LinkNames() {}

    /**
     * The name that carries the data of the very file that {@code stat} shows, in the very state
     * that it shows; null when that was not seen before.
     */
    static byte[] find(byte[] names, Stat stat) {
        FileState state = FileState.of(stat);
        ByteBuffer in = ByteBuffer.wrap(names == null ? new byte[0] : names);
        while (in.hasRemaining()) {
            boolean same = sameDevice(in, stat) & FileState.read(in).equals(state);
            byte[] path = new byte[in.getInt()];
            in.get(path);
            if (same) {
                return path;
            }
        }
        return null;
    }

    private static boolean sameDevice(ByteBuffer in, Stat stat) {
        return in.getInt() == stat.deviceMajor() & in.getInt() == stat.deviceMinor();
    }

    /**
     * The names, with {@code path} as the one for the file of {@code stat}, in place of an earlier
     * one on its device.
     */
    static byte[] with(byte[] names, Stat stat, byte[] path) {
        byte[] others = without(names, stat);
        ByteBuffer more = ByteBuffer.allocate(others.length + HEAD + path.length);
        more.put(others).putInt(stat.deviceMajor()).putInt(stat.deviceMinor());
        FileState.of(stat).write(more);
        more.putInt(path.length).put(path);
        return more.array();
    }

    private static byte[] without(byte[] names, Stat stat) {
        if (names == null) {
            return new byte[0];
        }
        ByteBuffer in = ByteBuffer.wrap(names);
        ByteBuffer kept = ByteBuffer.allocate(names.length);
        while (in.hasRemaining()) {
            int start = in.position();
            boolean same = sameDevice(in, stat);
            FileState.read(in);
            int end = in.getInt() + in.position();
            in.position(end);
            if (!same) {
                kept.put(names, start, end - start);
            }
        }
        return Arrays.copyOf(kept.array(), kept.position());
    }
}
