package io.sluice.ptcomm.writer;

import io.sluice.common.entry.Stat;

/** A file: inode numbers repeat on other devices, below a crossed mount or a Btrfs subvolume. */
record FileKey(int deviceMajor, int deviceMinor, long inode) {
    static FileKey of(Stat stat) {
        return new FileKey(stat.deviceMajor(), stat.deviceMinor(), stat.inode());
    }
}
