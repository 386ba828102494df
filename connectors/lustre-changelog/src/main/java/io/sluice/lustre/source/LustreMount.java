package io.sluice.lustre.source;

import io.sluice.common.SluiceException;
import io.sluice.common.posix.FileIdentity;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.PosixException;
import io.sluice.common.posix.Statx;
import io.sluice.common.text.Text;
import io.sluice.lustre.api.LustreApi;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Where the Lustre that a directory lies on is mounted.
 *
 * @param path of the mount's root, absolute
 * @param prefix path of the directory relative to it; empty if it is the same
 * @param fsname the filesystem's name, up to 8 characters
 */
public record LustreMount(byte[] path, byte[] prefix, String fsname) {
    private static final byte[] FIDS = "/.lustre/fid".getBytes(StandardCharsets.US_ASCII);

    /**
     * Finds it.
     *
     * @param directory absolute, without links
     * @throws SluiceException in one line, if the directory lies on no Lustre, or this host has no
     *     library to ask it, or objects cannot be opened by FID there
     */
    public static LustreMount of(byte[] directory) throws IOException {
        String fsname =
                LustreApi.load()
                        .searchFsname(directory)
                        .orElseThrow(
                                () ->
                                        new SluiceException(
                                                Text.quote(directory)
                                                        + " does not lie on Lustre; use mode posix"));
        byte[] top = top(directory);
        byte[] fids = fids(top);
        int fd = Posix.openOrErrno(Posix.AT_FDCWD, fids, Posix.O_PATH | Posix.O_DIRECTORY, 0);
        if (fd < 0) {
            throw new SluiceException(
                    Text.quote(fids)
                            + " is not there: objects are opened by their FIDs; name a path below the"
                            + " filesystem's own mount, not below a bind mount, and run as root");
        }
        Posix.close(fd);
        int start = top.length == 1 ? 1 : Math.min(directory.length, top.length + 1);
        return new LustreMount(top, Arrays.copyOfRange(directory, start, directory.length), fsname);
    }

    /** The directory of a mount in which each object has its FID for a name. */
    static byte[] fids(byte[] mount) {
        if (mount.length == 1) {
            return FIDS;
        }
        byte[] fids = Arrays.copyOf(mount, mount.length + FIDS.length);
        System.arraycopy(FIDS, 0, fids, mount.length, FIDS.length);
        return fids;
    }

    /** The topmost directory above that is the same mount. */
    private static byte[] top(byte[] directory) throws PosixException {
        byte[] top = directory;
        Statx stat = new Statx();
        FileIdentity here = look(top, stat);
        long mount = stat.mountId();
        while (top.length > 1) {
            byte[] above = above(top);
            FileIdentity there = look(above, stat);
            boolean same =
                    there.deviceMajor() == here.deviceMajor()
                            && there.deviceMinor() == here.deviceMinor()
                            && stat.mountId() == mount;
            if (!same) {
                return top;
            }
            top = above;
        }
        return top;
    }

    private static FileIdentity look(byte[] path, Statx stat) throws PosixException {
        int fd = Posix.open(Posix.AT_FDCWD, path, Posix.O_PATH | Posix.O_DIRECTORY, 0);
        try {
            Posix.stat(fd, stat);
            return FileIdentity.of(stat);
        } finally {
            Posix.close(fd);
        }
    }

    private static byte[] above(byte[] path) {
        int slash = path.length - 1;
        while (slash > 0 && path[slash] != '/') {
            slash--;
        }
        return slash == 0 ? new byte[] {'/'} : Arrays.copyOf(path, slash);
    }

    /**
     * The changelog devices of the filesystem that this client has, as names of MDTs, in order:
     * there is one for each MDT. Empty where they cannot be seen.
     */
    public List<String> mdts() {
        return mdts(fsname);
    }

    /** As {@link #mdts()}, of the filesystem with that name. */
    public static List<String> mdts(String fsname) {
        String begin = "changelog-" + fsname + "-MDT";
        List<String> mdts = new ArrayList<>();
        String[] devices = new java.io.File("/dev").list();
        for (String device : devices == null ? new String[0] : devices) {
            if (device.startsWith(begin)) {
                mdts.add(device.substring("changelog-".length()));
            }
        }
        mdts.sort(null);
        return mdts;
    }
}
