package io.sluice.common.filesystem;

import java.io.Serializable;

/** Makes {@link FileHooks}; travels to wherever files are looked at. */
public interface FileHooksFactory extends Serializable {
    /** For filesystems that know no more than POSIX. */
    FileHooksFactory NONE = root -> FileHooks.NONE;

    /**
     * Hooks for one thread, which closes them.
     *
     * @param root path of the tree, as bytes
     * @throws io.sluice.common.SluiceException when the filesystem cannot be asked from here
     */
    FileHooks open(byte[] root);
}
