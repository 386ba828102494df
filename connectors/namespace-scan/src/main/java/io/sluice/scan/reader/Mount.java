package io.sluice.scan.reader;

import io.sluice.common.posix.Statx;

/**
 * The mount that an open directory lies on.
 *
 * @param id 0 where the kernel (before 5.8) does not tell; then the device must do, which is the
 *     same on both sides of a bind mount
 */
record Mount(long id, int deviceMajor, int deviceMinor) {
    static Mount of(Statx directory) {
        return new Mount(directory.mountId(), directory.deviceMajor(), directory.deviceMinor());
    }

    /** Whether something else begins at this name of the directory. */
    boolean endsAt(Statx name) {
        if (name.isMountRoot()) {
            return true;
        }
        if (id != 0 && name.mountId() != 0) {
            return name.mountId() != id;
        }
        return name.deviceMajor() != deviceMajor || name.deviceMinor() != deviceMinor;
    }
}
