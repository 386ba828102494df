package io.sluice.lustre.file;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.sluice.common.posix.Posix;
import io.sluice.common.posix.PosixException;
import io.sluice.common.posix.Statx;
import io.sluice.lustre.Fid;

/** Where the filesystem of a directory is mounted. Not bound to a thread. */
final class LustreMount {
    private static final byte[] ABOVE = {'.', '.'};
    private static final int FLAGS = Posix.O_PATH | Posix.O_DIRECTORY;

    private LustreMount() {}

    /**
     * The topmost directory above one that is on the same device.
     *
     * @param directory path, as bytes; its links are followed
     */
    static byte[] of(byte[] directory) throws PosixException {
        int fd = Posix.open(Posix.AT_FDCWD, directory, FLAGS, 0);
        try {
            Statx here = new Statx();
            Statx there = new Statx();
            Posix.stat(fd, here);
            while (true) {
                int above = Posix.open(fd, ABOVE, FLAGS, 0);
                Posix.stat(above, there);
                boolean beyond =
                        there.deviceMajor() != here.deviceMajor()
                                || there.deviceMinor() != here.deviceMinor()
                                || there.inode() == here.inode();
                if (beyond) {
                    Posix.close(above);
                    return Posix.readlink(Posix.AT_FDCWD, Posix.procPath(fd));
                }
                Posix.close(fd);
                fd = above;
                Statx known = here;
                here = there;
                there = known;
            }
        } finally {
            Posix.close(fd);
        }
    }

    /** Path of a file by its FID, whatever its names are; needs the superuser's rights. */
    static byte[] byFid(byte[] mount, Fid fid) {
        byte[] below = ("/.lustre/fid/" + fid).getBytes(US_ASCII);
        byte[] path = new byte[mount.length + below.length];
        System.arraycopy(mount, 0, path, 0, mount.length);
        System.arraycopy(below, 0, path, mount.length, below.length);
        return path;
    }
}
