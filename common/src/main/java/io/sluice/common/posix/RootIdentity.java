package io.sluice.common.posix;

import io.sluice.common.Boot;
import io.sluice.common.SluiceException;
import io.sluice.common.text.Text;
import java.io.Serializable;

/**
 * The directory that a round walks, as the host that began the round saw it: what is mounted there
 * may have gone since, or never have been there on another host.
 *
 * @param boot of that host
 * @param filesystemType {@code f_type} of statfs(2)
 * @param directory device and inode there
 */
public record RootIdentity(String boot, long filesystemType, FileIdentity directory)
        implements Serializable {
    private static final long serialVersionUID = 1L;

    /** What an open directory is. */
    public static RootIdentity of(int fd) throws PosixException {
        Statx stat = new Statx();
        Posix.stat(fd, stat);
        return new RootIdentity(Boot.id(), Posix.filesystemType(fd), FileIdentity.of(stat));
    }

    /**
     * Looks whether a directory of this host is the one. On the same host all numbers must agree;
     * on another the device may have another number.
     *
     * @param path for the message
     * @return how to read this host's device numbers below it
     * @throws SluiceException if it is not
     */
    public Devices at(int fd, byte[] path) {
        try {
            RootIdentity here = of(fd);
            boolean same =
                    here.filesystemType == filesystemType
                            && here.directory.inode() == directory.inode();
            if (equals(here) || (same && !here.boot.equals(boot))) {
                return Devices.of(here.directory, directory);
            }
        } catch (PosixException e) {
            throw changed(path, e);
        }
        throw changed(path, null);
    }

    private static SluiceException changed(byte[] path, PosixException cause) {
        return new SluiceException(
                Text.quote(path)
                        + " is not the directory any more that it was when the round began; was it"
                        + " unmounted?",
                cause);
    }
}
