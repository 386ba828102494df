package io.sluice.ptcomm.writer;

import io.sluice.common.SluiceException;
import io.sluice.common.entry.DirectoryPath;
import io.sluice.common.posix.Devices;
import io.sluice.common.posix.Errno;
import io.sluice.common.posix.Posix;
import io.sluice.common.posix.RootIdentity;
import io.sluice.common.text.Text;
import java.io.Closeable;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The tree that is backed up, seen from one reading thread: the root's descriptor and the
 * descriptors of the directories used last, so that a file costs one step from its directory and
 * not a walk from the root. No component is followed through a link. Not thread-safe.
 */
final class SourceTree implements Closeable {
    private final int root;
    private final int resolve;
    private final Devices devices;
    private final int keptDirectories;
    private final LinkedHashMap<ByteBuffer, Integer> kept = new LinkedHashMap<>(16, 0.75f, true);

    /**
     * @param keptDirectories how many to hold open beside the root, 1 or more
     */
    SourceTree(byte[] rootPath, boolean crossMounts, RootIdentity expected, int keptDirectories) {
        this.keptDirectories = keptDirectories;
        root = Posix.openOrErrno(Posix.AT_FDCWD, rootPath, Posix.O_PATH | Posix.O_DIRECTORY, 0);
        if (root < 0) {
            throw new SluiceException(
                    "cannot open "
                            + Text.quote(rootPath)
                            + ": "
                            + Errno.describe(-root)
                            + "; was it unmounted?");
        }
        resolve = crossMounts ? 0 : Posix.RESOLVE_NO_XDEV;
        boolean opened = false;
        try {
            devices = expected == null ? Devices.SAME : expected.at(root, rootPath);
            opened = true;
        } finally {
            if (!opened) {
                Posix.close(root);
            }
        }
    }

    /** How this host's device numbers are to be read. */
    Devices devices() {
        return devices;
    }

    /**
     * An {@code O_PATH} descriptor of the directory, or {@code -errno}; stays open, and this
     * object's to close, until the next call.
     */
    int directory(byte[] path) {
        if (path.length == 0 || DirectoryPath.isAboveRoot(path)) {
            return root;
        }
        ByteBuffer key = ByteBuffer.wrap(path);
        Integer known = kept.get(key);
        if (known != null) {
            return known;
        }
        int fd = Posix.openDirectoryOrErrno(root, path, resolve);
        if (fd < 0) {
            return fd;
        }
        if (kept.size() >= keptDirectories) {
            Iterator<Map.Entry<ByteBuffer, Integer>> eldest = kept.entrySet().iterator();
            Posix.close(eldest.next().getValue());
            eldest.remove();
        }
        kept.put(key, fd);
        return fd;
    }

    @Override
    public void close() {
        kept.values().forEach(Posix::close);
        kept.clear();
        Posix.close(root);
    }
}
