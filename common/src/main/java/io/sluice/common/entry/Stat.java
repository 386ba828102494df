package io.sluice.common.entry;

import io.sluice.common.posix.FileType;
import io.sluice.common.posix.Statx;

/**
 * The attributes of an entry as {@code statx(2)} gave them.
 *
 * @param mode type and permission bits
 * @param links number of names, unsigned 32 bits
 * @param uid unsigned 32 bits
 * @param gid unsigned 32 bits
 * @param size bytes
 * @param born creation, or null where the filesystem does not tell
 * @param deviceMajor of the device that the entry lies on
 * @param rdevMajor of the device that a device file stands for
 */
public record Stat(
        int mode,
        int links,
        int uid,
        int gid,
        long inode,
        long size,
        Timestamp accessed,
        Timestamp modified,
        Timestamp changed,
        Timestamp born,
        int deviceMajor,
        int deviceMinor,
        int rdevMajor,
        int rdevMinor) {

    public static Stat of(Statx s) {
        return new Stat(
                s.mode(),
                s.links(),
                s.uid(),
                s.gid(),
                s.inode(),
                s.size(),
                new Timestamp(s.accessSeconds(), s.accessNanos()),
                new Timestamp(s.modificationSeconds(), s.modificationNanos()),
                new Timestamp(s.changeSeconds(), s.changeNanos()),
                s.hasBirth() ? new Timestamp(s.birthSeconds(), s.birthNanos()) : null,
                s.deviceMajor(),
                s.deviceMinor(),
                s.rdevMajor(),
                s.rdevMinor());
    }

    public FileType type() {
        return FileType.ofMode(mode);
    }

    /** The twelve permission bits. */
    public int permissions() {
        return mode & 07777;
    }
}
