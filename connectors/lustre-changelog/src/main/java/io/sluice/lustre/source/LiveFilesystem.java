package io.sluice.lustre.source;

import io.sluice.common.posix.Errno;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.PosixException;
import io.sluice.common.posix.Statx;
import io.sluice.lustre.Fid;
import io.sluice.lustre.LinkEa;
import io.sluice.lustre.LustreFormatException;
import io.sluice.lustre.api.ChangelogReader;
import io.sluice.lustre.api.LustreApi;
import io.sluice.lustre.api.LustreException;
import io.sluice.lustre.changelog.ChangelogRecord;
import io.sluice.lustre.resolve.FidNames;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A Lustre that this host has mounted, through its library and the mount. */
public final class LiveFilesystem {
    private LiveFilesystem() {}

    /**
     * Loads the library.
     *
     * @throws io.sluice.common.SluiceException in one line, if this host has none
     */
    static Filesystem open(LustreSourceOptions options) {
        LustreApi api = LustreApi.load();
        return new Filesystem(new LiveChangelogs(api), new LiveNames(api, options.mount()));
    }

    /** The logs alone: for whoever begins a round. */
    public static Changelogs changelogs() {
        return new LiveChangelogs(LustreApi.load());
    }

    private record LiveChangelogs(LustreApi api) implements Changelogs {
        @Override
        public Log open(String mdt, long from) throws IOException {
            ChangelogReader reader = api.changelogStart(mdt, from);
            return new Log() {
                @Override
                public ChangelogRecord next() throws IOException {
                    return reader.next();
                }

                @Override
                public void close() {
                    reader.close();
                }
            };
        }

        @Override
        public int clearOrErrno(String mdt, String user, long index) {
            try {
                api.changelogClear(mdt, user, index);
                return 0;
            } catch (LustreException e) {
                return -e.errno();
            }
        }
    }

    /** Objects by their FIDs, below {@code .lustre/fid} of the mount. */
    private static final class LiveNames implements FidNames {
        private static final byte[] LINK_EA = LinkEa.NAME.getBytes(StandardCharsets.US_ASCII);

        private final LustreApi api;
        private final byte[] mount;
        private final byte[] fids;

        LiveNames(LustreApi api, byte[] mount) {
            this.api = api;
            this.mount = mount.clone();
            fids = LustreMount.fids(mount);
        }

        @Override
        public byte[] pathOf(Fid fid) throws IOException {
            try {
                List<byte[]> paths = api.fid2path(mount, fid);
                return paths.isEmpty() ? null : paths.get(0);
            } catch (LustreException e) {
                if (isGone(e.errno())) {
                    return null;
                }
                throw e;
            }
        }

        @Override
        public Links linksOf(Fid fid) throws IOException {
            int directory = Posix.open(Posix.AT_FDCWD, fids, Posix.O_PATH | Posix.O_DIRECTORY, 0);
            byte[] name = fid.toString().getBytes(StandardCharsets.US_ASCII);
            try {
                LinkEa links = LinkEa.parse(Posix.getXattr(directory, name, LINK_EA));
                return new Links(links.links(), !links.isOverflown());
            } catch (LustreFormatException e) {
                return Links.UNKNOWN;
            } catch (PosixException e) {
                if (isGone(e.errno())) {
                    return Links.GONE;
                }
                if (e.errno() != Errno.ENODATA) {
                    throw e;
                }
                return withoutLinkEa(fid, directory, name);
            } finally {
                Posix.close(directory);
            }
        }

        /** The root has none; nor has a file that is only still open. */
        private Links withoutLinkEa(Fid fid, int directory, byte[] name) throws IOException {
            Statx stat = new Statx();
            int result = Posix.statOrErrno(directory, name, stat);
            if (result < 0 && !isGone(-result)) {
                return Links.UNKNOWN;
            }
            byte[] known = pathOf(fid);
            boolean root = known != null && known.length == 0;
            return isGone(-result) || stat.links() == 0 || root ? Links.GONE : Links.UNKNOWN;
        }

        private static boolean isGone(int errno) {
            return errno == Errno.ENOENT || errno == Errno.ESTALE;
        }
    }
}
