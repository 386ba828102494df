package io.sluice.common.entry;

import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import io.sluice.common.posix.FileType;

/**
 * Attributes as bytes, about 45 for a file: Kryo variable-length integers, in this order: inode,
 * mode, links, uid, gid, size, modification time; change, access and birth time as seconds relative
 * to the modification (zigzag) and nanoseconds; device; for device files the device they stand for.
 * A missing birth time is nanoseconds 10⁹.
 */
public final class StatCodec {
    private static final int NO_TIME = 1_000_000_000;

    private StatCodec() {}

    public static void write(Stat stat, Output out) {
        out.writeVarLong(stat.inode(), true);
        out.writeVarInt(stat.mode(), true);
        out.writeVarInt(stat.links(), true);
        out.writeVarInt(stat.uid(), true);
        out.writeVarInt(stat.gid(), true);
        out.writeVarLong(stat.size(), true);
        long base = stat.modified().seconds();
        out.writeVarLong(base, false);
        out.writeVarInt(stat.modified().nanos(), true);
        time(stat.changed(), base, out);
        time(stat.accessed(), base, out);
        time(stat.born(), base, out);
        out.writeVarInt(stat.deviceMajor(), true);
        out.writeVarInt(stat.deviceMinor(), true);
        if (stat.type().isDevice()) {
            out.writeVarInt(stat.rdevMajor(), true);
            out.writeVarInt(stat.rdevMinor(), true);
        }
    }

    private static void time(Timestamp time, long base, Output out) {
        out.writeVarLong(time == null ? 0 : time.seconds() - base, false);
        out.writeVarInt(time == null ? NO_TIME : time.nanos(), true);
    }

    public static Stat read(Input in) {
        long inode = in.readVarLong(true);
        int mode = in.readVarInt(true);
        int links = in.readVarInt(true);
        int uid = in.readVarInt(true);
        int gid = in.readVarInt(true);
        long size = in.readVarLong(true);
        long base = in.readVarLong(false);
        Timestamp modified = new Timestamp(base, in.readVarInt(true));
        Timestamp changed = time(base, in);
        Timestamp accessed = time(base, in);
        Timestamp born = time(base, in);
        int deviceMajor = in.readVarInt(true);
        int deviceMinor = in.readVarInt(true);
        boolean device = FileType.ofMode(mode).isDevice();
        int rdevMajor = device ? in.readVarInt(true) : 0;
        int rdevMinor = device ? in.readVarInt(true) : 0;
        return new Stat(
                mode,
                links,
                uid,
                gid,
                inode,
                size,
                accessed,
                modified,
                changed,
                born,
                deviceMajor,
                deviceMinor,
                rdevMajor,
                rdevMinor);
    }

    private static Timestamp time(long base, Input in) {
        long seconds = base + in.readVarLong(false);
        int nanos = in.readVarInt(true);
        return nanos == NO_TIME ? null : new Timestamp(seconds, nanos);
    }
}
