package io.sluice.lustre.file;

import io.sluice.common.posix.Posix;
import io.sluice.common.shard.MetadataTargets;
import io.sluice.lustre.api.LustreApi;
import io.sluice.lustre.api.LustreException;

/**
 * The MDT that a directory's own inode is on, whose number stands in the MDT's name. One ioctl,
 * which asks no server (the client knows where each sequence of FIDs lies), and no library. A
 * striped directory has the number of its first stripe.
 */
public enum LustreTargets implements MetadataTargets {
    INSTANCE;

    /**
     * Those of a tree; {@link MetadataTargets#NONE} where it does not lie on Lustre.
     *
     * @param root path of the tree, as bytes
     */
    public static MetadataTargets of(byte[] root) {
        int fd = Posix.openOrErrno(Posix.AT_FDCWD, root, Posix.O_RDONLY | Posix.O_DIRECTORY, 0);
        if (fd < 0) {
            return NONE;
        }
        try {
            return INSTANCE.of(fd) == UNKNOWN ? NONE : INSTANCE;
        } finally {
            Posix.close(fd);
        }
    }

    /** Unknown on another filesystem: one that is mounted inside, for example. */
    @Override
    public int of(int directory) {
        try {
            return LustreApi.mdtIndexOf(directory);
        } catch (LustreException e) {
            return UNKNOWN;
        }
    }
}
