package io.sluice.common.filesystem;

import io.sluice.common.entry.Stat;
import io.sluice.common.posix.Errno;
import java.util.Collections;
import java.util.ServiceLoader;
import java.util.SortedMap;

/**
 * What only the filesystem itself can make of an entry's LAYOUT and HSM blocks: striping, and files
 * whose data lies on tape. For several threads at once. Each answers with {@code -EOPNOTSUPP} where
 * it has nothing to offer, as all do here: then the file is restored as on any filesystem, and the
 * block is counted as not applied.
 */
public interface FilesystemHooks {
    /** A connector's part of a restore; named in {@code META-INF/services}. */
    interface Provider {
        /**
         * Hooks of the filesystem that a directory is on, or null where it is not this one's. Must
         * not fail where the filesystem's software is missing.
         *
         * @param target path of the directory to restore into; it need not exist
         * @param recall whether files whose names are kept, and whose data is on tape, are fetched
         *     back
         */
        FilesystemHooks at(byte[] target, boolean recall);
    }

    /** The hooks of whichever filesystem a directory is on; {@link #NONE} of one that has none. */
    static FilesystemHooks at(byte[] target, boolean recall) {
        for (Provider provider : ServiceLoader.load(Provider.class)) {
            FilesystemHooks hooks = provider.at(target, recall);
            if (hooks != null) {
                return hooks;
            }
        }
        return NONE;
    }

    /** Applies nothing. */
    FilesystemHooks NONE = new FilesystemHooks() {};

    /**
     * Makes a new, empty regular file with a layout.
     *
     * @param parent descriptor of its directory
     * @param flags for open(2), O_EXCL among them
     * @return a descriptor, which becomes the caller's, or {@code -errno}
     */
    default int create(int parent, byte[] name, int flags, int mode, byte[] layout) {
        return -Errno.EOPNOTSUPP;
    }

    /**
     * Makes a file of which the backup has no data, since that was on tape alone: one that its
     * filesystem fetches back when it is read. Owner, mode, extended attributes and times are set
     * by the caller afterwards.
     *
     * @param layout null where there is none
     * @return a descriptor, which becomes the caller's, or {@code -errno}
     */
    default int createReleased(int parent, byte[] name, Stat stat, byte[] layout, byte[] hsm) {
        return -Errno.EOPNOTSUPP;
    }

    /**
     * Applies a block to an entry that is there, before its mode and times are set: a directory's
     * layout, the HSM state of a file that has its data.
     *
     * @param descriptor of the entry, perhaps {@code O_PATH}
     * @return 0 or {@code -errno}
     */
    default int apply(int descriptor, String kind, byte[] content) {
        return -Errno.EOPNOTSUPP;
    }

    /** A regular file of the backup is not written: what has its name, if anything, stays. */
    default void kept(int parent, byte[] name) {}

    /**
     * When all is restored: finishes what was begun, and tells what the filesystem could not do as
     * it was asked, each with the number of entries.
     */
    default SortedMap<String, Long> end() {
        return Collections.emptySortedMap();
    }
}
