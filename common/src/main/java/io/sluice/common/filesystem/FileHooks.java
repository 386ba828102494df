package io.sluice.common.filesystem;

import io.sluice.common.posix.Errno;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.PosixException;
import java.io.Closeable;
import java.util.List;

/**
 * Asks a filesystem what it knows of its files beyond POSIX. No method fetches data back from tape
 * but {@link #recall}. One object for each thread that asks; made by {@link FileHooksFactory}.
 */
public interface FileHooks extends Closeable {
    /** Knows nothing, and is asked nothing. */
    FileHooks NONE = new FileHooks() {};

    /**
     * Looks at a regular file or a directory, before any of its data is touched.
     *
     * @param descriptor of any kind, also {@code O_PATH}
     * @throws PosixException when it cannot be told whether the data lies on tape
     */
    default FileFacts look(int descriptor, FileType type) throws PosixException {
        return FileFacts.NONE;
    }

    /**
     * Looks again at a regular file that has been opened for reading meanwhile.
     *
     * @param descriptor not {@code O_PATH}
     * @return null where the data is on disk
     * @throws PosixException when that cannot be told
     */
    default TapeState tape(int descriptor) throws PosixException {
        return null;
    }

    /**
     * How {@link #recall} calls a regular file, whose descriptor may be {@code O_PATH}.
     *
     * @throws PosixException when the filesystem does not tell
     */
    default byte[] identity(int descriptor) throws PosixException {
        throw new PosixException("identity", descriptor, Errno.EOPNOTSUPP);
    }

    /**
     * Asks the filesystem to fetch files back from tape. That takes its time: it has happened when
     * {@link #isReleased} says no.
     *
     * @param archive number that all of the files have
     * @return 0 or {@code -errno}
     */
    default int recall(long archive, List<byte[]> identities) {
        return -Errno.EOPNOTSUPP;
    }

    /** Asks the filesystem to free the disk space of files that are on tape; as {@link #recall}. */
    default int release(long archive, List<byte[]> identities) {
        return -Errno.EOPNOTSUPP;
    }

    /**
     * Whether the data of the file still lies on tape alone.
     *
     * @throws PosixException when that cannot be told; ENOENT when the file is gone
     */
    default boolean isReleased(byte[] identity) throws PosixException {
        return false;
    }

    @Override
    default void close() {}
}
