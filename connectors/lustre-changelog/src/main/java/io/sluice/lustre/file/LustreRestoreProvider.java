package io.sluice.lustre.file;

import io.sluice.common.SluiceException;
import io.sluice.common.filesystem.FileFacts;
import io.sluice.common.filesystem.FilesystemHooks;
import io.sluice.common.posix.FileType;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.PosixException;
import io.sluice.lustre.api.LustreApi;
import io.sluice.lustre.api.LustreException;
import java.util.List;

/**
 * Takes part in restores on hosts that have Lustre's library, below any target: one such as the
 * root directory may hold a mounted Lustre. Whether it does is asked for each device that has an
 * entry with a layout.
 */
public final class LustreRestoreProvider implements FilesystemHooks.Provider {
    @Override
    public FilesystemHooks at(byte[] target, boolean recall) {
        LustreApi api;
        try {
            api = LustreApi.load();
        } catch (SluiceException e) {
            return null;
        }
        Mounted mounted = new Mounted(api);
        return new LustreRestore(
                LayoutCalls.LUSTRE, mounted::isLustre, mounted::osts, recall ? mounted : null);
    }

    /** The Lustre that was met first; a restore is into one. */
    private static final class Mounted implements LustreRestore.Recaller {
        private final LustreApi api;
        private volatile byte[] mount;
        private volatile int osts;

        Mounted(LustreApi api) {
            this.api = api;
        }

        boolean isLustre(int descriptor) {
            try {
                byte[] path = Posix.readlink(Posix.AT_FDCWD, Posix.procPath(descriptor));
                if (api.searchFsname(path).isEmpty()) {
                    return false;
                }
                mount = LustreMount.of(path);
                osts = count();
                return true;
            } catch (LustreException | PosixException e) {
                return false;
            }
        }

        /** Without a number no layout is made smaller, and the client decides. */
        private int count() {
            try {
                return api.getObdCount(mount, false);
            } catch (LustreException e) {
                return 0;
            }
        }

        int osts() {
            return osts;
        }

        @Override
        public LustreRestore.Wanted look(int descriptor) throws PosixException {
            LustreFiles files = new LustreFiles(mount);
            FileFacts facts = files.look(descriptor, FileType.REGULAR);
            return facts.tape() == null
                    ? null
                    : new LustreRestore.Wanted(facts.tape().archive(), files.identity(descriptor));
        }

        @Override
        public int recall(long archive, List<byte[]> identities) {
            return new LustreFiles(mount).recall(archive, identities);
        }
    }
}
