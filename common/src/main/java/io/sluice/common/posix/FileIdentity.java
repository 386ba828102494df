package io.sluice.common.posix;

import java.io.Serializable;

/** What makes two names the same file on this host: device and inode. */
public record FileIdentity(int deviceMajor, int deviceMinor, long inode) implements Serializable {
    private static final long serialVersionUID = 1L;

    public static FileIdentity of(Statx stat) {
        return new FileIdentity(stat.deviceMajor(), stat.deviceMinor(), stat.inode());
    }
}
