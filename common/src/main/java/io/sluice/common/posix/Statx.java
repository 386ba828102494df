package io.sluice.common.posix;

import com.sun.jna.Native;
import io.sluice.common.posix.libc.LibC;
import java.nio.ByteBuffer;

/**
 * A reusable {@code struct statx} (linux/stat.h, 256 bytes, host byte order): filled by the kernel,
 * read by field, allocating nothing. Holds the last answer until the next. Not thread-safe: one for
 * each thread.
 */
public final class Statx {
    private static final int BYTES = 256;

    /** STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID. */
    private static final int MASK = 0x07ff | 0x0800 | 0x1000;

    private static final int STATX_BTIME = 0x0800;
    private static final int STATX_MNT_ID = 0x1000;

    /** STATX_ATTR_MOUNT_ROOT: the root of a mount (Linux 5.8). */
    private static final long ATTRIBUTE_MOUNT_ROOT = 0x2000;

    /** {@code stx_dev_major}, and {@code stx_dev_minor} behind it. */
    private static final int DEVICE = 136;

    private final NativeBuffer buffer = new NativeBuffer(BYTES);
    private final ByteBuffer fields = buffer.bytes();
    private final Devices devices;

    /** With this host's device numbers. */
    public Statx() {
        this(Devices.SAME);
    }

    /** With the device numbers of the host that began the round. */
    public Statx(Devices devices) {
        this.devices = devices;
    }

    /**
     * 0 or {@code -errno}. An automount point is looked at, not mounted: looking must not disturb.
     */
    int fill(int dirfd, long path, int flags) {
        int result;
        do {
            int all = flags | Posix.AT_NO_AUTOMOUNT;
            result = LibC.statx(dirfd, path, all, MASK, buffer.address());
            result = result < 0 ? -Native.getLastError() : 0;
        } while (result == -Errno.EINTR);
        if (result == 0) {
            devices.translate(fields, DEVICE);
        }
        return result;
    }

    /** Type and permission bits, as in {@code st_mode}. */
    public int mode() {
        return fields.getShort(28) & 0xffff;
    }

    public FileType type() {
        return FileType.ofMode(mode());
    }

    /** Number of names, unsigned 32 bits. */
    public int links() {
        return fields.getInt(16);
    }

    /** Unsigned 32 bits. */
    public int uid() {
        return fields.getInt(20);
    }

    /** Unsigned 32 bits. */
    public int gid() {
        return fields.getInt(24);
    }

    public long inode() {
        return fields.getLong(32);
    }

    /** Bytes. */
    public long size() {
        return fields.getLong(40);
    }

    /** Allocated space in units of 512 bytes. */
    public long blocks() {
        return fields.getLong(48);
    }

    public long accessSeconds() {
        return fields.getLong(64);
    }

    public int accessNanos() {
        return fields.getInt(72);
    }

    public boolean hasBirth() {
        return (fields.getInt(0) & STATX_BTIME) != 0;
    }

    public long birthSeconds() {
        return fields.getLong(80);
    }

    public int birthNanos() {
        return fields.getInt(88);
    }

    public long changeSeconds() {
        return fields.getLong(96);
    }

    public int changeNanos() {
        return fields.getInt(104);
    }

    public long modificationSeconds() {
        return fields.getLong(112);
    }

    public int modificationNanos() {
        return fields.getInt(120);
    }

    /** Of the device that a device file stands for. */
    public int rdevMajor() {
        return fields.getInt(128);
    }

    public int rdevMinor() {
        return fields.getInt(132);
    }

    /** Of the device that the file lies on. */
    public int deviceMajor() {
        return fields.getInt(DEVICE);
    }

    public int deviceMinor() {
        return fields.getInt(DEVICE + Integer.BYTES);
    }

    /** Identity of the mount, or 0 where the kernel (before 5.8) does not tell. */
    public long mountId() {
        return (fields.getInt(0) & STATX_MNT_ID) == 0 ? 0 : fields.getLong(144);
    }

    /** Whether this is the root of a mount; false where the kernel (before 5.8) does not tell. */
    public boolean isMountRoot() {
        return (fields.getLong(56) & fields.getLong(8) & ATTRIBUTE_MOUNT_ROOT) != 0;
    }
}
