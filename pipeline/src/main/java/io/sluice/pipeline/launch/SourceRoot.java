package io.sluice.pipeline.launch;

import io.sluice.common.SluiceException;
import io.sluice.common.posix.DirectoryReader;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.FileIdentity;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.PosixException;
import io.sluice.common.posix.PseudoFilesystem;
import io.sluice.common.posix.RootIdentity;
import io.sluice.common.posix.Statx;
import io.sluice.common.text.Text;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;

/**
 * The directory that is to be backed up, as it stands before the round: looked at once, so that
 * what is wrong with it is said before anything starts.
 *
 * @param path absolute, without links
 * @param identity of the root on this host
 * @param empty whether it holds no name
 */
public record SourceRoot(byte[] path, RootIdentity identity, boolean empty) {
    private static final byte[] PARENT = {'.', '.'};

    /**
     * Looks at the directory.
     *
     * @throws SluiceException if it cannot be backed up, in one line
     */
    public static SourceRoot of(byte[] path) throws IOException {
        int fd = open(path);
        try {
            RootIdentity identity = RootIdentity.of(fd);
            byte[] resolved = Posix.readlink(Posix.AT_FDCWD, Posix.procPath(fd));
            DirectoryReader names = new DirectoryReader();
            names.start(fd);
            boolean empty = !names.next();
            if (names.errno() != 0) {
                throw cannotRead(path, names.errno());
            }
            String pseudo = PseudoFilesystem.name(identity.filesystemType());
            if (pseudo != null) {
                throw new SluiceException(
                        Text.quote(path)
                                + " lies on "
                                + pseudo
                                + ", where the kernel shows its state and keeps no files; name another directory");
            }
            return new SourceRoot(resolved, identity, empty);
        } finally {
            Posix.close(fd);
        }
    }

    private static int open(byte[] path) {
        if (path.length == 0) {
            throw new SluiceException("the path to back up is empty; name a directory");
        }
        int fd = Posix.openOrErrno(Posix.AT_FDCWD, path, Posix.O_RDONLY | Posix.O_DIRECTORY, 0);
        if (fd == -Errno.ENOENT) {
            throw new SluiceException(Text.quote(path) + " does not exist; is it mounted?");
        }
        if (fd == -Errno.ENOTDIR) {
            throw new SluiceException(
                    Text.quote(path) + " is not a directory; name the directory that holds it");
        }
        if (fd < 0) {
            throw cannotRead(path, -fd);
        }
        return fd;
    }

    private static SluiceException cannotRead(byte[] path, int errno) {
        String mend = errno == Errno.EACCES ? "; run as a user who may read it" : "";
        return new SluiceException(
                "cannot read " + Text.quote(path) + ": " + Errno.describe(errno) + mend);
    }

    /**
     * Fails if the directory {@code other} is this one or holds it: a backup that reads its own
     * archive's files never ends.
     */
    public void refuseInside(byte[] other, String what) throws IOException {
        FileIdentity archive = identity(other);
        Set<FileIdentity> seen = new HashSet<>();
        int fd = open(path);
        try {
            Statx stat = new Statx();
            Posix.stat(fd, stat);
            FileIdentity here = FileIdentity.of(stat);
            while (seen.add(here)) {
                if (here.equals(archive)) {
                    throw new SluiceException(
                            Text.quote(path)
                                    + " lies inside "
                                    + what
                                    + " "
                                    + Text.quote(other)
                                    + "; put the archive elsewhere");
                }
                int above = Posix.open(fd, PARENT, Posix.O_PATH | Posix.O_DIRECTORY, 0);
                Posix.close(fd);
                fd = above;
                Posix.stat(fd, stat);
                here = FileIdentity.of(stat);
            }
        } finally {
            Posix.close(fd);
        }
    }

    /** What tells the directory from all others while the machine runs. */
    public static FileIdentity identity(byte[] directory) throws PosixException {
        int fd = Posix.open(Posix.AT_FDCWD, directory, Posix.O_PATH | Posix.O_DIRECTORY, 0);
        try {
            Statx stat = new Statx();
            Posix.stat(fd, stat);
            return FileIdentity.of(stat);
        } finally {
            Posix.close(fd);
        }
    }
}
