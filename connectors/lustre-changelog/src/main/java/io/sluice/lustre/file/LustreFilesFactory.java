package io.sluice.lustre.file;

import io.sluice.common.filesystem.FileHooks;
import io.sluice.common.filesystem.FileHooksFactory;

/** Asks Lustre about the files of a tree on it. The library is needed for recalls alone. */
public final class LustreFilesFactory implements FileHooksFactory {
    private static final long serialVersionUID = 1L;

    @Override
    public FileHooks open(byte[] root) {
        return new LustreFiles(root.clone());
    }

    /**
     * Checks, before a round begins, that a directory is on Lustre and can be asked.
     *
     * @throws io.sluice.common.SluiceException in one line, if not, or if this host has no Lustre
     *     library
     */
    public static void require(byte[] root) {
        LustreFiles.require(root);
    }
}
